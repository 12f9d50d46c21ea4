/** The packed package, as users have it: in a project with Vite, and with one script tag. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";

import { browser, type Browser } from "./chromium.ts";
import { comes, picture, target } from "./page.ts";
import { serve } from "./serve.ts";

const run = promisify(execFile);
/** Below our own `node_modules`, where Vite and CodeMirror are found. */
const project = resolve("node_modules/.pvefw-consumer");
const npm = resolve("../npm");

let chromium: Browser;

before(async () => {
  const { version } = JSON.parse(await readFile(join(target, "npm/package/package.json"), "utf8")) as {
    version: string;
  };
  await rm(project, { recursive: true, force: true });
  await mkdir(join(project, "node_modules/pvefw"), { recursive: true });
  await cp("test/consumer", project, { recursive: true });
  const tarball = resolve(join(target, `npm/pvefw-${version}.tgz`));
  await run("tar", ["-xzf", tarball, "-C", join(project, "node_modules/pvefw"), "--strip-components=1"]);
  chromium = await browser();
});

after(async () => {
  await chromium.close();
});

describe("the packed package", () => {
  it("has types that a strict project takes", async () => {
    await run(join(npm, "node_modules/.bin/tsc"), ["-p", project]);
  });

  it("is built by Vite into a page that works", async () => {
    await run("node_modules/.bin/vite", ["build", project, "--logLevel", "warn"]);
    const host = await serve(join(project, "dist"));
    try {
      const page = await chromium.context.newPage();
      await page.goto(host.address);
      await page.locator("output", { hasText: "1 unknown-macro explained" }).waitFor();
      await page.locator(".cm-lintRange-error").waitFor();
      assert.notEqual(await page.title(), "loading");
    } finally {
      await host.close();
    }
  });

  it("is an element beside a textarea, as its README shows", async () => {
    const readme = await readFile(join(npm, "README.md"), "utf8");
    const example = /```html\n(<!doctype html>.*?)\n```/s.exec(readme)?.[1];
    assert.ok(example !== undefined);
    const folder = join(project, "element");
    await mkdir(folder, { recursive: true });
    await cp(join(project, "node_modules/pvefw"), join(folder, "pvefw"), { recursive: true });
    await writeFile(join(folder, "index.html"), example);
    const host = await serve(folder, {}, "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'");
    try {
      const page = await chromium.context.newPage();
      await page.goto(host.address);
      await page.locator("output", { hasText: "1 errors" }).waitFor();
      assert.ok(await page.locator("textarea").isHidden());
      await page.locator("pvefw-editor .cm-lintRange-error").waitFor();
      await picture(page, "element");
      await page.locator("pvefw-editor .cm-content").click();
      await page.keyboard.press("Control+End");
      await page.keyboard.type("IN SHH(ACCEPT)");
      await page.locator("output", { hasText: "2 errors" }).waitFor();
      await comes(async () => page.locator("textarea").inputValue(), /IN SHH\(ACCEPT\)/);
    } finally {
      await host.close();
    }
  });
});
