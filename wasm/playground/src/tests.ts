/** What came of `tests.toml`. */

import type { Test } from "pvefw";

import { count, h, prose } from "./dom.ts";
import { lineButton, traced } from "./trace.ts";
import type { Workspace } from "./workspace.ts";

/** The panel of policy tests. */
export function tests(workspace: Workspace): { element: HTMLElement; refresh: () => void } {
  const element = h("div", { class: "tests" });
  let round = 0;
  const refresh = async (): Promise<void> => {
    if (!element.checkVisibility()) return;
    const mine = ++round;
    const tested = await workspace.datacenter.test(workspace.node);
    if (mine !== round) return;
    if (!tested.ok) {
      element.replaceChildren(h("p", { class: "empty" }, prose(tested.error)));
      return;
    }
    const { summary, tests: all } = tested.value;
    const good = summary.failed === 0 && summary.errors === 0;
    element.replaceChildren(
      h(
        "p",
        { class: `verdict ${good ? "good" : "bad"}`, role: "status" },
        h("strong", {}, good ? "All pass" : `${count(summary.failed, "test")} failed`),
        h("span", { class: "by" }, `${count(summary.tests, "test")}, ${count(summary.packets, "packet")}`),
      ),
      h("ul", {}, ...all.toSorted((a, b) => Number(a.passed) - Number(b.passed)).map((test) => row(workspace, test))),
    );
  };
  workspace.on("settled", () => void refresh());
  return { element, refresh: () => void refresh() };
}

function row(workspace: Workspace, test: Test): HTMLElement {
  const head = [
    h("span", { class: `sign ${test.passed ? "pass" : "error"}`, "aria-hidden": "true" }, test.passed ? "✓" : "✕"),
    h("span", { class: "unseen" }, test.passed ? "passed: " : "failed: "),
    h("span", { class: "what" }, test.name),
    h("span", { class: "chip" }, test.expect),
    lineButton(workspace, test),
  ];
  const failures = test.failures.map((failure) =>
    h(
      "details",
      {},
      h("summary", {}, h("code", {}, failure.packet), " ", prose(failure.reason)),
      failure.trace !== null && traced(workspace, failure.trace),
    ),
  );
  return h("li", {}, h("div", { class: "test" }, ...head), ...failures);
}
