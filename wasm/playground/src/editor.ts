/** The editor: one view, a state for each file that was opened. */

import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { previousDiagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, StateEffect, StateField, type Extension } from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  type DecorationSet,
} from "@codemirror/view";
import type { TextEdit } from "pvefw";
import { applyEdits, highlighting, pvefw, pvefwLanguage, support } from "pvefw/codemirror";

import { h } from "./dom.ts";
import { FACTS, type Place, type Workspace } from "./workspace.ts";

/** Marks a line to which one has jumped, for as long as it takes to see it. */
const flash = StateEffect.define<number | null>();

const flashed = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let now = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(flash)) continue;
      const line = effect.value;
      now = line === null ? Decoration.none : Decoration.set(Decoration.line({ class: "flash" }).range(line));
    }
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** The editor of a workspace. */
export class Editor {
  readonly element: HTMLElement;
  readonly view: EditorView;
  readonly #workspace: Workspace;
  readonly #states = new Map<string, EditorState>();
  /** Where one was before each jump. */
  readonly #trail: Place[] = [];
  #file = "";

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
    this.element = h("div", { class: "editor" });
    this.view = new EditorView({ parent: this.element, state: EditorState.create() });
    workspace.on("open", (place) => {
      this.show(place);
    });
    workspace.on("files", () => {
      this.#refresh();
    });
  }

  /** The file that is shown. */
  get file(): string {
    return this.#file;
  }

  /** Puts the file into the usual layout. */
  async layout(): Promise<void> {
    this.#edit(await this.#workspace.datacenter.format(this.#file), "the layout is fine already");
  }

  /** Applies all safe fixes of the file. */
  async fixAll(): Promise<void> {
    const { edits, left } = await this.#workspace.datacenter.fixAll(this.#file);
    this.#edit(edits, left === 0 ? "nothing has to be fixed" : "nothing can be fixed without a person looking");
  }

  #edit(edits: readonly TextEdit[], otherwise: string): void {
    const given = this.view.state.facet(support);
    if (given === null || edits.length === 0) this.#workspace.tell("say", otherwise);
    else applyEdits(this.view, given, edits);
  }

  /** Goes back to where one was before the last jump. */
  back(): void {
    const place = this.#trail.pop();
    if (place === undefined) return;
    this.#jump(place, true);
  }

  /** Shows a place, and puts the cursor there. */
  show(place: Place, focus = true): void {
    const { cursor } = this.#workspace;
    if (cursor.file !== "" && (cursor.file !== place.file || cursor.line !== place.line)) {
      this.#trail.push(cursor);
      if (this.#trail.length > 100) this.#trail.shift();
    }
    this.#jump(place, focus);
  }

  #jump(place: Place, focus: boolean): void {
    if (place.file !== this.#file && !this.#switch(place.file)) return;
    const { doc } = this.view.state;
    const line = doc.line(Math.min(Math.max(1, place.line), doc.lines));
    const anchor = Math.min(place.from ?? line.from, doc.length);
    const head = Math.min(place.to ?? anchor, doc.length);
    this.view.dispatch({
      selection: { anchor, head: place.from === undefined ? anchor : head },
      effects: [EditorView.scrollIntoView(anchor, { y: "center" }), flash.of(line.from)],
    });
    setTimeout(() => {
      this.view.dispatch({ effects: flash.of(null) });
    }, 1200);
    if (focus) this.view.focus();
  }

  /** Shows a file where it was left. */
  openFile(path: string): void {
    if (path !== this.#file) this.#switch(path);
  }

  #switch(path: string): boolean {
    const text = this.#workspace.text(path);
    if (text === undefined) return false;
    if (this.#file !== "") this.#states.set(this.#file, this.view.state);
    this.#file = path;
    const kept = this.#states.get(path);
    this.view.setState(kept?.doc.toString() === text ? kept : this.#state(path, text));
    this.#moved();
    return true;
  }

  /** Files were changed behind our back. */
  #refresh(): void {
    for (const path of this.#states.keys()) if (this.#workspace.text(path) === undefined) this.#states.delete(path);
    const text = this.#workspace.text(this.#file);
    if (text === undefined) {
      this.#file = "";
      const paths = this.#workspace.paths();
      const first = paths.find((path) => path === "firewall/cluster.fw") ?? paths[0];
      if (first === undefined) this.view.setState(EditorState.create());
      else this.#switch(first);
    } else if (text !== this.view.state.doc.toString()) {
      this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
    }
  }

  #state(path: string, doc: string): EditorState {
    return EditorState.create({
      doc,
      extensions: [
        lineNumbers(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        history(),
        drawSelection(),
        bracketMatching(),
        closeBrackets(),
        highlightSelectionMatches(),
        flashed,
        this.#language(path),
        EditorView.contentAttributes.of({ "aria-label": `Editor of ${path}` }),
        keymap.of([
          { key: "Shift-F8", run: previousDiagnostic },
          { key: "Mod-.", run: (view) => this.#fix(view) },
          {
            key: "Shift-Alt-f",
            run: () => {
              void this.layout();
              return true;
            },
          },
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...defaultKeymap,
          ...searchKeymap,
          ...historyKeymap,
          indentWithTab,
        ]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) this.#workspace.typed(path, update.state.doc.toString());
          if (update.selectionSet || update.docChanged) this.#moved();
        }),
      ],
    });
  }

  /** Applies the best fix at the cursor. */
  #fix(view: EditorView): boolean {
    const { head } = view.state.selection.main;
    const apply = async (): Promise<void> => {
      const [first] = await this.#workspace.datacenter.fixes(this.#file, head);
      this.#edit(first?.edits ?? [], "there is no fix at the cursor");
    };
    void apply();
    return true;
  }

  #language(file: string): Extension {
    if (file === FACTS) return [pvefwLanguage(file), highlighting()];
    const workspace = this.#workspace;
    return pvefw({
      datacenter: workspace.datacenter,
      file,
      onCheck: (check) => {
        workspace.checked(check);
      },
      open: (place) => {
        workspace.open(place);
      },
      onChanged: (changed) => {
        for (const { file: path, text } of changed) void workspace.put(path, text);
      },
      onFailure: (why) => {
        workspace.tell("say", why);
      },
    });
  }

  #moved(): void {
    const line = this.view.state.doc.lineAt(this.view.state.selection.main.head).number;
    const { file, line: before } = this.#workspace.cursor;
    if (file === this.#file && before === line) return;
    this.#workspace.cursor = { file: this.#file, line };
    this.#workspace.tell("cursor", this.#workspace.cursor);
  }
}
