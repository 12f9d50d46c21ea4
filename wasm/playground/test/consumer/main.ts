/** What a user's project with Vite would do with the package. */

import { EditorView } from "@codemirror/view";
import { explain, init, type Check, type Verdict } from "pvefw";
import { pvefw, type Support } from "pvefw/codemirror";
import "pvefw/element";
import { connect, launch, type Remote } from "pvefw/remote";

await init();
const datacenter: Remote = await connect(launch());
const said = document.body.appendChild(document.createElement("output"));
const given: Support = {
  datacenter,
  file: "firewall/cluster.fw",
  onCheck: ({ summary, diagnostics: [first] }: Check) => {
    said.value = `${summary.errors} ${first?.code ?? ""} ${explain(first?.code ?? "") === null ? "" : "explained"}`;
  },
};
new EditorView({ parent: document.body, doc: "[RULES]\nIN HTPS(ACCEPT)\n", extensions: pvefw(given) });
const trace = await datacenter.trace({ from: "outside", to: "host", dport: 8006 }, "pve1");
const verdict: Verdict | null = trace.ok ? trace.value.verdict : null;
document.title = verdict ?? "refused";
