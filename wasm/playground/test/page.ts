/** What the tests do to the page. */

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import type { BrowserContext, Locator, Page } from "playwright-core";

/** Where the builds are, and where pictures go. */
export const target = process.env.PVEFW_TARGET ?? "../../target";
export const site = join(target, "playground/site");

/** A page that is ready. Whatever it complains about makes the test fail. */
export async function opened(context: BrowserContext, address: string): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => {
    assert.fail(`the page threw: ${error.message}`);
  });
  await page.goto(address);
  await page.locator(".problem .what").first().waitFor();
  return page;
}

/** Shows a file. */
export async function show(page: Page, path: string): Promise<void> {
  await page.locator(`.tree [data-path="${path}"] > .row`).click();
  await page.locator(`.cm-content[aria-label="Editor of ${path}"]`).waitFor();
}

/** Puts the cursor at the end of the first line that has a text. The editor draws only lines in sight, so it is searched. */
export async function endOf(page: Page, text: string): Promise<void> {
  await page.locator(".cm-content").focus();
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("Control+f");
  await page.locator(".cm-search [name=search]").press("Control+a");
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await page.locator(".cm-activeLine", { hasText: text }).waitFor();
  await page.keyboard.press("End");
}

/** Takes a picture. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = join(target, "playground/pictures");
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Waits until what `read` tells matches; the page may still be working on it. Fails with what it told last. */
export async function comes(read: () => Promise<string | null>, pattern: RegExp, within = 60_000): Promise<void> {
  const end = Date.now() + within;
  let told = (await read()) ?? "";
  while (!pattern.test(told) && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    told = (await read()) ?? "";
  }
  assert.match(told, pattern);
}

/** Waits until a place shows a text. */
export async function shows(place: Locator, pattern: RegExp): Promise<void> {
  await comes(async () => place.innerText(), pattern);
}
