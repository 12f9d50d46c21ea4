/** Runs the bench page in Chromium and prints what it measured. */

import { join } from "node:path";

import { browser } from "./chromium.ts";
import { target } from "./page.ts";
import { serve } from "./serve.ts";

interface Measured {
  readonly median: number;
  readonly worst: number;
  readonly runs: number;
}

type Answer = { readonly typing: Measured; readonly guests: Measured } | { readonly error: string };

const goals = { typing: 16, guests: 250 };

const chromium = await browser();
const host = await serve(join(target, "playground/bench"));
try {
  const page = await chromium.context.newPage();
  await page.goto(`${host.address}bench.html`);
  await page.waitForFunction(() => document.querySelector("#answer")?.textContent !== "", null, { timeout: 120_000 });
  const answer = JSON.parse(await page.locator("#answer").innerText()) as Answer;
  if ("error" in answer) throw new Error(answer.error);
  const line = (what: string, { median, worst, runs }: Measured, goal: number): string =>
    `${what}: ${median.toFixed(1)} ms median of ${runs} (worst ${worst.toFixed(1)} ms), goal ${goal} ms\n`;
  process.stdout.write(line("key to findings, cluster.fw of 5,000 lines", answer.typing, goals.typing));
  process.stdout.write(line("1,000 guests set, checked and compiled", answer.guests, goals.guests));
} finally {
  await chromium.close();
  await host.close();
}
