/** Where everything stands on the page, and what the keys do. */

import { adding, exporting, help, importing, removing, sharing } from "./dialogs.ts";
import { count, h, s } from "./dom.ts";
import { dropping } from "./drop.ts";
import { Editor } from "./editor.ts";
import { splitter, tabs } from "./layout.ts";
import { packet } from "./packet.ts";
import { problems } from "./problems.ts";
import { reachability } from "./reach.ts";
import { rules } from "./rules.ts";
import { tests } from "./tests.ts";
import { themeButton } from "./theme.ts";
import { tree } from "./tree.ts";
import type { Workspace } from "./workspace.ts";

/** On narrow screens only one of the three is in sight. */
type Part = "files" | "middle" | "side";

/** Builds the page. */
export function page(workspace: Workspace, into: HTMLElement): void {
  const editor = new Editor(workspace);
  const desk = h("main", { class: "desk", "data-shown": "middle" });
  const way = packet(workspace);
  const reach = reachability(workspace, (question) => {
    side.show("packet");
    way.ask(question);
  });
  const compiled = rules(workspace);
  const tested = tests(workspace);
  const side = tabs("Answers", [
    { id: "reach", label: "Reach", panel: h("div", {}, reach.element), shown: reach.refresh },
    { id: "packet", label: "Packet", panel: h("div", {}, way.element), shown: way.refresh },
    { id: "rules", label: "Rules", panel: h("div", {}, compiled.element), shown: compiled.refresh },
    { id: "tests", label: "Tests", panel: h("div", {}, tested.element), shown: tested.refresh },
  ]);
  const files = tree(
    workspace,
    () => editor.file,
    (file) => {
      editor.openFile(file);
      show("middle");
    },
  );
  const list = problems(workspace);

  const parts: readonly (readonly [Part, string])[] = [
    ["files", "Files"],
    ["middle", "Source"],
    ["side", "Answers"],
  ];
  const buttons = parts.map(([part, label]) => {
    const choose = (): void => {
      show(part);
    };
    return h("button", { type: "button", onclick: choose, "aria-pressed": String(part === "middle") }, label);
  });
  const show = (part: Part): void => {
    desk.dataset.shown = part;
    for (const [index, button] of buttons.entries())
      button.setAttribute("aria-pressed", String(parts[index]?.[0] === part));
    workspace.tell("settled", undefined);
  };
  workspace.on("open", () => {
    if (desk.dataset.shown !== "middle") show("middle");
  });

  desk.append(
    h(
      "nav",
      { class: "pane files", "aria-label": "Files" },
      h(
        "header",
        {},
        h("h2", {}, "Files"),
        small("Add", "Add a file", () => {
          adding(workspace);
        }),
      ),
      files,
    ),
    splitter(desk, "--files", "Width of the files", 1),
    h("section", { class: "pane middle", "aria-label": "Source" }, head(workspace, editor), editor.element),
    splitter(desk, "--side", "Width of the answers", -1),
    h("section", { class: "pane side", "aria-label": "Answers" }, side.list, side.panels),
  );
  const middle = desk.querySelector<HTMLElement>(".middle");
  middle?.append(
    splitter(middle, "--problems", "Height of the problems", -1, true),
    h("section", { class: "problem-box", "aria-label": "Problems" }, problemHead(workspace), list),
  );
  into.replaceChildren(
    bar(workspace),
    desk,
    h("nav", { class: "switch", "aria-label": "Parts of the page" }, ...buttons),
    status(workspace),
    toast(workspace),
  );
  side.show("reach");
  keys(editor, side.show, { files, list });
  dropping(workspace);
}

function small(label: string, title: string, work: () => unknown): HTMLElement {
  return h("button", { type: "button", class: "small", title, onclick: () => void work() }, label);
}

function bar(workspace: Workspace): HTMLElement {
  const node = h("select", { class: "plain", "aria-label": "Node" });
  node.addEventListener("change", () => {
    workspace.look(node.value);
  });
  const list = (): void => {
    node.replaceChildren(...workspace.nodes.map((name) => h("option", {}, name)));
    node.value = workspace.node ?? "";
  };
  workspace.on("files", list);
  workspace.on("node", list);
  list();
  const plain = (label: string, work: () => unknown): HTMLElement =>
    h("button", { type: "button", class: "plain", onclick: () => void work() }, label);
  const logo = s(
    "svg",
    { viewBox: "0 0 16 16", "aria-hidden": "true" },
    s("path", { d: "M8 1l6 2v5c0 4-3 6-6 7-3-1-6-3-6-7V3z", fill: "var(--accent)" }),
    s("path", { d: "M5 8l2 2 4-4", stroke: "var(--panel)", "stroke-width": 1.6, fill: "none" }),
  );
  return h(
    "header",
    { class: "bar" },
    h("h1", {}, logo, "pvefw", h("small", {}, "the Proxmox VE firewall, understood")),
    h("span", { class: "gap" }),
    h("label", {}, "as seen by", node),
    plain("Open", () => {
      importing(workspace);
    }),
    plain("Save", () => {
      exporting(workspace);
    }),
    plain("Share", () => sharing(workspace)),
    plain("Keys", help),
    themeButton(),
  );
}

/** The name of the file, and what can be done with it. */
function head(workspace: Workspace, editor: Editor): HTMLElement {
  const path = h("h2", { class: "path" });
  workspace.on("cursor", ({ file }) => {
    path.textContent = file;
  });
  return h(
    "header",
    {},
    path,
    small("Layout", "Put the file into the usual layout (Alt+Shift+F)", () => editor.layout()),
    small("Fix all", "Apply all safe fixes in this file", () => editor.fixAll()),
    small("Remove", "Remove this file", () => {
      removing(workspace, editor.file);
    }),
  );
}

function problemHead(workspace: Workspace): HTMLElement {
  const numbers = h("h2", {}, "Problems");
  workspace.on("checked", () => {
    numbers.textContent = `Problems · ${totals(workspace)}`;
  });
  return h("header", { class: "problem-head" }, numbers);
}

function totals(workspace: Workspace): string {
  const number = { error: 0, warning: 0, info: 0 };
  for (const { severity } of workspace.diagnostics) number[severity] += 1;
  if (workspace.factsError !== null) number.error += 1;
  const parts = [
    number.error > 0 && count(number.error, "error"),
    number.warning > 0 && count(number.warning, "warning"),
    number.info > 0 && count(number.info, "hint"),
  ].filter((part) => part !== false);
  return parts.length === 0 ? "none" : parts.join(", ");
}

function status(workspace: Workspace): HTMLElement {
  const found = h("b");
  const place = h("span");
  workspace.on("checked", () => {
    found.textContent = totals(workspace);
  });
  workspace.on("cursor", ({ file, line }) => {
    place.textContent = `${file}:${line}`;
  });
  return h(
    "footer",
    { class: "status" },
    h("span", {}, found),
    place,
    h("span", { class: "gap" }),
    h("span", { class: "wide" }, "nothing leaves this browser"),
    h("span", { id: "offline" }),
  );
}

/** Tells something for some seconds. */
function toast(workspace: Workspace): HTMLElement {
  const box = h("div", { class: "toast", role: "status", hidden: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  workspace.on("say", (text) => {
    box.textContent = text;
    box.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => {
      box.hidden = true;
    }, 6000);
  });
  return box;
}

/** The keys that work everywhere. Those of the editor are its own. */
function keys(editor: Editor, show: (id: string) => void, to: { files: HTMLElement; list: HTMLElement }): void {
  const panels = ["reach", "packet", "rules", "tests"];
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const panel = panels[Number(event.key) - 1];
    if (panel !== undefined) {
      show(panel);
      document.querySelector<HTMLElement>(`#tab-${panel}`)?.focus();
    } else if (event.key === "0") to.files.querySelector<HTMLElement>("[tabindex='0']")?.focus();
    else if (event.key === "e") editor.view.focus();
    else if (event.key === "m") to.list.querySelector<HTMLElement>("button")?.focus();
    else if (event.key === "ArrowLeft") editor.back();
    else return;
    event.preventDefault();
  });
}
