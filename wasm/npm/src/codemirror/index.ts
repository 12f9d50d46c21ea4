/**
 * CodeMirror 6 for the files of the Proxmox VE firewall: colours, findings with fixes, completion, hover, and the way to
 * definitions, also in other files.
 *
 * ```js
 * const datacenter = await connect(launch()); // or, without a worker: await init(), new Datacenter()
 * new EditorView({ parent, doc, extensions: [basicSetup, pvefw({ datacenter, file: "firewall/cluster.fw" })] });
 * ```
 *
 * @module
 */

import { keymap } from "@codemirror/view";
import { lintGutter, lintKeymap } from "@codemirror/lint";
import type { Extension } from "@codemirror/state";

import { completing } from "./complete.js";
import { defining, hovering } from "./hover.js";
import { pvefwLanguage } from "./language.js";
import { linting } from "./lint.js";
import { support, type Support } from "./support.js";
import { highlighting } from "./theme.js";

export { applyEdits } from "./lint.js";
export { completing, defining, highlighting, hovering, linting, pvefwLanguage, support };
export type { Support } from "./support.js";

/** Everything there is for a file of a datacenter. The parts are exported, too, for who wants only some. */
export function pvefw(given: Support): Extension {
  return [
    support.of(given),
    pvefwLanguage(given.file),
    highlighting(),
    linting(),
    lintGutter(),
    completing(),
    hovering(),
    defining(),
    keymap.of(lintKeymap),
  ];
}
