/** What is known about the word under the pointer, and the way to its definition. */

import type { Extension } from "@codemirror/state";
import { EditorView, hoverTooltip, keymap, type Tooltip } from "@codemirror/view";

import type { Hover } from "../types.js";
import { words } from "./lint.js";
import { support, type Support } from "./support.js";

/** A tooltip over words. */
export function hovering(): Extension {
  return hoverTooltip(about, { hoverTime: 350 });
}

async function about(view: EditorView, position: number): Promise<Tooltip | null> {
  const given = view.state.facet(support);
  if (given === null) return null;
  const found = await given.datacenter.hover(given.file, position);
  if (found === null || found.to > view.state.doc.length) return null;
  return { pos: found.from, end: found.to, above: true, create: () => ({ dom: tooltip(view, given, found) }) };
}

function tooltip(view: EditorView, given: Support, found: Hover): HTMLElement {
  const box = document.createElement("div");
  box.className = "pvefw-hover";
  const title = document.createElement("strong");
  title.textContent = found.title;
  box.append(title, ...found.text.map((text) => words(text, "p")));
  if (found.lines.length > 0) {
    const lines = document.createElement("pre");
    lines.textContent = found.lines.join("\n");
    box.append(lines);
  }
  const place = found.defined;
  if (place !== null && (place.file === given.file || given.open !== undefined)) {
    const link = document.createElement("button");
    link.type = "button";
    link.className = "pvefw-link";
    link.textContent = `${place.file}:${place.line}`;
    link.onclick = () => {
      show(view, given, place);
    };
    box.append(link);
  }
  return box;
}

/** Go to definition: F12, or a click while Ctrl or Command is held. */
export function defining(): Extension {
  return [
    keymap.of([
      { key: "F12", run: (view) => goto(view, view.state.selection.main.head) },
      { key: "Mod-Alt-Enter", run: (view) => goto(view, view.state.selection.main.head) },
    ]),
    EditorView.domEventHandlers({
      mousedown(event, view) {
        if (!(event.ctrlKey || event.metaKey) || event.button !== 0) return false;
        const position = view.posAtCoords({ x: event.clientX, y: event.clientY });
        return position !== null && goto(view, position);
      },
    }),
  ];
}

function goto(view: EditorView, position: number): boolean {
  const given = view.state.facet(support);
  if (given === null) return false;
  void jump(view, given, position);
  return true;
}

async function jump(view: EditorView, given: Support, position: number): Promise<void> {
  const [first] = await given.datacenter.definition(given.file, position);
  if (first !== undefined) show(view, given, first);
}

function show(view: EditorView, given: Support, place: Parameters<NonNullable<Support["open"]>>[0]): void {
  if (place.file !== given.file) {
    given.open?.(place);
    return;
  }
  const end = Math.min(place.to, view.state.doc.length);
  view.dispatch({
    selection: { anchor: Math.min(place.from, end), head: end },
    effects: EditorView.scrollIntoView(Math.min(place.from, end), { y: "center" }),
    userEvent: "select",
  });
  view.focus();
}
