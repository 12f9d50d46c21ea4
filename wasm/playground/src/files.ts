/** A ROOT comes in and goes out: as files, as a folder, or as a zip. */

import { strFromU8, strToU8, unzip, zip } from "fflate";

/** Larger files are none of the firewall's. */
const largest = 50 * 1024 * 1024;

/** What the firewall reads, and what we read beside it. The core has the last word. */
const wanted =
  /^(?:firewall\/(?:cluster|\d+)\.fw|nodes\/[^/]+\/(?:host\.fw|(?:qemu-server|lxc)\/\d+\.conf)|sdn\/firewall\/[^/]+\.fw|corosync\.conf|tests\.toml|facts\.json)$/;

/** The end of a path that looks like one of a ROOT, whatever folders stand in front of it. */
export function inside(path: string): string | null {
  const parts = path
    .replaceAll("\\", "/")
    .split("/")
    .filter((part) => part !== "" && part !== ".");
  for (let start = 0; start < parts.length; start += 1) {
    const rest = parts.slice(start).join("/");
    if (wanted.test(rest)) return rest;
  }
  // A file alone, without its folders.
  const name = parts.at(-1) ?? "";
  return parts.length === 1 && /^(?:cluster|\d+)\.fw$/.test(name) ? `firewall/${name}` : null;
}

/** The files of a ROOT among others, by their paths. */
export async function read(files: Iterable<File>): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const file of files) {
    if (file.size > largest) continue;
    if (/\.zip$/i.test(file.name)) {
      for (const [path, text] of await unpacked(file)) found.set(path, text);
      continue;
    }
    const path = inside(file.webkitRelativePath === "" ? file.name : file.webkitRelativePath);
    if (path !== null) found.set(path, await file.text());
  }
  return found;
}

async function unpacked(file: File): Promise<Map<string, string>> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const filter = (entry: { name: string; originalSize: number }): boolean =>
    inside(entry.name) !== null && entry.originalSize <= largest;
  const entries = await new Promise<Record<string, Uint8Array>>((resolve, reject) => {
    unzip(bytes, { filter }, (error, data) => {
      if (error === null) resolve(data);
      else reject(new Error(`\`${file.name}\` can't be unpacked: ${error.message}`));
    });
  });
  const texts = Object.entries(entries).map(([name, data]) => [inside(name) ?? name, strFromU8(data)] as const);
  return new Map(texts);
}

/** All files as a zip. */
export function zipped(files: ReadonlyMap<string, string>): Promise<Blob> {
  const entries = Object.fromEntries([...files].map(([path, text]) => [path, strToU8(text)]));
  return new Promise((resolve, reject) => {
    zip(entries, { level: 9 }, (error, data) => {
      if (error === null) resolve(new Blob([data], { type: "application/zip" }));
      else reject(error);
    });
  });
}

/** Hands a file to the person. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, 10_000);
}

/** What only some browsers have. */
interface Picker {
  showDirectoryPicker?: (options: { mode: "readwrite" }) => Promise<FileSystemDirectoryHandle>;
}

/** Whether files can be written into a folder. */
export function canWrite(): boolean {
  return (globalThis as Picker).showDirectoryPicker !== undefined;
}

/** Writes all files below a folder that the person chooses. Nothing is removed there. Its name. */
export async function write(files: ReadonlyMap<string, string>): Promise<string | null> {
  const root = await (globalThis as Picker).showDirectoryPicker?.({ mode: "readwrite" });
  if (root === undefined) return null;
  for (const [path, text] of files) {
    const parts = path.split("/");
    const name = parts.pop() ?? path;
    let folder = root;
    for (const part of parts) folder = await folder.getDirectoryHandle(part, { create: true });
    const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
    await stream.write(text);
    await stream.close();
  }
  return root.name;
}
