/** Files and folders can be dropped on the page. */

import { take } from "./dialogs.ts";
import { words } from "./dom.ts";
import { read } from "./files.ts";
import type { Workspace } from "./workspace.ts";

/** Files may be dropped anywhere. */
export function dropping(workspace: Workspace): void {
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files") === true) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const items = [...(event.dataTransfer?.items ?? [])];
    if (items.every((item) => item.kind !== "file")) return;
    event.preventDefault();
    const entries = items.map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
    const work = async (): Promise<void> => {
      const files = (await Promise.all(entries.map((entry) => below(entry, "")))).flat();
      await take(workspace, await read(files));
    };
    work().catch((reason: unknown) => {
      workspace.tell("say", words(reason));
    });
  });
}

/** All files of what was dropped, with their folders in their paths. */
async function below(entry: FileSystemEntry, above: string): Promise<File[]> {
  const path = above === "" ? entry.name : `${above}/${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    Object.defineProperty(file, "webkitRelativePath", { value: above === "" ? "" : path });
    return [file];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: File[] = [];
  for (;;) {
    // It gives some at a time, and none at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return found;
    found.push(...(await Promise.all(some.map((inner) => below(inner, path)))).flat());
  }
}
