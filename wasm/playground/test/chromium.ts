/** Starts Debian's Chromium, each time with a fresh profile. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium, type BrowserContext } from "playwright-core";

/** A browser with nothing in it, and how to end it. */
export interface Browser {
  readonly context: BrowserContext;
  readonly close: () => Promise<void>;
}

const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts it. `PVEFW_CHROMIUM` names another one. */
export async function browser(options: Parameters<typeof chromium.launchPersistentContext>[1] = {}): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), "pvefw-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.PVEFW_CHROMIUM ?? "/usr/bin/chromium",
    args: quiet,
    viewport: { width: 1440, height: 900 },
    ...options,
  });
  // Nothing here measures time: a machine that does other things at once is waited for.
  context.setDefaultTimeout(120_000);
  const close = async (): Promise<void> => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { context, close };
}
