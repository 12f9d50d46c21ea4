/** A packet, asked about with a form. */

import type { Question, Trace, Zone } from "pvefw";

import { h, prose, words } from "./dom.ts";
import { traced } from "./trace.ts";
import type { Workspace } from "./workspace.ts";

const states = ["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"] as const;

/** The panel with the form and the way of the packet. */
export interface PacketPanel {
  readonly element: HTMLElement;
  /** Asks about a packet. */
  ask(question: Question): void;
  /** Asks again, now that the panel is in sight. */
  readonly refresh: () => void;
}

/** The form and what comes of it. */
export function packet(workspace: Workspace): PacketPanel {
  const zones = h("datalist", { id: "zones" });
  const form = h(
    "form",
    { class: "packet", "aria-label": "A packet" },
    field("from", "From", { required: true, list: "zones", value: "outside" }),
    field("to", "To", { required: true, list: "zones", value: "vm100" }),
    field("proto", "Protocol", { list: "protocols", placeholder: "tcp", class: "short" }),
    field("dport", "Port", {
      inputmode: "numeric",
      pattern: "[0-9]*",
      placeholder: "40001",
      class: "short",
      value: "443",
    }),
    field("source", "Source address", { placeholder: "filled in" }),
    field("dest", "Destination address", { placeholder: "filled in" }),
    h(
      "details",
      {},
      h("summary", {}, "More"),
      h(
        "div",
        { class: "more" },
        field("sport", "Source port", { inputmode: "numeric", pattern: "[0-9]*", placeholder: "40000" }),
        field("icmp-type", "ICMP type", { placeholder: "echo-request" }),
        field("mac", "Source MAC", { placeholder: "that of the guest" }),
        h(
          "label",
          {},
          h("span", {}, "State"),
          h("select", { name: "state" }, ...states.map((state) => h("option", {}, state))),
        ),
      ),
    ),
    h("button", { type: "submit", class: "primary" }, "Trace"),
    zones,
    h(
      "datalist",
      { id: "protocols" },
      ...["tcp", "udp", "icmp", "icmpv6", "sctp", "arp"].map((value) => h("option", { value })),
    ),
  );
  const answer = h("div", { class: "answer", "aria-live": "polite" });
  const element = h("div", { class: "packet-panel" }, form, answer);

  const send = async (jump: boolean): Promise<void> => {
    if (!form.checkValidity()) return;
    try {
      const trace = await workspace.datacenter.trace(question(form), workspace.node);
      if (trace.ok) show(trace.value, jump);
      else answer.replaceChildren(h("p", { class: "refused" }, prose(trace.error)));
    } catch (reason) {
      answer.replaceChildren(h("p", { class: "refused" }, prose(words(reason))));
    }
  };
  const show = (trace: Trace, jump: boolean): void => {
    answer.replaceChildren(traced(workspace, trace));
    if (jump && trace.by !== null) workspace.open(trace.by);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(false);
  });
  form.addEventListener("change", () => void send(false));
  const refresh = async (): Promise<void> => {
    const found = await workspace.datacenter.zones(workspace.node).catch(() => null);
    if (found?.ok === true)
      zones.replaceChildren(...found.value.map((zone) => h("option", { value: zone.name }, title(zone))));
    if (element.checkVisibility()) await send(false);
  };
  workspace.on("settled", () => void refresh());
  return {
    element,
    refresh: () => void refresh(),
    ask(asked) {
      for (const input of form.querySelectorAll<HTMLInputElement | HTMLSelectElement>("input, select")) {
        const value = asked[input.name as keyof Question];
        input.value = value === null || value === undefined ? (input.name === "state" ? "NEW" : "") : String(value);
      }
      void send(true);
    },
  };
}

/** A zone in words. */
export function title(zone: Zone): string {
  if (zone.kind === "host") return "the node itself";
  if (zone.kind === "port") return `${zone.port} on ${zone.bridge}`;
  return [zone.title, zone.bridge].filter((part) => part !== null).join(" on ");
}

function field(name: keyof Question, label: string, attributes: Record<string, string | boolean>): HTMLElement {
  const { class: style, ...rest } = attributes;
  const input = h("input", { name, autocomplete: "off", spellcheck: "false", ...rest });
  return h("label", { class: typeof style === "string" ? style : null }, h("span", {}, label), input);
}

/** What the form asks. What is empty is filled in by the core. */
function question(form: HTMLFormElement): Question {
  const data = new FormData(form);
  const text = (name: string): string | null => {
    const value = data.get(name);
    return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
  };
  const number = (name: string): number | null => {
    const value = text(name);
    return value === null ? null : Number(value);
  };
  return {
    from: text("from") ?? "",
    to: text("to") ?? "",
    proto: text("proto"),
    source: text("source"),
    dest: text("dest"),
    sport: number("sport"),
    dport: number("dport"),
    "icmp-type": text("icmp-type"),
    state: states.find((state) => state === text("state")) ?? null,
    mac: text("mac"),
  };
}
