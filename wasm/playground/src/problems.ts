/** Everything that is wrong, in any file. */

import type { Diagnostic } from "pvefw";

import { h, prose } from "./dom.ts";
import { FACTS, type Workspace } from "./workspace.ts";

const signs = { error: "✕", warning: "!", info: "i" } as const;

/** No longer list than this is drawn: nobody reads on. */
const most = 300;

/** The list of problems. */
export function problems(workspace: Workspace): HTMLElement {
  const list = h("ul", { class: "problems", "aria-label": "Problems", role: "list" });
  const draw = (): void => {
    const found = workspace.diagnostics;
    const rows = found.slice(0, most).map((problem) => row(workspace, problem));
    if (workspace.factsError !== null) rows.unshift(factsRow(workspace, workspace.factsError));
    if (found.length > most) rows.push(h("li", { class: "empty" }, `and ${found.length - most} more`));
    if (rows.length === 0) rows.push(h("li", { class: "empty" }, "Nothing is wrong."));
    list.replaceChildren(...rows);
  };
  workspace.on("checked", draw);
  draw();
  return list;
}

function row(workspace: Workspace, problem: Diagnostic): HTMLLIElement {
  return h(
    "li",
    {},
    h(
      "button",
      {
        type: "button",
        class: "problem",
        onclick: () => {
          workspace.open(problem);
        },
      },
      h("span", { class: `sign ${problem.severity}`, "aria-hidden": "true" }, signs[problem.severity]),
      h("span", { class: "unseen" }, `${problem.severity}: `),
      h("span", { class: "what" }, prose(problem.message)),
      h("span", { class: "where" }, `${problem.file}:${problem.line}`),
    ),
    problem.fixes[0] !== undefined && fixButton(workspace, problem),
  );
}

/** Applies the best fix at once. */
function fixButton(workspace: Workspace, problem: Diagnostic): HTMLElement | false {
  const fix = problem.fixes[0];
  if (fix === undefined) return false;
  const apply = async (): Promise<void> => {
    const changed = await workspace.datacenter.apply(fix.edits);
    if (!changed.ok) workspace.tell("say", changed.error);
    else for (const { file, text } of changed.value) await workspace.put(file, text);
  };
  return h(
    "button",
    {
      type: "button",
      class: `fix ${fix.safety}`,
      title: fix.safety === "unsafe" ? "look twice" : null,
      onclick: () => void apply(),
    },
    prose(fix.title),
  );
}

function factsRow(workspace: Workspace, error: string): HTMLLIElement {
  const button = h(
    "button",
    {
      type: "button",
      class: "problem",
      onclick: () => {
        workspace.open({ file: FACTS, line: 1 });
      },
    },
    h("span", { class: "sign error", "aria-hidden": "true" }, signs.error),
    h("span", { class: "what" }, prose(error)),
    h("span", { class: "where" }, FACTS),
  );
  return h("li", {}, button);
}
