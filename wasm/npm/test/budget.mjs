/**
 * Holds the packed package to `budget.json`: bytes after brotli, which is what a browser loads. A compiler that comes with
 * its library (rustup's) makes a larger module than one that builds its own.
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

const budget = JSON.parse(readFileSync(process.argv[2], "utf8"));
const byRustup = process.argv[3] === "rustup";
const dist = new URL(".", import.meta.resolve("pvefw"));
let over = false;
for (const [name, { most: usual, mostByRustup, goal, files }] of Object.entries(budget)) {
  const most = byRustup ? (mostByRustup ?? usual) : usual;
  const sizes = files.map((file) => brotliCompressSync(readFileSync(fileURLToPath(new URL(file, dist)))).length);
  const size = sizes.reduce((sum, size) => sum + size, 0);
  const far = size > goal ? `, ${size - goal} above the goal of ${goal}` : "";
  const state = (size > most ? "TOO LARGE" : "fits") + far;
  process.stdout.write(`${name}: ${size} bytes of at most ${most} (brotli): ${state}\n`);
  files.forEach((file, at) => process.stdout.write(`    ${file} ${sizes[at]}\n`));
  over ||= size > most;
}
process.exitCode = over ? 1 : 0;
