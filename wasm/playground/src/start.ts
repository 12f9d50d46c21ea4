/** Starts the engine in a worker. The page in one file has a way of its own: `start-inline.ts`. */

import { connect, launch, type Remote } from "pvefw/remote";

/** The datacenter in the worker. */
export function start(): Promise<Remote> {
  return connect(launch());
}
