/** The way of a packet, step by step. */

import type { Hop, Line, Step, Trace } from "pvefw";

import { count, h, prose } from "./dom.ts";
import type { Workspace } from "./workspace.ts";

/** The colour of a verdict or an effect. */
export function tone(verdict: string): "good" | "bad" | "warn" | "plain" {
  if (/ACCEPT|PASSES|^accept$/.test(verdict)) return "good";
  if (/DROP|^drop$/.test(verdict)) return "bad";
  return /REJECT|UNKNOWN|^reject$|^unknown$/.test(verdict) ? "warn" : "plain";
}

/** A button that shows a line. */
export function lineButton(workspace: Workspace, at: Line): HTMLElement {
  return h(
    "button",
    {
      type: "button",
      class: "line",
      onclick: (event: Event) => {
        event.stopPropagation();
        workspace.open(at);
      },
    },
    `${at.file}:${at.line}`,
  );
}

/** A trace, with its steps in the order of the Tab key and arrows between them. */
export function traced(workspace: Workspace, trace: Trace): HTMLElement {
  const element = h(
    "div",
    { class: "trace" },
    h(
      "p",
      { class: `verdict ${tone(trace.verdict)}` },
      h("strong", {}, trace.verdict),
      trace.reject_with !== null && h("span", {}, ` with ${trace.reject_with}`),
      trace.reset_lost && h("span", {}, " (the reset gets lost on its way back)"),
      h("span", { class: "by" }, "by ", trace.by === null ? "a built-in rule" : lineButton(workspace, trace.by)),
    ),
    h(
      "p",
      { class: "sentence" },
      h("span", {}, sentence(trace)),
      h("label", {}, h("input", { type: "checkbox", class: "all-steps" }), "built-in rules, too"),
    ),
    ...trace.hops.map((hop, index) => drawn(workspace, hop, index, trace.hops.length)),
    trace.logs.length > 0 &&
      h(
        "div",
        { class: "logs" },
        h("h3", {}, "Logged"),
        ...trace.logs.map((log) =>
          h("p", {}, h("code", {}, log.prefix), log.limit !== null && ` at most ${log.limit}`),
        ),
      ),
  );
  element.addEventListener("keydown", (event) => {
    const steps = [...element.querySelectorAll<HTMLElement>(".step")];
    const at = steps.indexOf(event.target as HTMLElement);
    if (at < 0 || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    event.preventDefault();
    steps[at + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
  });
  return element;
}

function sentence({ packet }: Trace): string {
  const end = (address: string | null, port: number | null): string =>
    port === null ? (address ?? "") : `${address?.includes(":") === true ? `[${address}]` : (address ?? "")}:${port}`;
  const state = packet.state === null ? "" : ` ${packet.state}`;
  return `${packet.proto}${state} ${end(packet.source, packet.sport)} → ${end(packet.dest, packet.dport)}`;
}

function drawn(workspace: Workspace, hop: Hop, index: number, of: number): HTMLElement {
  const inwards = [hop.bridge_in, hop.port_in].filter((part) => part !== null).join("/");
  const outwards = [hop.bridge_out, hop.port_out].filter((part) => part !== null).join("/");
  return h(
    "section",
    { class: "hop", "aria-label": `Hop ${index + 1} of ${of}` },
    h(
      "h3",
      {},
      h("span", { class: "kind" }, hop.kind),
      h("span", { class: "ways" }, [inwards, outwards].filter((way) => way !== "").join(" → ")),
      h("span", { class: `chip ${tone(hop.outcome)}` }, hop.outcome.toLowerCase()),
    ),
    h("ol", {}, ...hop.steps.map((step, at) => stepRow(workspace, step, at === hop.decided_by))),
    hop.nearly !== null &&
      h(
        "p",
        { class: "nearly" },
        "Nearly: ",
        prose(hop.nearly.because),
        " ",
        hop.nearly.step.at === null ? h("code", {}, hop.nearly.step.rule) : lineButton(workspace, hop.nearly.step.at),
      ),
    hop.steps.length === 0 && h("p", { class: "empty" }, "No rule has a say here."),
  );
}

function stepRow(workspace: Workspace, step: Step, decided: boolean): HTMLElement {
  const at = step.at;
  const button = h(
    "button",
    {
      type: "button",
      class: `step ${decided ? "decided" : ""} ${at === null ? "built-in" : ""}`,
      title: at === null ? "built in: no line made it" : `show ${at.file}:${at.line}`,
      onclick: () => {
        if (at !== null) workspace.open(at);
      },
    },
    h("span", { class: "chain" }, step.chain),
    h("span", { class: `chip ${tone(step.effect)}` }, step.effect),
    h("code", { class: "rule" }, step.rule.replace(/^-A \S+ ?/, "")),
    h("span", { class: "from" }, made(step)),
    ...step.sets.map((set) =>
      h(
        "span",
        { class: "set" },
        `${set.address} is ${set.member === null || set.nomatch ? "not in" : "in"} ${set.set}${set.member === null ? "" : `: ${set.member}`}`,
      ),
    ),
    step.unknown.length > 0 && h("span", { class: "set" }, `${count(step.unknown.length, "condition")} not understood`),
  );
  return h("li", {}, button);
}

/** What made a rule, in a few words. */
export function made(rule: Pick<Step, "maker" | "what" | "at">): string {
  const where = rule.at === null ? "" : `${rule.at.file}:${rule.at.line}`;
  const what =
    rule.maker === "macro"
      ? `macro ${rule.what ?? ""}`
      : rule.maker === "built-in"
        ? (rule.what ?? "built in")
        : rule.maker;
  return rule.maker === "line" ? where : [where, what].filter((part) => part !== "").join(" · ");
}
