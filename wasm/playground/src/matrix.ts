/** The same as a table: a row for each sender, a column for each receiver. Arrows go from cell to cell. */

import type { Link } from "pvefw";

import { h } from "./dom.ts";
import { describe } from "./drawing.ts";
import { key, type View } from "./reach.ts";
import { tone } from "./trace.ts";

const signs = { good: "✓", warn: "↩", bad: "✕", plain: "?" } as const;

/** Draws the table. */
export function matrix(view: View): HTMLElement {
  const { zones, links } = view.reach;
  const found = new Map(links.map((link) => [key(link), link]));
  const table = h(
    "table",
    { class: "matrix" },
    h("caption", {}, "Rows send, columns receive: ✓ accepted, ↩ rejected, ✕ dropped"),
    h("thead", {}, h("tr", {}, h("td"), ...zones.map(({ name }) => h("th", { scope: "col" }, h("span", {}, name))))),
    h(
      "tbody",
      {},
      ...zones.map((from) =>
        h(
          "tr",
          {},
          h("th", { scope: "row", title: describe(from) }, from.name),
          ...zones.map((to) => {
            const link = found.get(key({ from: from.name, to: to.name }));
            return h("td", {}, link === undefined ? "" : cell(view, link));
          }),
        ),
      ),
    ),
  );
  const cells = [...table.querySelectorAll<HTMLElement>("button")];
  const [first] = cells;
  if (first !== undefined) first.tabIndex = 0;
  table.addEventListener("keydown", (event) => {
    const here = (event.target as Element).closest("td");
    const rows = [...table.querySelectorAll("tbody tr")];
    const [y, x] = [rows.findIndex((row) => row.contains(here)), here?.cellIndex ?? 0];
    const down = Number(event.key === "ArrowDown") - Number(event.key === "ArrowUp");
    const along = Number(event.key === "ArrowRight") - Number(event.key === "ArrowLeft");
    if (down === 0 && along === 0) return;
    event.preventDefault();
    // Empty cells are stepped over.
    for (let step = 1; step <= zones.length; step += 1) {
      const next = rows[y + step * down]?.children[x + step * along]?.querySelector("button");
      if (next === null) continue;
      next?.focus();
      return;
    }
  });
  return h("div", { class: "matrix-box" }, table);
}

function cell(view: View, link: Link): HTMLElement {
  const color = tone(link.verdict);
  return h(
    "button",
    {
      type: "button",
      class: `cell ${color} ${view.changed.has(key(link)) ? "changed" : ""}`,
      tabindex: -1,
      "aria-label": `${key(link)}: ${link.verdict}`,
      "data-key": key(link),
      onfocus: () => {
        view.point(link);
      },
      onpointerenter: () => {
        view.point(link);
      },
      onclick: () => {
        view.choose(link);
      },
    },
    link.verdict.startsWith("MAY") ? "?" : signs[color],
  );
}
