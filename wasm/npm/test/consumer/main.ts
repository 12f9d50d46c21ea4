/** A project of somebody else: strict types, and nothing but what the package exports. */

import { Datacenter, init, type Diagnostic, type Result, type Trace } from "pvefw";

/** Every kind of answer has its type. */
function describe(result: Result<Trace>): string {
  if (!result.ok) return `refused: ${result.error}`;
  const { verdict, by } = result.value;
  switch (verdict) {
    case "ACCEPT":
    case "DROP":
    case "REJECT":
      return `${verdict} by ${by === null ? "a built-in rule" : `${by.file}:${by.line}`}`;
    case "MAY ACCEPT":
    case "MAY DROP":
      return "not certain";
  }
}

await init();
const datacenter = new Datacenter();
datacenter.set("firewall/cluster.fw", "[OPTIONS]\nenable: 1\n[RULES]\nIN ACCEPT -p tcp -dport 443\nIN HTPS(ACCEPT)\n");
const found: readonly Diagnostic[] = datacenter.check().diagnostics;
const [first] = found.filter(({ severity }) => severity === "error");
const zones = datacenter.zones();
if (zones.ok) {
  for (const zone of zones.value) {
    // The kind tells which keys there are.
    const bridge: string | null = zone.kind === "host" ? null : zone.bridge;
    console.log(zone.name, bridge);
  }
}
console.log(first?.message, first?.fixes[0]?.title);
console.log(describe(datacenter.trace({ from: "outside", to: "host", dport: 443 })));
console.log(describe(datacenter.trace({ from: "outside", to: "vm1" })));
