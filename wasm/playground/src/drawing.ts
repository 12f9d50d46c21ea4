/**
 * The drawing: bridges as lines at the left, with what is plugged into them; at the right an arc for each way, from zone to
 * zone. All names stand upright and in a column, however many there are.
 */

import type { Link, Reach, Zone } from "pvefw";

import { s } from "./dom.ts";
import { key, passes, type View } from "./reach.ts";
import { tone } from "./trace.ts";

const row = 30;
const head = 26;
/** Where names begin, and the room that arcs have at least. */
const left = 26;
const arcs = 90;

interface Laid {
  readonly zone: Zone;
  readonly y: number;
}

interface Group {
  readonly bridge: string | null;
  readonly top: number;
  readonly bottom: number;
  readonly zones: readonly Laid[];
}

/** Draws what reaches what. */
export function drawing(view: View, width: number): SVGElement {
  const { groups, height } = laid(view.reach);
  const names = Math.max(150, Math.min(270, width - arcs - left));
  const right = left + names;
  const at = new Map(groups.flatMap((group) => group.zones.map(({ zone, y }) => [zone.name, y] as const)));
  const shown = view.reach.links.filter((link) => visible(view, link));
  const spread = Math.max(1, ...shown.map((link) => Math.abs((at.get(link.to) ?? 0) - (at.get(link.from) ?? 0))));
  const room = Math.max(40, width - right - 14);
  // What gets through lies on top.
  const ordered = [...shown].sort((a, b) => Number(passes(a)) - Number(passes(b)));
  const label = `What reaches what on ${view.reach.node}: ${shown.filter(passes).map(key).join(", ")}`;
  return s(
    "svg",
    { class: "drawing", width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label },
    s("defs", {}, ...["good", "warn", "bad", "plain"].map(arrow)),
    ...groups.map((group, index) => bridge(group, index)),
    ...groups.flatMap((group) => group.zones.map((place) => zone(view, place, names))),
    s("g", { class: "links" }, ...ordered.map((link) => arc(view, link, at, right, room, spread))),
  );
}

function visible(view: View, link: Link): boolean {
  if (view.focus !== null) return link.from === view.focus || link.to === view.focus;
  return view.all || passes(link) || view.changed.has(key(link));
}

/** Puts zones in their order: the node, then each bridge with its ports and guests. */
function laid(reach: Reach): { groups: readonly Group[]; height: number } {
  const bridges: (string | null)[] = [null, ...reach.bridges];
  let y = 6;
  const groups: Group[] = [];
  for (const name of bridges) {
    const members = reach.zones.filter((zone) => (zone.kind === "host" ? null : zone.bridge) === name);
    if (members.length === 0) continue;
    const top = y;
    y += name === null ? 4 : head;
    const zones = members.map((zone) => {
      const place = { zone, y: y + row / 2 };
      y += row;
      return place;
    });
    groups.push({ bridge: name, top, bottom: y, zones });
    y += 8;
  }
  return { groups, height: y + 4 };
}

function arrow(color: string): SVGElement {
  return s(
    "marker",
    {
      id: `arrow-${color}`,
      class: `arrow ${color}`,
      viewBox: "0 0 8 8",
      refX: 7,
      refY: 4,
      markerWidth: 7,
      markerHeight: 7,
      markerUnits: "userSpaceOnUse",
      orient: "auto",
    },
    s("path", { d: "M0 0.5 L8 4 L0 7.5 Z" }),
  );
}

/** A bridge: a line, with a tap for each zone. */
function bridge(group: Group, index: number): SVGElement {
  if (group.bridge === null) return s("g");
  const last = group.zones.at(-1)?.y ?? group.top;
  return s(
    "g",
    { class: `bridge hue${index % 5}` },
    s("text", { x: 8, y: group.top + 17 }, group.bridge),
    s("line", { x1: 12, x2: 12, y1: group.top + 23, y2: last }),
    ...group.zones.map(({ y }) => s("line", { x1: 12, x2: left, y1: y, y2: y })),
    ...group.zones.map(({ y }) => s("circle", { cx: 12, cy: y, r: 3 })),
  );
}

function zone(view: View, { zone: about, y }: Laid, width: number): SVGElement {
  const pressed = view.focus === about.name;
  const note = describe(about);
  const open = about.kind === "guest" && !about.filtered;
  const look = (): void => {
    view.look(about.name);
  };
  return s(
    "g",
    {
      class: `zone ${about.kind} ${open ? "open" : ""} ${pressed ? "pressed" : ""}`,
      role: "button",
      tabindex: 0,
      "aria-pressed": String(pressed),
      "data-key": `zone ${about.name}`,
      onclick: look,
      onkeydown: (event: KeyboardEvent) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        look();
      },
    },
    s("title", {}, [about.name, note, open ? "not filtered" : ""].filter((part) => part !== "").join("\n")),
    s("rect", { x: left, y: y - row / 2 + 3, width, height: row - 6, rx: 5 }),
    s("text", { class: "name", x: left + 9, y: y + 4 }, about.name),
    s(
      "text",
      { class: "note", x: left + width - 9, y: y + 4, "text-anchor": "end" },
      short(note, (width - 30 - about.name.length * 7.6) / 6.2),
    ),
  );
}

/** What a zone is, beside its name. */
export function describe(zone: Zone): string {
  if (zone.kind === "host") return ["this node", ...zone.addresses.slice(0, 1)].join(" · ");
  if (zone.kind === "port") return `what comes in by ${zone.port}`;
  const parts = [zone.title, zone.filtered ? null : "unfiltered", zone.addresses[0]?.replace(/\/\d+$/, "")];
  return parts.filter((part) => part !== null && part !== undefined).join(" · ");
}

function short(text: string, most: number): string {
  const length = Math.max(0, Math.floor(most));
  return text.length <= length ? text : length < 3 ? "" : `${text.slice(0, length - 1)}…`;
}

function arc(
  view: View,
  link: Link,
  at: ReadonlyMap<string, number>,
  x: number,
  room: number,
  spread: number,
): SVGElement {
  const [from, to] = [at.get(link.from) ?? 0, at.get(link.to) ?? 0];
  // The two directions between two zones run beside each other.
  const shift = to > from ? 4 : -4;
  const [y1, y2] = [from + shift, to - shift];
  const distance = Math.abs(y2 - y1);
  const bulge = Math.min(room, 16 + ((room - 16) * distance) / spread) * 1.3;
  const path = `M${x + 2} ${y1} C${x + bulge} ${y1} ${x + bulge} ${y2} ${x + 3} ${y2}`;
  const color = tone(link.verdict);
  const name = key(link);
  const enter = (): void => {
    view.point(link);
  };
  const leave = (): void => {
    view.point(null);
  };
  return s(
    "g",
    {
      class: `link ${color} ${link.verdict.startsWith("MAY") ? "may" : ""} ${view.changed.has(name) ? "changed" : ""}`,
      "data-from": link.from,
      "data-to": link.to,
      "data-verdict": link.verdict,
      onpointerenter: enter,
      onpointerleave: leave,
      onclick: () => {
        view.choose(link);
      },
    },
    s("title", {}, `${name}: ${link.verdict}${link.by === null ? "" : `, ${link.by.file}:${link.by.line}`}`),
    s("path", { class: "hit", d: path }),
    s("path", { class: "stroke", d: path, "marker-end": `url(#arrow-${color})` }),
  );
}
