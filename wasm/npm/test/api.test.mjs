/** The package as its users meet it, in Node.js. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { Datacenter, explain, init } from "pvefw";

await init();

const CLUSTER =
  "[OPTIONS]\nenable: 1\n\n[ALIASES]\noffice 10.1.0.0/16 # ä😀 desks\n\n[group web]\nIN HTTPS(ACCEPT)\n\n";

/** A datacenter with a guest. */
const example = () => {
  const datacenter = new Datacenter();
  datacenter.set("firewall/cluster.fw", CLUSTER + "[RULES]\nIN SSH(ACCEPT) -source office\n");
  datacenter.set("firewall/100.fw", "[OPTIONS]\nenable: 1\n\n[RULES]\nGROUP web\nIN SSH(ACCEPT) -source dc/office\n");
  datacenter.set(
    "nodes/pve1/qemu-server/100.conf",
    "name: shop\nnet0: virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1\n",
  );
  return datacenter;
};

/** The text of a file with the cursor at `|`, and the place. */
const cursor = (datacenter, path, marked) => {
  const offset = marked.indexOf("‸");
  datacenter.set(path, marked.replace("‸", ""));
  return offset;
};

test("files come and go", () => {
  const datacenter = example();
  assert.deepEqual(datacenter.set("firewall/101.fw", ""), {
    ok: true,
    value: { path: "firewall/101.fw", kind: "guest" },
  });
  assert.equal(datacenter.set("etc/passwd", "").ok, false);
  assert.match(datacenter.set("etc/passwd", "").error, /`etc\/passwd` is no file that the firewall reads; files are/);
  assert.deepEqual(
    datacenter.files().map(({ path }) => path),
    ["firewall/100.fw", "firewall/101.fw", "firewall/cluster.fw", "nodes/pve1/qemu-server/100.conf"],
  );
  assert.equal(datacenter.remove("firewall/101.fw"), true);
  assert.equal(datacenter.remove("firewall/101.fw"), false);
  assert.equal(datacenter.text("firewall/101.fw"), null);
  assert.deepEqual(datacenter.nodes(), ["pve1"]);
});

test("findings have places in UTF-16, and fixes that can be applied", () => {
  const datacenter = example();
  const text = "[RULES]\n# ä😀\nIN HTPS(ACCEPT)\n";
  datacenter.set("nodes/pve1/host.fw", text);
  const [found] = datacenter.check().diagnostics.filter(({ severity }) => severity === "error");
  assert.equal(text.slice(found.from, found.to), "HTPS");
  assert.deepEqual([found.code, found.line, found.column], ["unknown-macro", 3, 4]);
  const [fix] = datacenter.fixes("nodes/pve1/host.fw", found.from);
  assert.equal(fix.title, "write `HTTPS`");
  assert.deepEqual(datacenter.apply(fix.edits), {
    ok: true,
    value: [{ file: "nodes/pve1/host.fw", text: text.replace("HTPS", "HTTPS") }],
  });
  assert.equal(datacenter.check().summary.errors, 0);
  assert.match(explain("unknown-macro"), /macro/);
  assert.equal(explain("nonsense"), null);
});

test("a place is completed, explained and followed", () => {
  const datacenter = example();
  const path = "firewall/100.fw";
  const labels = (marked) => {
    const found = datacenter.complete(path, cursor(datacenter, path, marked));
    return found?.items.map(({ label }) => label) ?? [];
  };
  assert.ok(labels("[RULES]\nIN S‸").includes("SSH"));
  assert.deepEqual(labels("[RULES]\nGROUP ‸"), ["web"]);
  assert.ok(labels("[RULES]\nIN ACCEPT -source ‸").includes("dc/office"));
  assert.deepEqual(labels("[RULES]\nIN ACCEPT -i ‸"), ["net0"]);
  assert.deepEqual(labels("[OPTIONS]\npolicy_in: ‸"), ["ACCEPT", "DROP", "REJECT"]);
  assert.deepEqual(labels("[RULES]\nIN ACCEPT # ‸"), []);

  const offset = cursor(datacenter, path, "[RULES]\nIN SSH(ACCEPT) -source dc/off‸ice\n");
  const hover = datacenter.hover(path, offset);
  assert.equal(hover.title, "alias office");
  assert.deepEqual(hover.lines, ["10.1.0.0/16"]);
  const [definition] = datacenter.definition(path, offset);
  assert.equal(CLUSTER.slice(definition.from, definition.to), "office");
  assert.deepEqual(
    datacenter.references(path, offset).map(({ file, definition }) => [file, definition]),
    [
      ["firewall/cluster.fw", true],
      ["firewall/cluster.fw", false],
      ["firewall/100.fw", false],
    ],
  );
  assert.deepEqual(
    datacenter.symbols("firewall/cluster.fw").map(({ kind, name }) => `${kind} ${name}`),
    ["alias office", "group web"],
  );
});

test("layout is edits", () => {
  const datacenter = example();
  datacenter.set("firewall/100.fw", "# ä😀\n[RULES]\nIN   ACCEPT\n");
  const edits = datacenter.format("firewall/100.fw");
  assert.equal(datacenter.apply(edits).value[0].text, "# ä😀\n[RULES]\nIN ACCEPT\n");
  assert.deepEqual(datacenter.format("firewall/100.fw"), []);
  assert.deepEqual(datacenter.format("nodes/pve1/qemu-server/100.conf"), []);
});

test("packets are followed, and drawn", () => {
  const datacenter = example();
  const trace = datacenter.trace({ from: "outside", to: "vm100", dport: 443 });
  assert.equal(trace.value.verdict, "ACCEPT");
  assert.deepEqual(trace.value.by, { file: "firewall/cluster.fw", line: 8 });
  assert.equal(datacenter.trace({ from: "outside", to: "vm9" }).ok, false);
  const reach = datacenter.reach({ dport: 443 }).value;
  assert.deepEqual(
    reach.zones.map(({ name }) => name),
    ["host", "outside", "vm100"],
  );
  assert.deepEqual(reach.zones[2], {
    kind: "guest",
    name: "vm100",
    guest: "vm",
    vmid: 100,
    net: 0,
    title: "shop",
    bridge: "vmbr0",
    filtered: true,
    addresses: [],
  });
  const link = reach.links.find(({ from, to }) => from === "outside" && to === "vm100");
  assert.equal(link.verdict, "ACCEPT");
  assert.equal(datacenter.trace(link.question).value.verdict, "ACCEPT");
});

test("rules and lines know of each other", () => {
  const datacenter = example();
  const rules = datacenter.rules({ tool: "iptables", chain: "tap100i0-IN" }).value;
  const ssh = rules.find(({ rule }) => rule.includes("--dport 22"));
  assert.deepEqual(ssh.at, { file: "firewall/100.fw", line: 6 });
  const back = datacenter.fromLine("firewall/100.fw", 6).value;
  assert.ok(back.rules.some(({ rule }) => rule === ssh.rule));
  assert.equal(datacenter.fromLine("firewall/100.fw", 99).ok, false);
  const { chains, rules: all } = datacenter.compile().value;
  assert.equal(
    chains.reduce((sum, { rules }) => sum + rules, 0),
    all,
  );
  assert.match(datacenter.restore().value.iptables, /^\*filter/m);
});

test("tests are run", () => {
  const datacenter = example();
  assert.equal(datacenter.test().ok, false);
  datacenter.set("tests.toml", '[[test]]\nfrom = "outside"\nto = "vm100"\ndport = [443, 22]\nexpect = "accept"\n');
  const { tests, summary } = datacenter.test().value;
  assert.deepEqual([tests[0].failed, summary.failed], [1, 1]);
  datacenter.set("tests.toml", "[[test]\n");
  assert.equal(datacenter.test().value.diagnostics[0].file, "tests.toml");
});

test("no text is an exception", () => {
  const datacenter = example();
  const wild = [
    "\ud800 lone \udfff",
    "\0\0[RULES]\0",
    "[RULES]\nIN ACCEPT -source \ud83d\n",
    new Uint8Array([0xff, 0xfe, 0, 1, 0x80]),
    "[".repeat(100_000),
    "x".repeat(5_000_000),
  ];
  const paths = ["firewall/cluster.fw", "firewall/100.fw", "nodes/pve1/host.fw", "tests.toml", "corosync.conf"];
  for (const text of wild) {
    for (const path of paths) {
      datacenter.set(path, text);
      const shown = datacenter.text(path);
      datacenter.check();
      for (const offset of [0, 1, 5, shown.length, shown.length + 9, -1, NaN, Infinity, 1e12]) {
        datacenter.complete(path, offset);
        datacenter.hover(path, offset);
        datacenter.definition(path, offset);
        datacenter.fixes(path, offset);
      }
      datacenter.format(path);
      datacenter.compile();
      datacenter.test();
      datacenter.reach();
    }
  }
  for (const facts of [{ node_ip: "x" }, { node: 7 }, [], { local_network: "10.0.0.0/99" }]) {
    assert.equal(datacenter.setFacts(facts).ok, false, JSON.stringify(facts));
  }
  assert.deepEqual(datacenter.setFacts({ colour: "red" }), { ok: true, value: { unknown: ["colour"] } });
  assert.equal(datacenter.compile("nowhere").ok, false);
  assert.equal(datacenter.apply([{ file: "firewall/100.fw", from: 5, to: 1, text: "" }]).ok, false);
  assert.equal(datacenter.apply([{ file: "none", from: 0, to: 0, text: "" }]).ok, false);
});

test("fifty megabytes are answered", () => {
  const datacenter = new Datacenter();
  const line = "IN ACCEPT -source 10.0.0.1 -p tcp -dport 80 nonsense\n";
  datacenter.set("firewall/cluster.fw", "[RULES]\n" + line.repeat(Math.ceil(50e6 / line.length)));
  const { diagnostics, summary } = datacenter.check();
  assert.equal(diagnostics.length, 1000);
  assert.ok(summary.errors > 900_000);
  assert.equal(datacenter.compile().ok, true);
});

test("the glue evaluates nothing, and the module is the one that the package names", async () => {
  const glue = await readFile(new URL("./raw.js", import.meta.resolve("pvefw")), "utf8");
  assert.doesNotMatch(glue, /\beval\(|new Function/);
  assert.ok(import.meta.resolve("pvefw/pvefw.wasm").endsWith("/dist/pvefw.wasm"));
});
