/**
 * `<pvefw-editor>`: an editor for a file of the firewall, for any page. One script tag defines it; CodeMirror is inside.
 *
 * ```html
 * <script type="module" src="pvefw/dist/element.js"></script>
 * <pvefw-editor file="firewall/100.fw" name="config">[RULES]
 * IN SSH(ACCEPT)
 * </pvefw-editor>
 * ```
 *
 * Attributes: `file` (its path, which says what it is; default `firewall/cluster.fw`), `name` (in a form), `readonly`, and
 * `for`, the `id` of a textarea to stand in for. Properties: `value`, `check`, `datacenter`, to give it the other files.
 * Events: `input` after each change, `check` with all findings in `detail`, `open` when a definition is in another file,
 * `failure` with the reason in `detail`. Elements with the same datacenter see each other's files.
 *
 * @module
 */

import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";

import { pvefw } from "./codemirror/index.js";
import { connect, launch } from "./remote.js";
import type { Service } from "./service.js";
import type { Check } from "./types.js";

let shared: Promise<Service> | undefined;

/** The datacenter of all elements that were given none: in a worker, or, where that may not be, in the page. */
function usual(): Promise<Service> {
  shared ??= far().catch(async () => {
    const { Datacenter, init } = await import("./index.js");
    await init();
    return new Datacenter();
  });
  return shared;
}

/** In a worker. Those may only come from where the page comes from; another place makes this fail. */
async function far(): Promise<Service> {
  return connect(launch());
}

const looks = EditorView.theme({
  "&": { height: "100%", color: "inherit", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace", lineHeight: "1.5" },
  ".cm-gutters": { backgroundColor: "transparent", color: "inherit", opacity: "0.6", border: "0" },
  ".cm-activeLine": { backgroundColor: "light-dark(#00000008, #ffffff0a)" },
  ".cm-tooltip": {
    color: "light-dark(#1b2430, #d9e0e8)",
    backgroundColor: "light-dark(#fff, #1c222b)",
    border: "1px solid light-dark(#d7dde4, #2b333e)",
  },
});

/** The element. */
export class PvefwEditor extends HTMLElement {
  static readonly formAssociated = true;
  static readonly observedAttributes = ["file", "readonly"];

  /** What was found last. */
  check: Check | null = null;
  readonly #internals = this.attachInternals();
  #view: EditorView | undefined;
  #value: string | undefined;
  #datacenter: Service | undefined;
  #textarea: HTMLTextAreaElement | null = null;

  /** The path of the file. */
  get file(): string {
    return this.getAttribute("file") ?? "firewall/cluster.fw";
  }

  set file(path: string) {
    this.setAttribute("file", path);
  }

  /** The text. */
  get value(): string {
    return this.#view?.state.doc.toString() ?? this.#value ?? this.textContent;
  }

  set value(text: string) {
    this.#value = text;
    this.#view?.dispatch({ changes: { from: 0, to: this.#view.state.doc.length, insert: text } });
    this.#internals.setFormValue(text);
  }

  /** The datacenter whose file this is. Without one, that of all elements of the page. */
  set datacenter(given: Service) {
    this.#datacenter = given;
    if (this.#view !== undefined) void this.#start();
  }

  /** Part of the element's life: it came into a page. */
  connectedCallback(): void {
    const stands = this.getAttribute("for");
    if (stands !== null) {
      const found = document.getElementById(stands);
      this.#textarea = found instanceof HTMLTextAreaElement ? found : null;
      this.#value ??= this.#textarea?.value;
      if (this.#textarea !== null) this.#textarea.hidden = true;
    }
    this.#value ??= this.textContent;
    void this.#start();
  }

  /** Part of the element's life: it left the page. */
  disconnectedCallback(): void {
    this.#value = this.value;
    this.#view?.destroy();
    this.#view = undefined;
    if (this.#textarea !== null) this.#textarea.hidden = false;
  }

  /** Part of the element's life: an attribute was changed. */
  attributeChangedCallback(): void {
    if (this.#view !== undefined) void this.#start();
  }

  /** Shows the text at once, and with all that the engine knows as soon as that is loaded. */
  async #start(): Promise<void> {
    this.#show([]);
    try {
      const datacenter = this.#datacenter ?? (await usual());
      if (this.isConnected) this.#show(this.#engine(datacenter));
    } catch (reason) {
      // One can still write.
      this.#say("failure", reason instanceof Error ? reason.message : String(reason));
    }
  }

  #show(extensions: Extension): void {
    const doc = this.#view?.state.doc ?? this.#value ?? "";
    const selection = this.#view?.state.selection;
    const state = EditorState.create({
      doc,
      ...(selection === undefined ? {} : { selection }),
      extensions: [this.#plain(), extensions],
    });
    if (this.#view === undefined) {
      const root = this.shadowRoot ?? this.attachShadow({ mode: "open", delegatesFocus: true });
      const style = document.createElement("style");
      style.textContent = ":host { display: block; min-height: 6em; overflow: auto }";
      root.replaceChildren(style);
      this.#view = new EditorView({ state, parent: root, root });
    } else {
      this.#view.setState(state);
    }
    this.#internals.setFormValue(this.value);
  }

  /** What an editor has even without an engine. */
  #plain(): Extension {
    return [
      lineNumbers(),
      history(),
      drawSelection(),
      highlightActiveLine(),
      bracketMatching(),
      closeBrackets(),
      search(),
      looks,
      EditorState.readOnly.of(this.hasAttribute("readonly")),
      EditorView.contentAttributes.of({ "aria-label": this.getAttribute("aria-label") ?? this.file }),
      keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap]),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        const text = this.value;
        this.#internals.setFormValue(text);
        if (this.#textarea !== null) this.#textarea.value = text;
        this.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
      }),
    ];
  }

  #engine(datacenter: Service): Extension {
    return pvefw({
      datacenter,
      file: this.file,
      onCheck: (check) => {
        this.check = check;
        this.#say("check", check);
      },
      open: (place) => {
        this.#say("open", place);
      },
      onFailure: (why) => {
        this.#say("failure", why);
      },
    });
  }

  #say(kind: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(kind, { detail, bubbles: kind !== "open" }));
  }
}

if (customElements.get("pvefw-editor") === undefined) customElements.define("pvefw-editor", PvefwEditor);
