/** Measures what a person waits for: `cargo xtask bench web`. */

import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { Datacenter, init } from "pvefw";
import { pvefw } from "pvefw/codemirror";
import { connect, launch } from "pvefw/remote";

/** Milliseconds of one run each, and how many were made. */
interface Measured {
  readonly median: number;
  readonly worst: number;
  readonly runs: number;
}

function measured(times: readonly number[]): Measured {
  const sorted = times.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, worst: sorted.at(-1) ?? 0, runs: sorted.length };
}

/** A cluster.fw of so many lines: aliases, sets, groups and rules as people write them. */
function cluster(lines: number): string {
  const text = ["[OPTIONS]", "", "enable: 1", "", "[ALIASES]", ""];
  for (let at = 0; at < lines / 10; at += 1) text.push(`host-${at} 10.${at >> 8}.${at & 255}.1 # machine ${at}`);
  for (let set = 0; set < lines / 50; set += 1) {
    text.push("", `[IPSET set-${set}]`, "");
    for (let at = 0; at < 12; at += 1) text.push(`10.${set & 255}.${at}.0/24`);
  }
  text.push("", "[RULES]", "");
  const sets = Math.ceil(lines / 50);
  for (let at = 0; text.length < lines; at += 1) {
    text.push(
      `IN ${at % 3 === 0 ? "SSH(ACCEPT)" : "ACCEPT"} -source ${at % 2 === 0 ? `+set-${at % sets}` : `host-${at % Math.floor(lines / 10)}`}${at % 3 === 0 ? "" : ` -p tcp -dport ${1024 + at}`} # rule ${at}`,
    );
  }
  return text.join("\n");
}

/** From a key to the squiggles, in the worker and back. */
async function typing(): Promise<Measured> {
  const datacenter = await connect(launch());
  let done: (() => void) | undefined;
  const doc = cluster(5000);
  const view = new EditorView({
    parent: document.querySelector("#editor") ?? document.body,
    state: EditorState.create({
      doc,
      extensions: [
        pvefw({ datacenter, file: "firewall/cluster.fw" }),
        // Findings come as a transaction of their own.
        EditorView.updateListener.of((update) => {
          if (!update.docChanged && update.transactions.some(({ effects }) => effects.length > 0)) done?.();
        }),
      ],
    }),
  });
  const shown = (): Promise<void> =>
    new Promise((resolve) => {
      done = resolve;
    });
  await shown();
  const times: number[] = [];
  const place = view.state.doc.line(4000).from + 3;
  for (let run = 0; run < 60; run += 1) {
    const start = performance.now();
    const answer = shown();
    // A letter that makes the line wrong, and away with it again.
    view.dispatch(
      run % 2 === 0
        ? { changes: { from: place, insert: "x" }, userEvent: "input.type" }
        : { changes: { from: place, to: place + 1 }, userEvent: "delete.backward" },
    );
    await answer;
    times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return measured(times.slice(10));
}

/** A thousand guests, from text to rules. */
async function guests(): Promise<Measured> {
  await init();
  const times: number[] = [];
  const files = new Map<string, string>([["firewall/cluster.fw", cluster(400)]]);
  files.set("nodes/pve1/host.fw", "[OPTIONS]\n\nenable: 1\n");
  for (let id = 100; id < 1100; id += 1) {
    const mac = `BC:24:11:00:${(id >> 8).toString(16).padStart(2, "0")}:${(id & 255).toString(16).padStart(2, "0")}`;
    files.set(`nodes/pve1/qemu-server/${id}.conf`, `name: guest-${id}\nnet0: virtio=${mac},bridge=vmbr0,firewall=1\n`);
    files.set(
      `firewall/${id}.fw`,
      `[OPTIONS]\n\nenable: 1\npolicy_in: DROP\n\n[RULES]\n\nIN SSH(ACCEPT) -source +set-${id % 8}\nIN Web(ACCEPT)\nIN ACCEPT -source host-${id % 40} -p tcp -dport ${id}\nOUT DROP -dest 10.0.${id & 255}.0/24\n`,
    );
  }
  for (let run = 0; run < 9; run += 1) {
    const datacenter = new Datacenter();
    const start = performance.now();
    for (const [path, text] of files) datacenter.set(path, text);
    datacenter.check();
    const compiled = datacenter.compile("pve1");
    times.push(performance.now() - start);
    if (!compiled.ok || compiled.value.rules < 4000) throw new Error("nothing was compiled");
    datacenter.free();
  }
  return measured(times);
}

async function all(): Promise<void> {
  const answer = { typing: await typing(), guests: await guests() };
  const box = document.querySelector("#answer");
  if (box !== null) box.textContent = JSON.stringify(answer);
}

all().catch((reason: unknown) => {
  const box = document.querySelector("#answer");
  if (box !== null) box.textContent = JSON.stringify({ error: String(reason) });
});
