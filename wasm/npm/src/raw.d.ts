/** What wasm-bindgen generates (`cargo xtask wasm`), as far as it is used here. All answers are JSON. */

export class Engine {
  constructor();
  set(path: string, text: Uint8Array): string;
  remove(path: string): boolean;
  files(): string;
  text(path: string): string | undefined;
  nodes(): string;
  set_facts(facts: string): string;
  check(): string;
  complete(file: string, offset: number): string;
  hover(file: string, offset: number): string;
  definition(file: string, offset: number): string;
  references(file: string, offset: number): string;
  symbols(file?: string): string;
  format(file: string): string;
  fixes(file: string, from: number, to: number): string;
  fix_all(file?: string): string;
  apply(edits: string): string;
  zones(node?: string): string;
  trace(question: string, node?: string): string;
  reach(query: string, node?: string): string;
  test(node?: string): string;
  compile(node?: string): string;
  findings(node?: string): string;
  rules(query: string, node?: string): string;
  members(name: string, node?: string): string;
  from_line(file: string, line: number, node?: string): string;
  lines(node?: string): string;
  restore(node?: string): string;
  free(): void;
}

export function explain(code: string): string | undefined;

export function initSync(options: { module: BufferSource | WebAssembly.Module }): void;

export default function start(options: {
  module_or_path: string | URL | Request | Response | BufferSource | WebAssembly.Module;
}): Promise<unknown>;
