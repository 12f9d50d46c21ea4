/** The files of the page and what is known about them: one for all panels. */

import type { Check, Diagnostic, Facts } from "pvefw";
import type { Remote } from "pvefw/remote";

import { words } from "./dom.ts";

/** The file of facts. The core takes them apart from the configuration. */
export const FACTS = "facts.json";

/** A place in a file: a line, or a range of text. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly from?: number;
  readonly to?: number;
}

interface Events {
  /** Files were added, removed or replaced: anything may have changed. */
  files: undefined;
  /** A file has another text, by typing or otherwise. */
  text: string;
  /** There are new findings. */
  checked: undefined;
  /** Nothing was typed for a moment: time for what takes longer. */
  settled: undefined;
  /** The node to look from was changed. */
  node: undefined;
  /** A place is to be shown. */
  open: Place;
  /** The cursor went to another line, or the editor to another file. */
  cursor: Place;
  /** Something to tell for a moment. */
  say: string;
}

type Listener<E extends keyof Events> = (about: Events[E]) => void;

/** All files, and the datacenter in the worker that has the same. */
export class Workspace {
  readonly datacenter: Remote;
  /** Findings of the last check. */
  diagnostics: readonly Diagnostic[] = [];
  /** Whether the first files are all there. Before, nobody asks what they amount to. */
  filled = false;
  /** What is wrong with the facts, or `null`. */
  factsError: string | null = null;
  /** The node to look from; `undefined` leaves the choice to the core. */
  node: string | undefined;
  /** Nodes that have files. */
  nodes: readonly string[] = [];
  /** Where the cursor is. */
  cursor: Place = { file: "", line: 1 };
  readonly #files = new Map<string, string>();
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(datacenter: Remote) {
    this.datacenter = datacenter;
  }

  // ------------------------------------------------------------------------------------------------------ events

  /** Calls a listener each time something happens. */
  on<E extends keyof Events>(event: E, listener: Listener<E>): void {
    const listeners = this.#listeners.get(event) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(event, listeners);
  }

  /** Tells all listeners. */
  tell<E extends keyof Events>(event: E, about: Events[E]): void {
    for (const listener of this.#listeners.get(event) ?? []) (listener as Listener<E>)(about);
  }

  /** Shows a place in the editor. */
  open(place: Place): void {
    this.tell("open", place);
  }

  // ------------------------------------------------------------------------------------------------------- files

  /** Paths of all files, in order. */
  paths(): readonly string[] {
    return [...this.#files.keys()].sort();
  }

  /** All files. */
  files(): ReadonlyMap<string, string> {
    return this.#files;
  }

  /** The text of a file. */
  text(path: string): string | undefined {
    return this.#files.get(path);
  }

  /** Puts other files in the place of all. Files that the firewall does not read are left out: their paths. */
  async replace(files: ReadonlyMap<string, string>): Promise<readonly string[]> {
    const gone = [...this.#files.keys()].filter((path) => !files.has(path));
    await Promise.all(gone.map((path) => this.datacenter.remove(path)));
    this.#files.clear();
    const taken = await Promise.all(
      [...files].map(async ([path, text]) => [path, await this.#send(path, text)] as const),
    );
    const refused = taken.filter(([, ok]) => !ok).map(([path]) => path);
    for (const [path, text] of files) if (!refused.includes(path)) this.#files.set(path, text);
    if (!files.has(FACTS)) await this.#facts("{}");
    this.nodes = await this.datacenter.nodes();
    this.node = this.#startNode();
    this.filled = true;
    this.tell("files", undefined);
    await this.check();
    return refused;
  }

  /** Adds a file, or gives it another text behind the editor's back. Why not, if the firewall reads no such file. */
  async put(path: string, text: string): Promise<string | null> {
    const set = path === FACTS ? null : await this.datacenter.set(path, text);
    if (set?.ok === false) return set.error;
    if (set === null) await this.#facts(text);
    this.#files.set(path, text);
    this.nodes = await this.datacenter.nodes();
    this.tell("files", undefined);
    await this.check();
    return null;
  }

  /** Removes a file. */
  async remove(path: string): Promise<void> {
    this.#files.delete(path);
    if (path === FACTS) await this.#facts("{}");
    else await this.datacenter.remove(path);
    this.nodes = await this.datacenter.nodes();
    this.tell("files", undefined);
    await this.check();
  }

  /** Notes what the editor has; it tells the datacenter itself. */
  typed(path: string, text: string): void {
    this.#files.set(path, text);
    this.tell("text", path);
    if (path === FACTS) void this.#facts(text).then(() => this.check());
  }

  async #send(path: string, text: string): Promise<boolean> {
    if (path !== FACTS) return (await this.datacenter.set(path, text)).ok;
    await this.#facts(text);
    return true;
  }

  /** Takes facts. A mistake in them is kept for the list of problems; the last good ones count. */
  async #facts(text: string): Promise<void> {
    this.factsError = null;
    try {
      const facts = JSON.parse(text) as Facts;
      const taken = await this.datacenter.setFacts(facts);
      if (!taken.ok) this.factsError = taken.error;
      else if (taken.value.unknown.length > 0) {
        this.factsError = `nobody knows what ${taken.value.unknown.map((key) => `\`${key}\``).join(", ")} means here`;
      }
    } catch (reason) {
      this.factsError = words(reason);
    }
  }

  #startNode(): string | undefined {
    if (this.node !== undefined && this.nodes.includes(this.node)) return this.node;
    const facts = /"node"\s*:\s*"([^"]+)"/.exec(this.#files.get(FACTS) ?? "")?.[1];
    return this.nodes.find((node) => node === facts) ?? this.nodes[0];
  }

  // -------------------------------------------------------------------------------------------------------- node

  /** Looks from another node. */
  look(node: string): void {
    this.node = node;
    this.tell("node", undefined);
    this.tell("settled", undefined);
  }

  // ------------------------------------------------------------------------------------------------------ checks

  /** Asks what is wrong. */
  async check(): Promise<void> {
    this.checked(await this.datacenter.check());
  }

  /** Takes findings that somebody has asked for. */
  checked(check: Check): void {
    this.diagnostics = check.diagnostics;
    this.tell("checked", undefined);
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.tell("settled", undefined);
    }, 120);
  }

  /** What a guest is called in its configuration, by its number. */
  guests(): ReadonlyMap<string, string> {
    const names = new Map<string, string>();
    for (const [path, text] of this.#files) {
      const id = /^nodes\/[^/]+\/(?:qemu-server|lxc)\/(\d+)\.conf$/.exec(path)?.[1];
      const name = /^(?:name|hostname):\s*(\S+)/m.exec(text)?.[1];
      if (id !== undefined && name !== undefined) names.set(id, name);
    }
    return names;
  }
}
