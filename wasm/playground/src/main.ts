/** The page: starts the worker, then shows the files of the link, those of last time, or the example. */

import "./style.css";

import { h, later, prose, words } from "./dom.ts";
import { example } from "./example.ts";
import { offline } from "./offline.ts";
import { page } from "./page.ts";
import { unpack, type Shared } from "./share.ts";
import { start } from "./start.ts";
import { Workspace } from "./workspace.ts";

/** Where the files of last time are kept. */
const kept = "pvefw:files";

async function run(into: HTMLElement): Promise<void> {
  into.replaceChildren(h("p", { class: "loading", role: "status" }, "Loading the rule engine …"));
  const workspace = new Workspace(await start());
  page(workspace, into);
  const opened = await load(workspace);
  workspace.open({ file: opened?.open ?? "firewall/cluster.fw", line: 1 });
  const keep = later(400, () => {
    try {
      localStorage.setItem(kept, JSON.stringify({ files: Object.fromEntries(workspace.files()) } satisfies Shared));
    } catch {
      // Too much for the browser: a zip keeps it.
      localStorage.removeItem(kept);
    }
  });
  workspace.on("text", keep);
  workspace.on("files", keep);
  addEventListener("hashchange", () => void load(workspace, location.hash));
  void offline();
}

/** Fills the workspace. */
async function load(workspace: Workspace, fragment = location.hash): Promise<Shared | null> {
  try {
    const shared = (await unpack(fragment)) ?? remembered();
    if (shared !== null) {
      if (shared.node !== undefined) workspace.node = shared.node;
      await workspace.replace(new Map(Object.entries(shared.files)));
      return shared;
    }
  } catch (reason) {
    workspace.tell("say", `the link can't be read: ${words(reason)}; it may have been cut on its way`);
  }
  await workspace.replace(example);
  return null;
}

function remembered(): Shared | null {
  try {
    const text = localStorage.getItem(kept);
    return text === null ? null : (JSON.parse(text) as Shared);
  } catch {
    return null;
  }
}

function failed(into: HTMLElement, reason: unknown): void {
  const ways = [
    "Reload the page; if the network was away for a moment, that is all.",
    "Opened from a folder (`file://`)? Browsers load no modules from there. Open `pvefw-playground.html` instead, which has all in one file, or serve the folder: `cargo xtask playground`, or any static web server.",
    "Your own server? It has to send the `.wasm` and `.js` files of `assets/`, and where it sets a Content Security Policy, allow `script-src 'self' 'wasm-unsafe-eval'` and `worker-src 'self'`.",
    "A browser from before 2023, or one in which WebAssembly is switched off (Tor, Edge's and Lockdown's strict modes), can't run it.",
  ];
  into.replaceChildren(
    h(
      "main",
      { class: "failed", role: "alert" },
      h("h1", {}, "The rule engine did not start"),
      h("p", {}, prose(words(reason))),
      h("p", {}, "What helps:"),
      h("ul", {}, ...ways.map((way) => h("li", {}, prose(way)))),
      h(
        "button",
        {
          type: "button",
          class: "primary",
          onclick: () => {
            location.reload();
          },
        },
        "Reload",
      ),
    ),
  );
}

const root = document.querySelector<HTMLElement>("#app");
if (root !== null) {
  run(root).catch((reason: unknown) => {
    failed(root, reason);
  });
}
