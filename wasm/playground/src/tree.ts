/** The files as a tree: one entry is in the order of the Tab key, arrows go to the others. */

import type { Severity } from "pvefw";

import { h } from "./dom.ts";
import { FACTS, type Workspace } from "./workspace.ts";

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: string[];
}

/** The tree of a workspace. `current` says which file is shown. */
export function tree(workspace: Workspace, current: () => string, open: (path: string) => void): HTMLElement {
  const root = h("ul", { role: "tree", "aria-label": "Files of the datacenter", class: "tree" });
  const closed = new Set<string>();
  const draw = (): void => {
    const focused = document.activeElement?.closest<HTMLElement>(".tree [role=treeitem]")?.dataset.path;
    root.replaceChildren(...branch(sorted(workspace.paths()), "", 1));
    mark();
    if (focused !== undefined) item(focused)?.focus();
  };
  const items = (): HTMLElement[] =>
    [...root.querySelectorAll<HTMLElement>("[role=treeitem]")].filter((element) => element.offsetParent !== null);
  const item = (path: string): HTMLElement | undefined => items().find((element) => element.dataset.path === path);

  function branch(folder: Folder, above: string, level: number): HTMLElement[] {
    const names = workspace.guests();
    const folders = [...folder.folders].map(([name, inner]) => {
      const path = `${above}${name}`;
      const expanded = !closed.has(path);
      const label = h("span", { class: "row", style: `--level:${level}` }, h("span", { class: "twist" }, "▸"), name);
      return h(
        "li",
        { role: "treeitem", "aria-expanded": String(expanded), "aria-level": level, "data-path": path, tabindex: -1 },
        label,
        h("ul", { role: "group" }, ...branch(inner, `${path}/`, level + 1)),
      );
    });
    const files = folder.files.map((name) => {
      const path = `${above}${name}`;
      const guest = /^(\d+)\.(?:fw|conf)$/.exec(name)?.[1];
      const title = guest === undefined ? undefined : names.get(guest);
      const row = h(
        "span",
        { class: "row", style: `--level:${level}` },
        h("span", { class: `dot ${kind(path)}`, "aria-hidden": "true" }),
        h("span", { class: "name" }, name),
        title !== undefined && h("span", { class: "title" }, title),
        h("span", { class: "badge" }),
      );
      return h("li", { role: "treeitem", "aria-level": level, "data-path": path, tabindex: -1 }, row);
    });
    return [...folders, ...files];
  }

  /** Shows what is chosen and how much is wrong where. */
  function mark(): void {
    const worst = problems(workspace);
    let tabbable = false;
    for (const element of root.querySelectorAll<HTMLElement>("[role=treeitem]")) {
      const path = element.dataset.path ?? "";
      const selected = path === current();
      element.setAttribute("aria-selected", String(selected));
      element.tabIndex = selected ? 0 : -1;
      tabbable ||= selected;
      const badge = element.querySelector<HTMLElement>(":scope > .row > .badge");
      const found = worst.get(path);
      if (badge === null) continue;
      badge.className = `badge ${found?.severity ?? ""}`;
      badge.textContent = found === undefined ? "" : String(found.number);
      badge.title = found === undefined ? "" : `${found.number} of ${found.severity}`;
    }
    const first = root.querySelector<HTMLElement>("[role=treeitem]");
    if (!tabbable && first !== null) first.tabIndex = 0;
  }

  function toggle(element: HTMLElement, expanded: boolean): void {
    const path = element.dataset.path ?? "";
    if (expanded) closed.delete(path);
    else closed.add(path);
    element.setAttribute("aria-expanded", String(expanded));
  }

  function choose(element: HTMLElement): void {
    const expanded = element.getAttribute("aria-expanded");
    if (expanded !== null) toggle(element, expanded === "false");
    else open(element.dataset.path ?? "");
    mark();
  }

  root.addEventListener("click", (event) => {
    const row = (event.target as Element).closest(".row");
    if (row?.parentElement instanceof HTMLElement) choose(row.parentElement);
  });
  root.addEventListener("keydown", (event) => {
    const here = (event.target as Element).closest<HTMLElement>("[role=treeitem]");
    if (here === null || event.ctrlKey || event.altKey || event.metaKey) return;
    const all = items();
    const at = all.indexOf(here);
    const expanded = here.getAttribute("aria-expanded");
    let next: HTMLElement | null | undefined;
    if (event.key === "ArrowDown") next = all[at + 1];
    else if (event.key === "ArrowUp") next = all[at - 1];
    else if (event.key === "Home") next = all[0];
    else if (event.key === "End") next = all.at(-1);
    else if (event.key === "Enter" || event.key === " ") choose(here);
    else if (event.key === "ArrowRight" && expanded === "false") toggle(here, true);
    else if (event.key === "ArrowRight") next = here.querySelector<HTMLElement>("[role=treeitem]");
    else if (event.key === "ArrowLeft" && expanded === "true") toggle(here, false);
    else if (event.key === "ArrowLeft") next = here.parentElement?.closest<HTMLElement>("[role=treeitem]");
    else return;
    event.preventDefault();
    next?.focus();
  });
  workspace.on("files", draw);
  workspace.on("checked", mark);
  workspace.on("cursor", mark);
  draw();
  return root;
}

function sorted(paths: readonly string[]): Folder {
  const root: Folder = { folders: new Map(), files: [] };
  for (const path of paths) {
    const parts = path.split("/");
    const name = parts.pop() ?? path;
    let folder = root;
    for (const part of parts) {
      const inner = folder.folders.get(part) ?? { folders: new Map(), files: [] };
      folder.folders.set(part, inner);
      folder = inner;
    }
    // What holds for everybody comes before what holds for one.
    if (name === "cluster.fw" || name === "host.fw") folder.files.unshift(name);
    else folder.files.push(name);
  }
  return root;
}

function kind(path: string): string {
  if (path === FACTS || path === "tests.toml") return "data";
  return path.endsWith(".fw") ? "fw" : "conf";
}

/** For each file, its worst severity and how often that was found. */
function problems(workspace: Workspace): Map<string, { severity: Severity; number: number }> {
  const order: readonly Severity[] = ["info", "warning", "error"];
  const worst = new Map<string, { severity: Severity; number: number }>();
  for (const { file, severity } of workspace.diagnostics) {
    const known = worst.get(file);
    if (known === undefined || order.indexOf(severity) > order.indexOf(known.severity)) {
      worst.set(file, { severity, number: 1 });
    } else if (known.severity === severity) {
      known.number += 1;
    }
  }
  if (workspace.factsError !== null) worst.set(FACTS, { severity: "error", number: 1 });
  return worst;
}
