/** The WebAssembly module: loaded once, used by all. */

import start, { Engine, explain, initSync as startSync } from "./raw.js";

export type { Engine } from "./raw.js";

/** Where the module can come from: its address, its bytes, an answer of `fetch`, or the compiled module itself. */
export type Source = string | URL | Request | Response | BufferSource | WebAssembly.Module;

/** How an entry point turns the source that its user gave, or none, into one that can be started. */
export type Locate = (source: Source | undefined) => Source | Promise<Source>;

let ready = false;
let loading: Promise<void> | undefined;

/** Loads the module unless that has been done. A failed attempt can be made again. */
export function load(locate: Locate, source: Source | undefined): Promise<void> {
  loading ??= attempt(locate, source).catch((reason: unknown) => {
    loading = undefined;
    throw reason;
  });
  return loading;
}

async function attempt(locate: Locate, source: Source | undefined): Promise<void> {
  if (ready) return;
  const found = await locate(source);
  const where = found instanceof URL || typeof found === "string" ? ` from ${String(found)}` : "";
  try {
    await start({ module_or_path: found });
  } catch (reason) {
    throw new Error(`pvefw: the WebAssembly module can't be loaded${where}: ${words(reason)}; ${way(reason)}`, {
      cause: reason,
    });
  }
  ready = true;
}

/** Starts the module from what is at hand. */
export function loadSync(source: BufferSource | WebAssembly.Module): void {
  if (ready) return;
  startSync({ module: source });
  ready = true;
}

/** A new engine. */
export function engine(): Engine {
  demand();
  return new Engine();
}

/** What a code of a diagnostic means. */
engine.explain = (code: string): string | undefined => {
  demand();
  return explain(code);
};

function demand(): void {
  if (!ready) throw new Error("pvefw: not loaded yet; `await init()` before anything else");
}

function words(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

/** What to do about it. */
function way(reason: unknown): string {
  const policy = /unsafe-eval|Content Security Policy/i.test(words(reason));
  return policy
    ? "allow `'wasm-unsafe-eval'` in the `script-src` of the Content Security Policy"
    : "serve the file `pvefw.wasm` beside the scripts, or give `init` its address or its bytes";
}
