/// <reference lib="esnext.disposable" preserve="true" />

/** The one object of the package. */

import { engine, type Engine } from "./engine.js";
import type {
  Changed,
  Check,
  Compiled,
  CompiledRule,
  CompiledSet,
  Completions,
  Definition,
  Facts,
  FactsTaken,
  FileInfo,
  FixAll,
  FromLine,
  Hover,
  Lines,
  OfferedFix,
  Question,
  Reach,
  ReachQuery,
  Reference,
  Restore,
  Result,
  RulesQuery,
  SymbolKind,
  Tests,
  TextEdit,
  Trace,
  Zone,
} from "./types.js";

const encoder = new TextEncoder();

/**
 * The files of a datacenter, and everything one asks of them.
 *
 * ```js
 * await init();
 * const datacenter = new Datacenter();
 * datacenter.set("firewall/cluster.fw", "[OPTIONS]\nenable: 1\n[RULES]\nIN HTPS(ACCEPT)\n");
 * datacenter.check().diagnostics[0].message; // "there is no macro `HTPS`"
 * ```
 *
 * Answers are plain data and never change afterwards. What was worked out is kept until a file or the facts change; only
 * files that changed are read again. Nothing is read from anywhere else: no network, no clock, no storage.
 *
 * Where a method takes a `node`, leaving it out means the node of the facts, else the only node that has files.
 */
export class Datacenter {
  readonly #engine: Engine;

  /** A datacenter without files: the firewall is off. Call {@link init} before. */
  constructor() {
    this.#engine = engine();
  }

  // ------------------------------------------------------------------------------------------------------- files

  /**
   * Adds a file, or gives it another text. Lone surrogates in a string count as `U+FFFD`, as does every sequence of bytes
   * that is not UTF-8.
   *
   * @param path relative to the root, with `/` between folders: `firewall/100.fw`
   * @returns what the file is; refused, and nothing changes, if it is none that the firewall reads
   */
  set(path: string, text: string | Uint8Array): Result<FileInfo> {
    return answer(this.#engine.set(path, typeof text === "string" ? encoder.encode(text) : text));
  }

  /** Removes a file. Whether it was there. */
  remove(path: string): boolean {
    return this.#engine.remove(path);
  }

  /** The files that there are, by path. */
  files(): readonly FileInfo[] {
    return answer(this.#engine.files());
  }

  /** The text of a file, in which all positions count; `null` if there is no such file. */
  text(path: string): string | null {
    return this.#engine.text(path) ?? null;
  }

  /** The nodes that have files, by name. */
  nodes(): readonly string[] {
    return answer(this.#engine.nodes());
  }

  /** Says what is known about the node beside the files, in place of what was said before. Refused, and nothing changes, if it can't be read. */
  setFacts(facts: Facts): Result<FactsTaken> {
    return answer(this.#engine.set_facts(written(facts)));
  }

  // ---------------------------------------------------------------------------------------------------- language

  /** Everything that is wrong in any file, but for `tests.toml` (see {@link test}). */
  check(): Check {
    return answer(this.#engine.check());
  }

  /** What could be written at a place; `null` where nothing can be proposed. */
  complete(file: string, offset: number): Completions | null {
    return answer(this.#engine.complete(file, index(offset)));
  }

  /** What is known about the word at a place; `null` if nothing is. */
  hover(file: string, offset: number): Hover | null {
    return answer(this.#engine.hover(file, index(offset)));
  }

  /** Where the alias, set or group at a place is defined, the definition that counts first. */
  definition(file: string, offset: number): readonly Definition[] {
    return answer(this.#engine.definition(file, index(offset)));
  }

  /** All places that mean the same alias, set or group as the one at a place, the definitions among them. */
  references(file: string, offset: number): readonly Reference[] {
    return answer(this.#engine.references(file, index(offset)));
  }

  /** The aliases, sets and groups that a file defines, in order; without `file`, those of all files. */
  symbols(file?: string): readonly Definition[] {
    return answer(this.#engine.symbols(file));
  }

  /**
   * Edits that give a file the usual layout: blanks and alignment. Comments and meaning stay. A file that has it already,
   * and a file that is no firewall file, get none.
   */
  format(file: string): readonly TextEdit[] {
    return answer(this.#engine.format(file));
  }

  /** The fixes of the findings that touch a place or range. */
  fixes(file: string, from: number, to: number = from): readonly OfferedFix[] {
    return answer(this.#engine.fixes(file, index(from), index(to)));
  }

  /** The safe fixes of all findings in a file, or in all files, put together. */
  fixAll(file?: string): FixAll {
    return answer(this.#engine.fix_all(file));
  }

  /**
   * Changes files by edits, all or none: refused if edits overlap or lie outside of their files. An editor that keeps
   * the text itself would rather apply the edits there and call {@link set}.
   */
  apply(edits: readonly TextEdit[]): Result<readonly Changed[]> {
    return answer(this.#engine.apply(written(edits)));
  }

  // ----------------------------------------------------------------------------------------------------- packets

  /** The zones that packets come from and go to on a node; any `<bridge>/<port>` is one, too. */
  zones(node?: string): Result<readonly Zone[]> {
    return answer(this.#engine.zones(node));
  }

  /** What becomes of a packet, and why. */
  trace(question: Question, node?: string): Result<Trace> {
    return answer(this.#engine.trace(written(question), node));
  }

  /** Which zones reach which, with the line that decides: everything that a drawing needs. */
  reach(query: ReachQuery = {}, node?: string): Result<Reach> {
    return answer(this.#engine.reach(written(query), node));
  }

  /**
   * Runs the tests of `tests.toml`, which is a file like any other: `set("tests.toml", …)`. Without `node` it is the one
   * that the tests name, then as everywhere. Refused if there is no such file.
   */
  test(node?: string): Result<Tests> {
    return answer(this.#engine.test(node));
  }

  // ---------------------------------------------------------------------------------------------------- compiling

  /** What a node loads, in numbers and names. A node without guests is fine; faulty lines are left out. */
  compile(node?: string): Result<Compiled> {
    return answer(this.#engine.compile(node));
  }

  /** What is wrong in the files that a node's rules are made from: as `pvefw compile` says it. */
  findings(node?: string): Result<Check> {
    return answer(this.#engine.findings(node));
  }

  /** Rules with the line that each was made from. */
  rules(query: RulesQuery = {}, node?: string): Result<readonly CompiledRule[]> {
    return answer(this.#engine.rules(written(query), node));
  }

  /** The members of a set, with the line that each was made from, by the kernel's name for it. */
  members(name: string, node?: string): Result<CompiledSet> {
    return answer(this.#engine.members(name, node));
  }

  /** What a line of a file became: the other direction of {@link rules} and {@link members}. */
  fromLine(file: string, line: number, node?: string): Result<FromLine> {
    return answer(this.#engine.from_line(file, index(line), node));
  }

  /** All rules and sets as text, by chain: what `pvefw compile --format json` prints. */
  lines(node?: string): Result<Lines> {
    return answer(this.#engine.lines(node));
  }

  /** The input of the four restore tools: what `pvefw compile` prints. */
  restore(node?: string): Result<Restore> {
    return answer(this.#engine.restore(node));
  }

  // ------------------------------------------------------------------------------------------------------- the end

  /** Gives the memory back at once. Nothing can be asked afterwards. Without it, that happens when nobody uses the object. */
  free(): void {
    this.#engine.free();
  }

  /** The same as {@link free}, for `using`. */
  [Symbol.dispose](): void {
    this.free();
  }
}

/** What a code of a {@link Diagnostic} means and why it matters; `null` for a code that does not exist. */
export function explain(code: string): string | null {
  return engine.explain(code) ?? null;
}

/** The kinds of symbols, for lists. */
export const symbolKinds: readonly SymbolKind[] = ["alias", "set", "group"];

/** Reads an answer. Its shape is that of the core's `report`, which is where the types were taken from. */
function answer<T>(text: string): T {
  return JSON.parse(text) as T;
}

/** A question as text. What JSON has no words for (`undefined`, functions) is left out. */
function written(question: object): string {
  return JSON.stringify(question);
}

/** A number that the core takes: whole and not negative. */
function index(number: number): number {
  return Number.isFinite(number) ? Math.min(Math.max(0, Math.trunc(number)), 0xffff_ffff) : 0;
}
