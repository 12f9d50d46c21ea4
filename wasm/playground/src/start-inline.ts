/** Starts the engine where nothing can be fetched: worker and module are in the page itself. */

import { connect, type Remote } from "pvefw/remote";
import module from "pvefw/pvefw.wasm?url&inline";

import Inline from "./worker-inline.ts?worker&inline";

/** The datacenter in the worker. */
export async function start(): Promise<Remote> {
  const bytes = await (await fetch(module)).arrayBuffer();
  return connect(new Inline(), bytes);
}
