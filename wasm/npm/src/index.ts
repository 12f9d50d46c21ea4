/**
 * The Proxmox VE firewall as an engine, for browsers, workers and bundlers.
 *
 * @module
 */

import { load, loadSync, type Source } from "./engine.js";

export { Datacenter, explain, symbolKinds } from "./datacenter.js";
export type { Source } from "./engine.js";
export type * from "./types.js";

/**
 * Loads the WebAssembly module; everything else needs it. Calling it again does nothing.
 *
 * Without `source` it is `pvefw.wasm` beside this file, which bundlers find by themselves. Nothing is evaluated as code: a
 * Content Security Policy needs `'wasm-unsafe-eval'` and no more.
 */
export function init(source?: Source): Promise<void> {
  return load((given) => given ?? new URL("./pvefw.wasm", import.meta.url), source);
}

/** Loads the module from bytes, or from a compiled module, at once. For workers and tests; pages should not block. */
export function initSync(source: BufferSource | WebAssembly.Module): void {
  loadSync(source);
}
