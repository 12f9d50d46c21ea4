/** Proposals while typing. */

import {
  autocompletion,
  pickedCompletion,
  startCompletion,
  type Completion as Proposal,
  type CompletionContext,
  type CompletionResult,
} from "@codemirror/autocomplete";
import type { Extension } from "@codemirror/state";

import type { Completion, CompletionKind } from "../types.js";
import { words } from "./lint.js";
import { support } from "./support.js";

/** CodeMirror's icon for each kind. */
const icons: Readonly<Record<CompletionKind, string>> = {
  section: "namespace",
  option: "property",
  value: "constant",
  direction: "keyword",
  action: "keyword",
  macro: "function",
  "rule-option": "keyword",
  alias: "variable",
  set: "variable",
  group: "class",
  interface: "interface",
  protocol: "type",
  service: "constant",
  "icmp-type": "constant",
  "log-level": "enum",
};

/** Completion from the datacenter. */
export function completing(): Extension {
  return autocompletion({ override: [propose], icons: true, interactionDelay: 40 });
}

async function propose(context: CompletionContext): Promise<CompletionResult | null> {
  const given = context.state.facet(support);
  if (given === null) return null;
  // Unasked, only where a word has begun: a list at every blank is in the way.
  const word = context.matchBefore(/[\w+\-/([|.]+$/);
  if (!context.explicit && word === null) return null;
  // The datacenter may not have seen the last key yet.
  const [, found] = await Promise.all([
    given.datacenter.set(given.file, context.state.doc.toString()),
    given.datacenter.complete(given.file, context.pos),
  ]);
  if (found === null || context.aborted) return null;
  const options = found.items.map((item, index) => proposal(item, found.items.length - index));
  return { from: found.from, to: found.to, options, validFor: /^[\w+\-/.]*$/ };
}

function proposal(item: Completion, place: number): Proposal {
  const documentation = item.documentation;
  return {
    label: item.label,
    detail: item.detail,
    type: icons[item.kind],
    // The order of the core, where what is written fits equally well.
    boost: Math.min(99, place / 10),
    ...(documentation === "" ? {} : { info: () => words(documentation, "p") }),
    apply: (view, picked, from, to) => {
      const behind = view.state.sliceDoc(to, to + 1);
      // A blank that follows is there already.
      const insert = item.insert.endsWith(" ") && behind === " " ? item.insert.slice(0, -1) : item.insert;
      const anchor = from + item.insert.length;
      view.dispatch({
        changes: { from, to, insert },
        selection: { anchor: Math.min(anchor, view.state.doc.length + insert.length - (to - from)) },
        annotations: pickedCompletion.of(picked),
        userEvent: "input.complete",
      });
      if (item.more) startCompletion(view);
    },
  };
}
