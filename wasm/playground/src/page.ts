/** Where everything stands on the page. */

import { h } from "./dom.ts";
import { Editor } from "./editor.ts";
import { packet } from "./packet.ts";
import { problems } from "./problems.ts";
import { tree } from "./tree.ts";
import type { Workspace } from "./workspace.ts";

export function page(workspace: Workspace, into: HTMLElement): void {
  const editor = new Editor(workspace);
  const path = h("span", { class: "path" });
  workspace.on("cursor", ({ file }) => { path.textContent = file; });
  const way = packet(workspace);
  into.replaceChildren(
    h("header", {class:"bar"}, h("h1", {}, "pvefw")),
    h("main", { class: "desk" },
    h("nav", { class: "pane files", "aria-label": "Files" }, tree(workspace, () => editor.file, (file) => { editor.openFile(file); })),
    h("section", { class: "pane middle", "aria-label": "Source" }, h("div", { class: "crumbs" }, path), editor.element, problems(workspace)),
    h("aside", { class: "pane side", "aria-label": "Answers" }, way.element)));
}
