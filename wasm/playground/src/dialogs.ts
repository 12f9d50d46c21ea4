/** What opens above the page: import, export, sharing, the keys. */

import { count, h, prose, words } from "./dom.ts";
import { example } from "./example.ts";
import { canWrite, download, read, write, zipped } from "./files.ts";
import { longest, pack, type Shared } from "./share.ts";
import type { Workspace } from "./workspace.ts";

/** A dialog that is made when it is opened, and gone when it is closed. */
function open(title: string, ...content: (Node | string)[]): HTMLDialogElement {
  const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, h("h2", { id: "dialog-title" }, title), ...content);
  dialog.addEventListener("close", () => {
    dialog.remove();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

function button(label: string, work: () => unknown, style = "plain"): HTMLElement {
  return h("button", { type: "button", class: style, onclick: () => void work() }, label);
}

/** Takes files in the place of all that there are, and tells what came of it. */
export async function take(workspace: Workspace, files: ReadonlyMap<string, string>): Promise<void> {
  if (files.size === 0) {
    workspace.tell(
      "say",
      "there is no file of a ROOT among them: firewall/cluster.fw, firewall/<vmid>.fw, nodes/<node>/host.fw, …",
    );
    return;
  }
  const refused = await workspace.replace(files);
  const left = refused.length === 0 ? "" : `; left out: ${refused.join(", ")}`;
  workspace.tell("say", `${count(files.size - refused.length, "file")} opened${left}`);
}

/** Where files come from. */
export function importing(workspace: Workspace): void {
  const picked = async (input: HTMLInputElement): Promise<void> => {
    dialog.close();
    try {
      await take(workspace, await read(input.files ?? []));
    } catch (reason) {
      workspace.tell("say", words(reason));
    }
  };
  const choose = (attributes: Record<string, string | boolean>): void => {
    const input = h("input", { type: "file", multiple: true, hidden: true, ...attributes });
    input.addEventListener("change", () => void picked(input));
    dialog.append(input);
    input.click();
  };
  const dialog = open(
    "Open a configuration",
    h(
      "p",
      {},
      prose(
        "A ROOT is the content of `/etc/pve`: `firewall/`, `nodes/` and so on. It takes the place of the files here. Everything stays in this browser.",
      ),
    ),
    h(
      "div",
      { class: "actions" },
      button(
        "Folder …",
        () => {
          choose({ webkitdirectory: true });
        },
        "primary",
      ),
      button("Files or zip …", () => {
        choose({ accept: ".fw,.conf,.toml,.json,.zip" });
      }),
      button("The example", () => {
        dialog.close();
        return take(workspace, example);
      }),
      button("Nothing", () => {
        dialog.close();
        return take(workspace, new Map([["firewall/cluster.fw", "[OPTIONS]\n\nenable: 1\n\n[RULES]\n\n"]]));
      }),
      button("Cancel", () => {
        dialog.close();
      }),
    ),
    h("p", { class: "soft" }, "Files and folders can be dropped on the page, too."),
  );
}

/** Where files go. */
export function exporting(workspace: Workspace): void {
  const save = async (): Promise<void> => {
    dialog.close();
    try {
      const name = await write(workspace.files());
      if (name !== null) workspace.tell("say", `${count(workspace.files().size, "file")} written to ${name}`);
    } catch (reason) {
      // Closing the browser's own dialog is no mistake.
      if (!(reason instanceof DOMException && reason.name === "AbortError")) workspace.tell("say", words(reason));
    }
  };
  const file = workspace.cursor.file;
  const dialog = open(
    "Save the configuration",
    h("p", {}, `${count(workspace.files().size, "file")}, as they are here.`),
    h(
      "div",
      { class: "actions" },
      button(
        "Zip",
        async () => {
          dialog.close();
          download(await zipped(workspace.files()), "pve-firewall.zip");
        },
        "primary",
      ),
      ...(canWrite() ? [button("Into a folder …", save)] : []),
      button(`Only ${file}`, () => {
        dialog.close();
        download(new Blob([workspace.text(file) ?? ""], { type: "text/plain" }), file.split("/").pop() ?? file);
      }),
      button("Cancel", () => {
        dialog.close();
      }),
    ),
  );
}

/** A link that holds everything. */
export async function sharing(workspace: Workspace): Promise<void> {
  const shared: Shared = {
    files: Object.fromEntries(workspace.files()),
    open: workspace.cursor.file,
    ...(workspace.node === undefined ? {} : { node: workspace.node }),
  };
  const fragment = await pack(shared);
  history.replaceState(null, "", fragment);
  const address = location.href;
  const field = h("input", { readonly: true, value: address, "aria-label": "Link", style: "width: 100%" });
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(address);
      done.textContent = "Copied.";
    } catch {
      field.select();
      done.textContent = "Press Ctrl+C to copy it.";
    }
  };
  const done = h("p", { role: "status", class: "soft" });
  const long = address.length > longest;
  const dialog = open(
    "Share by link",
    h(
      "p",
      {},
      prose(
        "The files are in the link itself, behind the `#`, which browsers send to nobody. Whoever has the link has the files.",
      ),
    ),
    field,
    h(
      "p",
      { class: "soft" },
      `${address.length.toLocaleString("en")} letters${long ? ". That is long: some programs cut such links; a zip is safer." : ""}`,
    ),
    done,
    h(
      "div",
      { class: "actions" },
      button("Copy", copy, "primary"),
      button("Close", () => {
        dialog.close();
      }),
    ),
  );
}

const keys: readonly (readonly [string, string])[] = [
  ["Ctrl+Space", "propose what could stand here"],
  ["F8 / Shift+F8", "next and previous problem in this file"],
  ["Ctrl+.", "apply the first fix at the cursor"],
  ["F12, Ctrl+click", "go to the definition of an alias, set or group"],
  ["Alt+Shift+F", "put the file into the usual layout"],
  ["Ctrl+F", "find; Ctrl+Alt+G goes to a line"],
  ["Alt+1 … Alt+4", "reach, packet, rules, tests"],
  ["Alt+0, Alt+E, Alt+M", "files, editor, problems"],
  ["Alt+←", "back to where one was before the last jump"],
  ["Escape, then Tab", "leave the editor"],
  ["arrows", "in the files, the table, the steps of a packet, and on the bars between panes"],
];

/** What the keys do. */
export function help(): void {
  const rows = keys.flatMap(([key, what]) => [
    h("dt", {}, ...key.split(", ").flatMap((name, at) => [at > 0 && ", ", h("kbd", {}, name)])),
    h("dd", {}, what),
  ]);
  const dialog = open(
    "Keys",
    h("dl", {}, ...rows),
    h(
      "div",
      { class: "actions" },
      button(
        "Close",
        () => {
          dialog.close();
        },
        "primary",
      ),
    ),
  );
}

/** Adds a file. */
export function adding(workspace: Workspace): void {
  const field = h("input", { value: "firewall/", "aria-label": "Path", style: "width: 100%", spellcheck: "false" });
  const why = h(
    "p",
    { class: "soft", role: "alert" },
    prose("`firewall/103.fw`, `nodes/pve1/qemu-server/103.conf`, `sdn/firewall/vnet0.fw`, …"),
  );
  const add = async (): Promise<void> => {
    const path = field.value.trim();
    const refused =
      workspace.text(path) === undefined ? await workspace.put(path, path.endsWith(".json") ? "{}\n" : "") : null;
    if (refused !== null) {
      why.replaceChildren(prose(refused));
      return;
    }
    dialog.close();
    workspace.open({ file: path, line: 1 });
  };
  const form = h(
    "form",
    { method: "dialog" },
    field,
    why,
    h(
      "div",
      { class: "actions" },
      h("button", { class: "primary" }, "Add"),
      button("Cancel", () => {
        dialog.close();
      }),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void add();
  });
  const dialog = open("Add a file", form);
  field.setSelectionRange(field.value.length, field.value.length);
}

/** Removes a file, once that was confirmed: the history of the editor goes with it. */
export function removing(workspace: Workspace, file: string): void {
  const remove = async (): Promise<void> => {
    dialog.close();
    await workspace.remove(file);
  };
  const dialog = open(
    "Remove a file",
    h("p", {}, prose(`\`${file}\` can't be brought back. On the node nothing changes.`)),
    h(
      "div",
      { class: "actions" },
      button("Remove", remove, "primary"),
      button("Cancel", () => {
        dialog.close();
      }),
    ),
  );
}
