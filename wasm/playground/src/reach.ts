/** Who reaches whom on a port: the panel around the drawing and the table. */

import type { Link, Question, Reach, ReachQuery } from "pvefw";

import { count, h, later, prose } from "./dom.ts";
import { drawing } from "./drawing.ts";
import { matrix } from "./matrix.ts";
import { lineButton, tone } from "./trace.ts";
import type { Workspace } from "./workspace.ts";

/** What the drawing and the table need to know beside the answer. */
export interface View {
  readonly reach: Reach;
  /** Only what gets through, or everything. */
  readonly all: boolean;
  /** The zone that alone is looked at, or `null`. */
  readonly focus: string | null;
  /** Links whose verdict is not what it was before the last change. */
  readonly changed: ReadonlySet<string>;
  /** The pointer or the focus is at a link, or has left. */
  readonly point: (link: Link | null) => void;
  /** A link was chosen. */
  readonly choose: (link: Link) => void;
  /** A zone was chosen, or chosen away. */
  readonly look: (zone: string) => void;
}

/** Names a link. */
export function key(link: Pick<Link, "from" | "to">): string {
  return `${link.from} → ${link.to}`;
}

/** Whether the packet gets through. */
export function passes(link: Link): boolean {
  return link.verdict.includes("ACCEPT");
}

/** The panel. `ask` traces a packet in the other panel. */
export function reachability(
  workspace: Workspace,
  ask: (question: Question) => void,
): { element: HTMLElement; refresh: () => void } {
  const proto = h(
    "select",
    { class: "plain", "aria-label": "Protocol" },
    ...["tcp", "udp", "icmp"].map((name) => h("option", {}, name)),
  );
  const port = h("input", {
    "aria-label": "Port",
    inputmode: "numeric",
    pattern: "[0-9]{1,5}",
    value: "443",
    list: "ports",
  });
  const ports = ["22", "25", "53", "80", "443", "3128", "5432", "8006", "9100"].map((value) => h("option", { value }));
  const all = h("input", { type: "checkbox" });
  const table = h("button", { type: "button", class: "plain", "aria-pressed": "false" }, "Table");
  const summary = h("span", { class: "soft", role: "status" });
  const canvas = h("div", { class: "canvas" });
  const card = h("div", { class: "card", "aria-live": "polite" });
  const element = h(
    "div",
    { class: "reach" },
    h(
      "div",
      { class: "controls" },
      h("label", {}, "On", proto, port, h("datalist", { id: "ports" }, ...ports)),
      h("label", {}, all, "also what is stopped"),
      table,
      summary,
    ),
    canvas,
    card,
  );

  let reach: Reach | null = null;
  let before: ReadonlyMap<string, string> = new Map();
  let changed = new Set<string>();
  let focus: string | null = null;
  let pinned: Link | null = null;
  let round = 0;

  const refresh = async (): Promise<void> => {
    if (!element.checkVisibility() || !workspace.filled) return;
    const mine = ++round;
    const icmp = proto.value === "icmp";
    port.disabled = icmp;
    const query: ReachQuery = icmp
      ? { proto: "icmp" }
      : { proto: proto.value, dport: port.value === "" ? null : Number(port.value) };
    const found = await workspace.datacenter.reach(query, workspace.node);
    if (mine !== round) return;
    if (!found.ok) {
      canvas.replaceChildren(h("p", { class: "refused" }, prose(found.error)));
      return;
    }
    reach = found.value;
    const now = new Map(reach.links.map((link) => [key(link), link.verdict]));
    const same = [...now.keys()].some((name) => before.has(name));
    changed = new Set(
      same
        ? [...now].filter(([name, verdict]) => before.has(name) && before.get(name) !== verdict).map(([name]) => name)
        : [],
    );
    tell(reach, changed, before);
    before = now;
    if (pinned !== null) pinned = reach.links.find((link) => pinned !== null && key(link) === key(pinned)) ?? null;
    draw();
  };

  const draw = (): void => {
    if (reach === null) return;
    const view: View = {
      reach,
      all: all.checked,
      focus,
      changed,
      point(link) {
        show(link ?? pinned);
      },
      choose(link) {
        pinned = link;
        show(link);
        if (link.by === null) ask(link.question);
        else workspace.open(link.by);
      },
      look(zone) {
        focus = focus === zone ? null : zone;
        draw();
      },
    };
    const asTable = table.getAttribute("aria-pressed") === "true";
    const held = document.activeElement?.getAttribute("data-key");
    canvas.replaceChildren(asTable ? matrix(view) : drawing(view, canvas.clientWidth));
    if (held !== undefined && held !== null)
      canvas.querySelector<HTMLElement>(`[data-key="${CSS.escape(held)}"]`)?.focus();
    show(pinned);
  };

  const tell = (now: Reach, news: ReadonlySet<string>, was: ReadonlyMap<string, string>): void => {
    const through = now.links.filter(passes).length;
    const [first] = now.links.filter((link) => news.has(key(link)));
    let text = now.enabled
      ? `${through} of ${count(now.links.length, "way")} open`
      : "the firewall is off: all ways are open";
    if (first !== undefined)
      text += ` · ${count(news.size, "way")} changed: ${key(first)} ${was.get(key(first)) ?? ""} ⇒ ${first.verdict}`;
    if (now.omitted > 0) text += ` · ${count(now.omitted, "zone")} left out`;
    summary.textContent = text;
  };

  /** What there is to know about a link. */
  const show = (link: Link | null): void => {
    if (link === null) {
      card.replaceChildren(
        h(
          "p",
          { class: "soft" },
          "Point at a way to see the rule that decides; choose it to go there. Choose a zone to see only its ways.",
        ),
      );
      return;
    }
    const text = link.by === null ? null : workspace.text(link.by.file)?.split("\n")[link.by.line - 1];
    card.replaceChildren(
      h(
        "p",
        {},
        h("strong", {}, key(link)),
        h("span", { class: `chip ${tone(link.verdict)}` }, link.verdict),
        link.by === null ? h("span", { class: "soft" }, "by a built-in rule") : lineButton(workspace, link.by),
        h(
          "button",
          {
            type: "button",
            class: "small",
            onclick: () => {
              ask(link.question);
            },
          },
          "trace this packet",
        ),
      ),
      text !== null && text !== undefined ? h("pre", {}, text) : "",
    );
  };

  proto.addEventListener("change", () => void refresh());
  port.addEventListener(
    "input",
    later(150, () => void refresh()),
  );
  all.addEventListener("change", draw);
  table.addEventListener("click", () => {
    table.setAttribute("aria-pressed", String(table.getAttribute("aria-pressed") !== "true"));
    draw();
  });
  workspace.on("settled", () => void refresh());
  let width = 0;
  new ResizeObserver(() => {
    if (Math.abs(canvas.clientWidth - width) < 4) return;
    width = canvas.clientWidth;
    draw();
  }).observe(canvas);
  return { element, refresh: () => void refresh() };
}
