/** What the lines become: the rules of the line under the cursor, or all of a chain with the lines they were made from. */

import type { Compiled, CompiledRule, FromLine } from "pvefw";

import { count, h, prose } from "./dom.ts";
import { made, tone } from "./trace.ts";
import type { Workspace } from "./workspace.ts";

/** No longer list than this is drawn at once. */
const most = 400;

/** The panel of compiled rules. */
export function rules(workspace: Workspace): { element: HTMLElement; refresh: () => void } {
  const chosen = h("select", { class: "plain", "aria-label": "Which rules" });
  const body = h("div", { class: "ruleset" });
  const summary = h("span", { class: "soft" });
  const element = h("div", {}, h("div", { class: "controls" }, chosen, summary), body);

  let round = 0;
  const refresh = async (): Promise<void> => {
    if (!element.checkVisibility()) return;
    const mine = ++round;
    const compiled = await workspace.datacenter.compile(workspace.node);
    if (mine !== round) return;
    if (!compiled.ok) {
      body.replaceChildren(h("p", { class: "refused" }, prose(compiled.error)));
      return;
    }
    choices(chosen, compiled.value);
    summary.textContent = `${workspace.node ?? ""}: ${count(compiled.value.rules, "rule")}, ${count(compiled.value.sets.length, "set")}`;
    const drawn = await draw(compiled.value);
    if (mine === round) body.replaceChildren(...drawn);
    mark();
  };
  const draw = async (compiled: Compiled): Promise<readonly HTMLElement[]> => {
    if (!compiled.enabled)
      return [h("p", { class: "empty" }, "The firewall is off: `enable: 0` in cluster.fw. Nothing is loaded.")];
    if (chosen.value === "") {
      const { file, line } = workspace.cursor;
      const found = await workspace.datacenter.fromLine(file, line, workspace.node);
      return found.ok ? ofLine(found.value, file, line) : [h("p", { class: "empty" }, prose(found.error))];
    }
    const [what, tool, table, name] = chosen.value.split(" ");
    if (what === "set") return ofSet(tool ?? "");
    const query = { tool: tool as CompiledRule["tool"], table: table ?? null, chain: name ?? null };
    const found = await workspace.datacenter.rules(query, workspace.node);
    return found.ok ? list(found.value, false) : [h("p", { class: "empty" }, prose(found.error))];
  };

  function ofLine({ rules: found, members }: FromLine, file: string, line: number): readonly HTMLElement[] {
    const title = h("h3", {}, h("code", {}, `${file}:${line}`), ` makes ${count(found.length, "rule")}`);
    if (members.length > 0) title.append(` and ${count(members.length, "set line")}`);
    const sets = members.map((member) => h("li", { class: "made" }, h("code", {}, member.text)));
    const nothing = found.length + members.length === 0;
    if (nothing)
      return [title, h("p", { class: "empty" }, "Nothing on this node: a comment, an option, or a line for others.")];
    return [title, ...list(found, true), h("ul", {}, ...sets)];
  }

  async function ofSet(name: string): Promise<readonly HTMLElement[]> {
    const found = await workspace.datacenter.members(name, workspace.node);
    if (!found.ok) return [h("p", { class: "empty" }, prose(found.error))];
    const rows = [{ text: found.value.create, at: found.value.at }, ...found.value.members];
    return [
      h(
        "ol",
        {},
        ...rows.slice(0, most).map(({ text, at }) => row(text, at === null ? "" : `${at.file}:${at.line}`, at)),
      ),
    ];
  }

  /** Rules under the names of their chains. */
  function list(found: readonly CompiledRule[], headed: boolean): readonly HTMLElement[] {
    const parts: HTMLElement[] = [];
    let chain = "";
    let rows = h("ol");
    for (const rule of found.slice(0, most)) {
      const here = `${rule.tool} ${rule.table} ${rule.chain}`;
      if (here !== chain) {
        chain = here;
        rows = h("ol");
        if (headed) parts.push(h("h4", {}, h("span", { class: "soft" }, `${rule.tool} ${rule.table} `), rule.chain));
        parts.push(rows);
      }
      rows.append(row(rule.rule.replace(/^-A \S+ ?/, ""), headed ? "" : made(rule), rule.at));
    }
    if (found.length > most)
      parts.push(h("p", { class: "empty" }, `and ${count(found.length - most, "more rule", "more rules")}`));
    return parts;
  }

  function row(text: string, from: string, at: CompiledRule["at"]): HTMLElement {
    const target = / -[jg] (\S+)/.exec(` ${text}`)?.[1] ?? "";
    const content = [h("code", { class: tone(target) }, text), from !== "" && h("span", { class: "from" }, from)];
    if (at === null) return h("li", { class: "made" }, ...content);
    const open = (): void => {
      workspace.open(at);
    };
    const button = h(
      "button",
      { type: "button", class: "made", title: `show ${at.file}:${at.line}`, onclick: open },
      ...content,
    );
    button.dataset.at = `${at.file}:${at.line}`;
    return h("li", {}, button);
  }

  /** Marks the rules of the line under the cursor. */
  const mark = (): void => {
    const here = `${workspace.cursor.file}:${workspace.cursor.line}`;
    let first: Element | undefined;
    for (const button of body.querySelectorAll<HTMLElement>("button.made")) {
      const chosenHere = chosen.value !== "" && button.dataset.at === here;
      button.classList.toggle("here", chosenHere);
      if (chosenHere) first ??= button;
    }
    if (!body.contains(document.activeElement)) first?.scrollIntoView({ block: "nearest" });
  };
  chosen.addEventListener("change", () => void refresh());
  workspace.on("settled", () => void refresh());
  workspace.on("cursor", () => {
    if (chosen.value === "") void refresh();
    else mark();
  });
  return { element, refresh: () => void refresh() };
}

/** Keeps the list of chains up to date, and what is chosen where it still is. */
function choices(select: HTMLSelectElement, compiled: Compiled): void {
  const before = select.value;
  const groups = new Map<string, HTMLElement[]>();
  for (const { tool, table, chain, rules: number } of compiled.chains) {
    const group = `${tool} ${table}`;
    const option = h("option", { value: `chain ${tool} ${table} ${chain}` }, `${chain} (${number})`);
    groups.set(group, [...(groups.get(group) ?? []), option]);
  }
  const sets = compiled.sets.map(({ name, members }) => h("option", { value: `set ${name}` }, `${name} (${members})`));
  if (sets.length > 0) groups.set("ipset", sets);
  select.replaceChildren(
    h("option", { value: "" }, "of the line under the cursor"),
    ...[...groups].map(([label, options]) => h("optgroup", { label }, ...options)),
  );
  select.value = before;
  if (select.selectedIndex < 0) select.value = "";
}
