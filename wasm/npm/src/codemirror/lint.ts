/** Sends what is typed, and shows what is wrong with it. */

import { setDiagnostics, type Action, type Diagnostic as Mark } from "@codemirror/lint";
import type { Extension, Text } from "@codemirror/state";
import { ViewPlugin, type EditorView, type ViewUpdate } from "@codemirror/view";

import type { Check, Diagnostic, Fix, TextEdit } from "../types.js";
import { support, type Support } from "./support.js";

/** After each change: set the file, ask what is wrong, mark it. */
export function linting(): Extension {
  return ViewPlugin.fromClass(
    class {
      readonly #view: EditorView;
      /** Ends when the editor does. */
      readonly #life = new AbortController();
      /** Whether an answer is awaited, and whether there is something newer to ask about. */
      #asking = false;
      #again = false;

      constructor(view: EditorView) {
        this.#view = view;
        this.#ask();
      }

      update(update: ViewUpdate): void {
        const asked = update.transactions.some((transaction) => transaction.isUserEvent("pvefw.check"));
        if (update.docChanged || asked) this.#ask();
      }

      destroy(): void {
        this.#life.abort();
      }

      #ask(): void {
        if (this.#asking) this.#again = true;
        else void this.#round();
      }

      /** One question at a time: while it is answered, all that is typed becomes one more. */
      async #round(): Promise<void> {
        this.#asking = true;
        // A plugin may not change its view while that is being built or updated.
        await Promise.resolve();
        do {
          this.#again = false;
          const doc = this.#view.state.doc;
          const given = this.#view.state.facet(support);
          if (given === null) break;
          const check = await checked(given, doc);
          if (this.#life.signal.aborted) return;
          if (check !== null) this.#show(given, check, doc);
        } while (this.#newer());
        this.#asking = false;
      }

      /** Whether something was typed meanwhile. */
      #newer(): boolean {
        return this.#again;
      }

      #show(given: Support, check: Check, doc: Text): void {
        given.onCheck?.(check);
        // Places count in the text that was asked about; if that is gone the next answer is under way.
        if (this.#view.state.doc !== doc) return;
        const here = check.diagnostics.filter((found) => found.file === given.file);
        const marks = here.map((found) => mark(given, found, doc.length));
        this.#view.dispatch(setDiagnostics(this.#view.state, marks));
      }
    },
  );
}

/** Sets the file and asks; nothing if the datacenter can't be asked. */
async function checked({ datacenter, file, onFailure }: Support, doc: Text): Promise<Check | null> {
  try {
    const asked = [datacenter.set(file, doc.toString()), datacenter.check()] as const;
    const tests = file === "tests.toml" ? datacenter.test() : null;
    const [set, check, tested] = await Promise.all([...asked, tests]);
    if (!set.ok) onFailure?.(set.error);
    if (tested?.ok !== true) return check;
    return { ...check, diagnostics: [...check.diagnostics, ...tested.value.diagnostics] };
  } catch (reason) {
    onFailure?.(reason instanceof Error ? reason.message : String(reason));
    return null;
  }
}

function mark(given: Support, found: Diagnostic, length: number): Mark {
  const from = Math.min(found.from, length);
  return {
    from,
    to: Math.min(Math.max(found.to, from), length),
    severity: found.severity,
    source: found.code,
    message: found.message,
    renderMessage: () => message(given, found),
    actions: found.fixes.map((fix) => action(given, fix)),
  };
}

/** The message, with what belongs to it. */
function message(given: Support, found: Diagnostic): Node {
  const box = document.createElement("div");
  box.className = "pvefw-message";
  box.append(words(found.message, "p"));
  if (found.label !== "") box.append(words(found.label, "small"));
  for (const label of found.labels) {
    const link = document.createElement("button");
    link.type = "button";
    link.className = "pvefw-link";
    link.textContent = `${label.file}:${label.line}: ${label.message}`;
    link.onclick = () => given.open?.(label);
    box.append(given.open === undefined ? words(link.textContent, "small") : link);
  }
  for (const note of found.notes) box.append(words(note, "small"));
  return box;
}

/** A sentence; what stands in backticks becomes code. */
export function words(text: string, element: "p" | "small"): HTMLElement {
  const box = document.createElement(element);
  for (const [index, part] of text.split("`").entries()) {
    if (index % 2 === 0) {
      box.append(part);
    } else {
      const code = document.createElement("code");
      code.textContent = part;
      box.append(code);
    }
  }
  return box;
}

function action(given: Support, fix: Fix): Action {
  const risky = fix.safety === "unsafe";
  return {
    // The name is text alone, in which backticks are but dirt.
    name: fix.title.replaceAll("`", "") + (risky ? " (look twice)" : ""),
    apply: (view) => {
      applyEdits(view, given, fix.edits);
    },
  };
}

/** Applies edits: here those of this file, in the datacenter those of others. */
export function applyEdits(view: EditorView, given: Support, edits: readonly TextEdit[]): void {
  const here = edits.filter((edit) => edit.file === given.file);
  const elsewhere = edits.filter((edit) => edit.file !== given.file);
  if (elsewhere.length > 0) void applyElsewhere(given, elsewhere);
  const changes = here.map(({ from, to, text }) => ({ from, to, insert: text }));
  view.dispatch({ changes, userEvent: "input.fix", scrollIntoView: true });
  view.focus();
}

async function applyElsewhere(given: Support, edits: readonly TextEdit[]): Promise<void> {
  const changed = await given.datacenter.apply(edits);
  if (changed.ok) given.onChanged?.(changed.value);
  else given.onFailure?.(changed.error);
}
