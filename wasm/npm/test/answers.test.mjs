/**
 * The packed package gives the same answers as the engine built for this machine, for every scenario of `tests/suite` and
 * every conformance case; and the rulesets and verdicts that the cases want.
 *
 * `ANSWERS` names the file that `cargo run -p pvefw-tests --bin answers` has written.
 */

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";

import { Datacenter, init } from "pvefw";

await init();

/** The answer to a question, as the text of the engine would be. */
const ask = (datacenter, { ask, of }) => {
  switch (ask) {
    case "format":
      return datacenter.format(of);
    case "reach":
      return datacenter.reach({ dport: 22 });
    default:
      return datacenter[ask]();
  }
};

/** All chains and sets side by side; the order of a set's members has no meaning. */
const flat = ({ v4, v6, ipset, ebtables }) => {
  const found = {};
  const add = (place, chains) => {
    for (const [name, lines] of Object.entries(chains)) found[`${place}/${name}`] = lines;
  };
  add("v4/filter", v4.filter);
  add("v4/raw", v4.raw);
  add("v6/filter", v6.filter);
  add("v6/raw", v6.raw);
  add("ebtables", ebtables);
  for (const [name, [create, ...members]] of Object.entries(ipset)) {
    const inOrder = members.map((line) => Buffer.from(line)).sort(Buffer.compare);
    found[`ipset/${name}`] = [create, ...inOrder.map(String)];
  }
  return found;
};

const counts = { cases: 0, answers: 0, rulesets: 0, packets: 0 };
const lines = createInterface({ input: createReadStream(process.env.ANSWERS), crlfDelay: Infinity });
for await (const line of lines) {
  const { name, files, facts, asked, wanted } = JSON.parse(line);
  counts.cases += 1;
  test(name, () => {
    const datacenter = new Datacenter();
    for (const [path, characters] of files) datacenter.set(path, Buffer.from(characters, "latin1"));
    assert.equal(datacenter.setFacts(facts).ok, true);
    for (const question of asked) {
      counts.answers += 1;
      assert.deepEqual(ask(datacenter, question), JSON.parse(question.answer), question.ask);
    }
    if (wanted) {
      counts.rulesets += 1;
      assert.deepEqual(flat(datacenter.lines().value), wanted.lines);
      for (const [question, verdict] of wanted.packets) {
        counts.packets += 1;
        assert.equal(datacenter.trace(question).value?.verdict, verdict, JSON.stringify(question));
      }
    }
    datacenter.free();
  });
}

test("there was something to compare", () => {
  assert.ok(counts.cases > 300, JSON.stringify(counts));
  assert.ok(counts.rulesets >= 164 && counts.packets > 1000, JSON.stringify(counts));
});
