/** The page. */

import "./style.css";

import { connect, launch } from "pvefw/remote";

import { h, prose, words } from "./dom.ts";
import { example } from "./example.ts";
import { page } from "./page.ts";
import { Workspace } from "./workspace.ts";

const root = document.querySelector<HTMLElement>("#app");

async function start(into: HTMLElement): Promise<void> {
  into.replaceChildren(h("p", { class: "loading", role: "status" }, "Loading the rule engine …"));
  const workspace = new Workspace(await connect(launch()));
  page(workspace, into);
  await workspace.replace(example);
}

function failed(into: HTMLElement, reason: unknown): void {
  into.replaceChildren(h("main", { class: "failed", role: "alert" }, h("h1", {}, "The rule engine did not start"), h("p", {}, prose(words(reason)))));
}

if (root !== null) start(root).catch((reason: unknown) => { failed(root, reason); });
