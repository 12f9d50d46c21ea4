/** Colours, as custom properties, so that a page can set its own: `--pvefw-keyword` and so on. */

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** The names of the colours, each with its value on light and on dark ground. */
const colours = {
  keyword: ["#0b5cad", "#7cb7ff"],
  heading: ["#7a3e9d", "#d3a4f5"],
  option: ["#00687a", "#6fd3e3"],
  name: ["#8a4b08", "#f0b469"],
  macro: ["#5b3cc4", "#b6a4ff"],
  verdict: ["#146c2e", "#7ddc93"],
  number: ["#96344f", "#f59ab0"],
  comment: ["#5c6670", "#8d98a5"],
  string: ["#146c2e", "#9ad8a5"],
} as const;

type Colour = keyof typeof colours;

const use = (colour: Colour): string => `var(--pvefw-${colour}, light-dark(${colours[colour].join(", ")}))`;

const style = HighlightStyle.define([
  { tag: tags.keyword, color: use("keyword"), fontWeight: "600" },
  { tag: tags.heading, color: use("heading"), fontWeight: "600" },
  { tag: [tags.propertyName, tags.attributeName], color: use("option") },
  { tag: [tags.variableName, tags.definition(tags.variableName), tags.labelName], color: use("name") },
  { tag: tags.typeName, color: use("macro") },
  { tag: tags.atom, color: use("verdict"), fontWeight: "600" },
  { tag: tags.number, color: use("number") },
  { tag: tags.comment, color: use("comment"), fontStyle: "italic" },
  { tag: tags.string, color: use("string") },
  { tag: tags.meta, color: use("number"), fontWeight: "700" },
]);

const looks = EditorView.baseTheme({
  ".pvefw-message p, .pvefw-hover p": { margin: "0 0 2px" },
  ".pvefw-message small": { display: "block", opacity: "0.85" },
  ".pvefw-message code, .pvefw-hover code": { fontFamily: "ui-monospace, monospace" },
  ".pvefw-link": {
    all: "unset",
    display: "block",
    cursor: "pointer",
    color: use("keyword"),
    textDecoration: "underline",
    fontSize: "0.9em",
  },
  ".pvefw-link:focus-visible": { outline: "2px solid currentColor" },
  ".pvefw-hover": { padding: "6px 10px", maxWidth: "480px", maxHeight: "300px", overflow: "auto" },
  ".pvefw-hover pre": { margin: "4px 0 0", fontFamily: "ui-monospace, monospace", fontSize: "0.9em" },
});

/** The highlighting. Whether it is light or dark follows the `color-scheme` of the page. */
export function highlighting(): Extension {
  return [syntaxHighlighting(style, { fallback: true }), looks];
}
