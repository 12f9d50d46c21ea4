/** The built playground, used as a person would. */

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import type { Page } from "playwright-core";

import { browser, type Browser } from "./chromium.ts";
import { comes, endOf, opened, picture, show, shows, site, target } from "./page.ts";
import { serve, type Site } from "./serve.ts";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

let chromium: Browser;
let host: Site;
let page: Page;

before(async () => {
  chromium = await browser();
  host = await serve(site);
});

after(async () => {
  await chromium.close();
  await host.close();
});

/** Findings of axe-core that matter, in words. */
async function axed(about: Page): Promise<readonly string[]> {
  await about.addScriptTag({ path: axe }).catch(async () => about.evaluate(await source()));
  const found = await about.evaluate(async () => {
    const { violations } = await (
      globalThis as unknown as { axe: { run: () => Promise<{ violations: Violation[] }> } }
    ).axe.run();
    return violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      where: nodes.map((node) => node.target.join(" ")).join(", "),
    }));
  });
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, where }) => `${id}: ${where}`);
}

interface Violation {
  id: string;
  impact: string;
  nodes: { target: string[] }[];
}

async function source(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(axe, "utf8");
}

describe("the playground", () => {
  before(async () => {
    page = await opened(chromium.context, host.address);
  });

  it("shows the example: files, problems and ways", async () => {
    await shows(page.locator(".tree [data-path='firewall/100.fw']"), /^100\.fw\nshop-web\n1$/);
    await page.locator(".link").first().waitFor({ state: "attached" });
    // Never the drawing of a datacenter that is half loaded.
    assert.ok((await page.locator(".zone").count()) >= 6);
    await picture(page, "start-light");
  });

  it("shows an error under the caret, and fixes it", async () => {
    await show(page, "firewall/cluster.fw");
    await endOf(page, "IN Ping(ACCEPT) -source +office");
    await page.keyboard.type("\nIN SHH(ACCEPT)");
    await page.keyboard.press("Escape");
    await page.locator(".cm-lintRange-error").waitFor();
    await shows(page.locator(".problems"), /SHH/);
    await page.locator(".cm-lintRange-error").first().hover();
    await page.locator(".cm-tooltip-lint").waitFor();
    await picture(page, "error");
    await page.locator(".cm-diagnosticAction").first().click();
    await page.locator(".cm-lintRange-error").waitFor({ state: "detached" });
    await shows(page.locator(".cm-content"), /IN SSH\(ACCEPT\)\n/);
  });

  it("proposes what could stand at the cursor", async () => {
    await endOf(page, "IN SSH(ACCEPT) -source +office -log info");
    await page.keyboard.type("\nIN Ceph");
    await page.locator(".cm-tooltip-autocomplete li", { hasText: "Ceph" }).first().waitFor();
    await picture(page, "completion");
    // By mouse: for a moment after the list was opened, keys still belong to the text.
    await page.locator(".cm-tooltip-autocomplete li", { hasText: "Ceph" }).first().click();
    await shows(page.locator(".cm-content"), /IN Ceph\(/);
    // How much goes back at once depends on how fast it was typed; in front of the beginning there is nothing.
    for (let times = 0; times < 40; times += 1) await page.keyboard.press("Control+z");
    await comes(
      async () => String(/IN (C|SS?H?H\(ACCEPT\)\n)/.test(await page.locator(".cm-content").innerText())),
      /^false$/,
    );
  });

  it("tells what a word means, and goes to where it is defined", async () => {
    await show(page, "firewall/200.fw");
    const set = page.locator(".cm-line", { hasText: "IN Squid" }).locator("span", { hasText: "+office" });
    await set.hover();
    await page.locator(".pvefw-hover").waitFor();
    await picture(page, "hover");
    await set.click();
    await page.keyboard.press("F12");
    await page.locator('.cm-content[aria-label="Editor of firewall/cluster.fw"]').waitFor();
    await shows(page.locator(".cm-activeLine"), /\[IPSET office\]/);
    await page.keyboard.press("Alt+ArrowLeft");
    await page.locator('.cm-content[aria-label="Editor of firewall/200.fw"]').waitFor();
  });

  it("traces a packet, and jumps to the line that decides", async () => {
    await page.getByRole("tab", { name: "Packet" }).click();
    await page.locator("[name=from]").fill("outside");
    await page.locator("[name=to]").fill("ct200");
    await page.locator("[name=dport]").fill("3128");
    await page.locator("[name=source]").fill("192.168.20.15");
    await page.locator("[name=dest]").fill("198.51.100.20");
    await page.getByRole("button", { name: "Trace" }).click();
    await page.locator(".verdict strong", { hasText: "ACCEPT" }).waitFor();
    await picture(page, "trace");
    await page.locator(".step", { hasText: "firewall/200.fw:13" }).first().click();
    await shows(page.locator(".cm-activeLine"), /IN Squid\(ACCEPT\)/);
  });

  it("shows the rules of the line under the cursor, and the line of a rule", async () => {
    await page.getByRole("tab", { name: "Rules" }).click();
    await page.locator(".ruleset h3", { hasText: "firewall/200.fw:13" }).waitFor();
    await shows(page.locator(".ruleset"), /--dport 3128/);
    await picture(page, "rules");
    const chain = page.locator(".controls select option", { hasText: "veth200i0-OUT" }).first();
    await page
      .locator(".controls select[aria-label='Which rules']")
      .selectOption((await chain.getAttribute("value")) ?? "");
    await page.locator("button.made", { hasText: "8000:8100" }).first().click();
    await shows(page.locator(".cm-activeLine"), /8000:8100/);
    await picture(page, "chain");
  });

  it("runs the tests of the datacenter", async () => {
    await page.getByRole("tab", { name: "Tests" }).click();
    await page.locator(".verdict.good", { hasText: "All pass" }).waitFor();
    await picture(page, "tests");
  });

  it("draws another picture when a rule is edited", async () => {
    await page.getByRole("tab", { name: "Reach" }).click();
    const link = page.locator('.link[data-from="outside"][data-to="vm100"]');
    await link.waitFor({ state: "attached" });
    await comes(async () => link.getAttribute("data-verdict"), /^ACCEPT$/);
    await show(page, "firewall/cluster.fw");
    await endOf(page, "IN Web(ACCEPT)");
    await page.keyboard.press("Home");
    await page.keyboard.type("|");
    await page
      .locator('.link[data-from="outside"][data-to="vm100"][data-verdict="DROP"]')
      .waitFor({ state: "attached" });
    await shows(page.locator(".reach [role=status]"), /7 ways changed: host → vm100 ACCEPT ⇒ DROP/);
    await picture(page, "reach-changed");
    await page.keyboard.press("Backspace");
    await page
      .locator('.link[data-from="outside"][data-to="vm100"][data-verdict="ACCEPT"]')
      .waitFor({ state: "attached" });
  });

  it("tells of a way which line decides", async () => {
    await page.locator('.link[data-from="outside"][data-to="vm100"] .hit').dispatchEvent("pointerenter");
    await page.locator(".card", { hasText: "firewall/cluster.fw:52" }).waitFor();
    await shows(page.locator(".card pre"), /IN Web\(ACCEPT\)/);
    await page.getByRole("button", { name: "Table" }).click();
    await page.locator(".matrix .cell").first().focus();
    await page.keyboard.press("ArrowDown");
    await comes(async () => page.locator(":focus").getAttribute("aria-label"), / → /);
    await picture(page, "reach-table");
    await page.getByRole("button", { name: "Table" }).click();
  });

  it("carries everything in a link, and back", async () => {
    await show(page, "firewall/202.fw");
    await endOf(page, "# Grafana");
    await page.keyboard.type(" für alle 🛡");
    await page.getByRole("button", { name: "Share" }).click();
    const link = await page.getByRole("textbox", { name: "Link" }).inputValue();
    await picture(page, "share");
    await page.getByRole("button", { name: "Close" }).click();
    const other = await browser();
    try {
      const received = await opened(other.context, link);
      await received.locator('.cm-content[aria-label="Editor of firewall/202.fw"]').waitFor();
      await shows(received.locator(".cm-content"), /# Grafana für alle 🛡/);
    } finally {
      await other.close();
    }
  });

  it("opens a zip that it has saved", async () => {
    const waiting = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Zip" }).click();
    const file = await (await waiting).path();
    const bytes = await import("node:fs/promises").then(({ readFile }) => readFile(file));
    await page.getByRole("button", { name: "Open" }).click();
    await picture(page, "open");
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Files or zip …" }).click();
    await (await chooser).setFiles({ name: "saved.zip", mimeType: "application/zip", buffer: bytes });
    // It is shown for some seconds only, but stays in the page.
    await page.locator(".toast", { hasText: "files opened" }).waitFor({ state: "attached" });
    await show(page, "firewall/202.fw");
    await shows(page.locator(".cm-content"), /für alle 🛡/);
  });

  it("opens a folder", async () => {
    await page.getByRole("button", { name: "Open" }).click();
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Folder …" }).click();
    await (await chooser).setFiles(resolve("../../examples/datacenter"));
    await show(page, "firewall/202.fw");
    await shows(page.locator(".cm-content"), /# Grafana\n/);
  });

  it("has panes of any size", async () => {
    const bar = page.getByRole("separator", { name: "Width of the files" });
    const width = async (): Promise<string> =>
      String(Math.round((await page.locator(".pane.files").boundingBox())?.width ?? 0));
    const before = Number(await width());
    await bar.press("ArrowRight");
    await comes(width, new RegExp(`^${before + 24}$`));
    const { x, y, width: wide } = (await bar.boundingBox()) ?? { x: 0, y: 0, width: 0 };
    await page.mouse.move(x + wide / 2, y + 100);
    await page.mouse.down();
    await page.mouse.move(x + wide / 2 + 50, y + 100);
    await page.mouse.up();
    await comes(width, new RegExp(`^${before + 74}$`));
    await bar.press("Home");
    await comes(width, new RegExp(`^${before}$`));
  });

  it("can be used in the dark, and has no serious problem of accessibility", async () => {
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      for (const tab of ["Reach", "Packet", "Rules", "Tests"]) {
        await page.getByRole("tab", { name: tab }).click();
        await page.locator("[role=tab][aria-selected=true]", { hasText: tab }).waitFor();
        assert.deepEqual(await axed(page), [], `${tab}, ${scheme}`);
        await picture(page, `${tab.toLowerCase()}-${scheme}`);
      }
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.getByRole("button", { name: /^Colours/ }).click();
    await page.getByRole("button", { name: /^Colours/ }).click();
    const ground = async (): Promise<string> =>
      page.locator(".editor .cm-editor").evaluate((element) => getComputedStyle(element).backgroundColor);
    await comes(ground, /^rgb\(22, 27, 34\)$/);
  });

  it("can be used with the keyboard alone", async () => {
    await page.keyboard.press("Alt+0");
    await comes(async () => page.locator(":focus").getAttribute("role"), /^treeitem$/);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.locator('.cm-content[aria-label="Editor of firewall/cluster.fw"]').waitFor();
    await page.keyboard.press("Alt+e");
    await comes(async () => page.locator(":focus").getAttribute("aria-label"), /Editor of firewall\/cluster.fw/);
    await page.keyboard.press("Alt+2");
    await shows(page.locator(":focus"), /^Packet$/);
  });

  it("fits a telephone", async () => {
    await page.setViewportSize({ width: 390, height: 780 });
    for (const part of ["Files", "Source", "Answers"]) {
      await page.locator(".switch button", { hasText: part }).click();
      await page.locator(`.switch button[aria-pressed=true]`, { hasText: part }).waitFor();
      await comes(async () => page.evaluate(() => String(document.documentElement.scrollWidth <= 390)), /^true$/);
      await picture(page, `narrow-${part.toLowerCase()}`);
    }
    assert.deepEqual(await axed(page), []);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it("opens without a network", async () => {
    await page.locator("#offline", { hasText: "works offline" }).waitFor();
    await chromium.context.setOffline(true);
    try {
      await page.reload();
      await page.locator(".problem .what").first().waitFor();
    } finally {
      await chromium.context.setOffline(false);
    }
  });
});

describe("what can go wrong", () => {
  it("says so when the module can't be loaded, and how to fix it", async () => {
    const broken = await serve(site, { ".wasm": 404 });
    const other = await browser();
    try {
      const empty = await other.context.newPage();
      await empty.goto(broken.address);
      await empty.locator(".failed").waitFor();
      const text = await empty.locator(".failed").innerText();
      assert.match(text, /can't be loaded/);
      assert.match(text, /What helps/);
      await picture(empty, "failed");
    } finally {
      await other.close();
      await broken.close();
    }
  });

  it("takes a link that was cut as such", async () => {
    const other = await browser();
    try {
      const cut = await opened(other.context, `${host.address}#1.q1YqS8zJTFGyUlBK`);
      await cut.locator(".toast", { hasText: "the link can't be read" }).waitFor({ state: "attached" });
    } finally {
      await other.close();
    }
  });

  it("opens from a disk, in one file", async () => {
    const other = await browser();
    try {
      const file = pathToFileURL(resolve(join(target, "playground/single/pvefw-playground.html"))).href;
      const single = await opened(other.context, file);
      await single.locator(".link").first().waitFor({ state: "attached" });
      await picture(single, "single-file");
    } finally {
      await other.close();
    }
  });
});
