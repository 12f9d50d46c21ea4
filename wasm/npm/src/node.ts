/**
 * The Proxmox VE firewall as an engine, for Node.js.
 *
 * @module
 */

import { readFile } from "node:fs/promises";

import { load, loadSync, type Source } from "./engine.js";

export { Datacenter, explain, symbolKinds } from "./datacenter.js";
export type { Source } from "./engine.js";
export type * from "./types.js";

/**
 * Loads the WebAssembly module; everything else needs it. Calling it again does nothing.
 *
 * Without `source` it is the file of this package. Addresses of files are read, other ones are fetched.
 */
export function init(source?: Source): Promise<void> {
  return load((given) => read(given ?? new URL("./pvefw.wasm", import.meta.url)), source);
}

/** Loads the module from bytes, or from a compiled module, at once. */
export function initSync(source: BufferSource | WebAssembly.Module): void {
  loadSync(source);
}

/** Node.js fetches no files. */
function read(source: Source): Source | Promise<Source> {
  const url = typeof source === "string" && URL.canParse(source) ? new URL(source) : source;
  return url instanceof URL && url.protocol === "file:" ? readFile(url) : source;
}
