/**
 * A {@link Datacenter} in a worker, so that typing never waits: `connect` on the page, `serve` in the worker.
 *
 * ```js
 * const datacenter = await connect(launch());
 * (await datacenter.check()).summary.errors;
 * ```
 *
 * @module
 */

import type { Source } from "./engine.js";
import type { Method, Remote } from "./service.js";

export type { Awaitable, Method, Remote, Service } from "./service.js";

/** A worker, or one end of a channel. */
export interface Port {
  postMessage(message: unknown): void;
  addEventListener(kind: "message", listener: (event: MessageEvent) => void): void;
}

/** What can be sent to a worker to load the module from. */
export type SentSource = string | ArrayBuffer | Uint8Array | WebAssembly.Module;

/** A question on its way. */
export interface Asked {
  readonly id: number;
  /** `init` loads the module; its one argument is the source or nothing. */
  readonly method: Method | "init";
  readonly given: readonly unknown[];
}

/** Its answer. */
export type Replied =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: string };

/** Methods of a datacenter, and whether somebody waits for the answer with the fingers on the keys. */
const urgency: Readonly<Record<Method, "urgent" | "patient">> = {
  set: "urgent",
  remove: "urgent",
  files: "urgent",
  text: "urgent",
  nodes: "urgent",
  setFacts: "urgent",
  check: "urgent",
  complete: "urgent",
  hover: "urgent",
  definition: "urgent",
  references: "urgent",
  symbols: "urgent",
  format: "urgent",
  fixes: "urgent",
  fixAll: "urgent",
  apply: "urgent",
  zones: "patient",
  trace: "patient",
  reach: "patient",
  test: "patient",
  compile: "patient",
  findings: "patient",
  rules: "patient",
  members: "patient",
  fromLine: "patient",
  lines: "patient",
  restore: "patient",
};

/** Starts the worker of the package, `worker.js` beside this file, which bundlers find by themselves. */
export function launch(): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
}

/**
 * The datacenter that a worker serves.
 *
 * @param port the worker
 * @param source where its module comes from; left out: `pvefw.wasm` beside the worker
 * @returns it, once the module is loaded; rejected, with a way out, if it can't be
 */
export async function connect(port: Port, source?: SentSource): Promise<Remote> {
  const waiting = new Map<number, (reply: Replied) => void>();
  let last = 0;
  port.addEventListener("message", (event) => {
    const reply = event.data as Replied;
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  });
  const ask = (method: Asked["method"], given: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, (reply) => {
        if (reply.ok) resolve(reply.value);
        else reject(new Error(reply.error));
      });
      port.postMessage({ id: last, method, given } satisfies Asked);
    });
  await Promise.race([ask("init", [source]), broken(port)]);
  const methods = Object.keys(urgency) as Method[];
  const asked = methods.map((method) => [method, (...given: unknown[]) => ask(method, given)] as const);
  return Object.fromEntries(asked) as unknown as Remote;
}

/** Rejects when a worker can't even be started. */
function broken(port: Port): Promise<never> {
  return new Promise((_, reject) => {
    const worker = port as Partial<Pick<Worker, "addEventListener">>;
    worker.addEventListener?.("error", (event: ErrorEvent | Event) => {
      const why = event instanceof ErrorEvent && event.message !== "" ? `: ${event.message}` : "";
      reject(new Error(`pvefw: the worker can't be started${why}; serve \`worker.js\` beside the scripts`));
    });
  });
}

/** Loads the module from what the page sent. */
export type Start = (source: Source | undefined) => Promise<void>;

/** A datacenter as `serve` needs it: any of its methods by name. */
export type Served = Readonly<Record<Method, (...given: never[]) => unknown>>;

/**
 * Answers the questions of a page, in the worker. Changes and what an editor asks come first, in their order; the rest
 * is answered when nothing of that is left, about the files as they are then.
 *
 * @param port the worker's own scope
 * @param start loads the module
 * @param make makes the datacenter, once that is done
 */
export function serve(port: Port, start: Start, make: () => Served): void {
  const urgent: Asked[] = [];
  const patient: Asked[] = [];
  let datacenter: Served | undefined;
  let planned = false;
  // A message to ourselves lets those in that have come meanwhile, which a promise would not.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    planned = false;
    const next = urgent.shift() ?? patient.shift();
    if (next !== undefined) void answer(next).then(plan);
  };
  const plan = (): void => {
    if (planned || urgent.length + patient.length === 0) return;
    planned = true;
    port2.postMessage(null);
  };
  const answer = async ({ id, method, given }: Asked): Promise<void> => {
    try {
      let value: unknown;
      if (method === "init") {
        await start(given[0] as Source | undefined);
        datacenter ??= make();
      } else if (datacenter === undefined) {
        throw new Error("pvefw: not loaded yet");
      } else {
        value = datacenter[method](...(given as never[]));
      }
      port.postMessage({ id, ok: true, value } satisfies Replied);
    } catch (reason) {
      const error = reason instanceof Error ? reason.message : String(reason);
      port.postMessage({ id, ok: false, error } satisfies Replied);
    }
  };
  port.addEventListener("message", (event) => {
    const asked = event.data as Asked;
    (asked.method !== "init" && urgency[asked.method] === "patient" ? patient : urgent).push(asked);
    plan();
  });
}
