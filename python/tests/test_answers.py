"""What the engine answers, by way of Python."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import pickle
import subprocess
import sys
from pathlib import Path

import pvefw
import pytest
from pvefw import Verdict

SMALL = "[OPTIONS]\nenable: 1\n\n[RULES]\nIN HTPS(ACCEPT)\nIN SSH(ACCEPT) -source 10.0.0.0/8\n"


def small(text: str = SMALL) -> pvefw.Datacenter:
    return pvefw.Datacenter.from_files({"firewall/cluster.fw": text}, node="n1", facts={"local_network": "10.0.0.0/24"})


def test_findings_are_rows() -> None:
    found = small().check()
    assert len(found) == 1 and found.summary == pvefw.Summary(1, 0, 0) and found.errors == (found[0],)
    first = found[0]
    assert str(first) == "firewall/cluster.fw:5:4: error[unknown-macro]: there is no macro `HTPS`"
    assert (first.severity, first.fixes[0].title, first.fixes[0].safety) == ("error", "write `HTTPS`", "unsafe")
    edit = first.fixes[0].edits[0]
    assert SMALL.encode()[edit.start : edit.end] == b"HTPS" and edit.text == "HTTPS"
    assert json.loads(json.dumps(found.to_dict()))["summary"] == {"errors": 1, "warnings": 0, "infos": 0}
    assert "IN HTPS(ACCEPT)" in found.text and "\x1b" not in found.text and "\x1b" in small().check(color=True).text
    assert not pvefw.Datacenter.from_files({"firewall/cluster.fw": "[OPTIONS]\nenable: 0\n"}).check().errors


def test_a_trace_names_the_line() -> None:
    trace = small().trace("outside", "host", source=ipaddress.ip_address("10.1.2.3"), dport=22)
    assert trace.verdict is Verdict.ACCEPT and trace.rule == pvefw.Line("firewall/cluster.fw", 6)
    assert trace.packet.source == ipaddress.ip_address("10.1.2.3") and trace.packet.from_ == "outside"
    assert trace.hops[-1].kind == "input"
    blocked = small().trace("outside", "host", dport=22)
    assert blocked.verdict.is_blocked and "would let it pass, but the source" in blocked.text


def test_results_are_values(dc: pvefw.Datacenter) -> None:
    results = [dc.check(), dc.trace("outside", "vm100", dport=443), dc.compile(), dc.test(), dc.diff(pvefw.Datacenter())]
    for result in results:
        assert pickle.loads(pickle.dumps(result)) == result
        assert hash(result) == hash(pickle.loads(pickle.dumps(result)))
        assert json.dumps(result.to_dict())
        with pytest.raises(AttributeError):
            setattr(result, dataclasses.fields(result)[0].name, None)
    for error in (pvefw.QuestionError("a", ["b"]), pvefw.EditError("a", ["b"], "c")):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), again.help) == (type(error), "a\nhelp: b", ("b",))


def test_rulesets_are_those_of_the_command_line(example: Path, dc: pvefw.Datacenter) -> None:
    words = [str(example), "--node", "pve1", "--facts", str(example / "facts.json")]
    assert run("compile", *words).stdout == str(dc.compile())
    assert json.loads(run("compile", *words, "--format", "json").stdout) == dc.compile().lines
    assert run("check", str(example), "--facts", str(example / "facts.json")).stdout == dc.check().text


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pvefw", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"COLUMNS": "100"})


def test_the_command_line_is_the_binarys(example: Path, tmp_path: Path) -> None:
    assert run("test", str(example)).stdout.endswith("all passed\n")
    assert run("trace", str(example), "--node", "pve1", "--from", "outside", "--to", "vm100").returncode == 0
    assert run("diff", str(example), str(example), "--node", "pve1").returncode == 0
    assert run("chekc").returncode == 2
    assert run("check", str(tmp_path / "nowhere")).returncode == 2
    script = Path(sys.executable).with_name("pvefw")
    assert subprocess.run([script, "--version"], capture_output=True, text=True, check=True).stdout.startswith("pvefw ")


def test_many_packets_are_answered_at_once(dc: pvefw.Datacenter) -> None:
    good = {"from": "outside", "to": "vm100", "dport": 443}
    answers = dc.trace_many([good, {"from_": "moon", "to": "host"}, {"from": "outside", "to": "host", "icmp-type": 8, "proto": "icmp"}])
    assert answers[0] == pvefw.Answer(Verdict.ACCEPT, pvefw.Line("firewall/cluster.fw", 52))
    assert isinstance(answers[1], pvefw.QuestionError) and isinstance(answers[2], pvefw.Answer)
    # One that can't be keeps none of the others from being answered.
    mixed = dc.trace_many([{**good, "source": "10.0.0.0/8"}, good, {**good, "dport": "many"}, {**good, "sport": 70000}])
    assert [type(answer).__name__ for answer in mixed] == ["QuestionError", "Answer", "QuestionError", "QuestionError"]
    with pytest.raises(TypeError, match="a question has no `prto`"):
        dc.trace_many([{**good, "prto": "tcp"}])


def test_policy_tests_tell_the_way_of_packets(dc: pvefw.Datacenter) -> None:
    assert dc.test().passed
    report = dc.test('[[test]]\nname = "x"\nfrom = "outside"\nto = "host"\ndport = 22\nexpect = "accept"\n')
    assert not report.passed and report[0].failures[0].reason.startswith("accept was expected")
    assert "policy drops it" in report.text and report.summary.failed == 1
    assert dc.test("[[test]]\nfrom = 1\n").summary.errors == 2
    with pytest.raises(pvefw.LoadError, match="there are no tests"):
        pvefw.Datacenter().test()


def test_a_diff_is_by_line(example: Path, dc: pvefw.Datacenter) -> None:
    other = pvefw.Datacenter.load(example, node="pve1", facts=example / "facts.json")
    assert not dc.diff(other) and dc.diff(other).is_empty
    other.cluster.rules.insert(0, "IN Ping(DROP)")
    changes = dc.diff(other).changes
    assert changes[0].new is not None and changes[0].new.text == "IN Ping(DROP)" and changes[0].old is None
    assert other.diff(dc).changes[0].new is None


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda dc: dc.trace("outside", "vm9"), pvefw.QuestionError, "there is no guest 9"),
        (lambda dc: dc.trace("outside", "host", source="1.2.3"), pvefw.QuestionError, "`1.2.3` is not an IP address"),
        (lambda dc: dc.trace("outside", "host", dport=70000), pvefw.QuestionError, "`dport` can't be 70000"),
        (lambda dc: dc.trace("outside", "host", source="::1", dest="1.1.1.1"), pvefw.QuestionError, "not of one family"),
        (lambda dc: dc.check(node="pve9"), pvefw.NodeError, "there is no node `pve9`"),
        (lambda dc: dc.test(Path("/nowhere/tests.toml")), pvefw.LoadError, "can't read the tests"),
        (lambda _: pvefw.Datacenter.load("/nowhere"), pvefw.LoadError, "`/nowhere` does not exist"),
        (lambda _: pvefw.Datacenter.load("/etc/hostname"), pvefw.LoadError, "is not a folder"),
        (lambda _: pvefw.Datacenter.load("/", facts="/nowhere.json"), pvefw.LoadError, "can't read the facts"),
        (lambda _: pvefw.Datacenter.load("/", facts=__file__), pvefw.FactsError, "test_answers.py` are not JSON"),
        (lambda _: pvefw.Datacenter.from_files({}, facts={"nod": 1}), pvefw.FactsError, "`nod` means nothing"),
        (lambda _: pvefw.Datacenter.load(3), TypeError, "int"),  # type: ignore[arg-type]
        (lambda _: pvefw.Datacenter.from_files("x"), TypeError, "expected a mapping of paths to texts, not str"),  # type: ignore[arg-type]
        (lambda _: pvefw.Datacenter.from_files({"firewall/1.fw": 3}), TypeError, "the text of `firewall/1.fw` as str or bytes, not int"),  # type: ignore[dict-item]
        (lambda _: pvefw.Datacenter.from_files({Path("x"): "y"}), TypeError, "the path of a file as text"),  # type: ignore[dict-item]
        (lambda dc: dc.trace(3, "host"), pvefw.QuestionError, "`from` can't be 3"),
        (lambda dc: dc.trace("outside", "host", dport="ssh"), pvefw.QuestionError, "`dport` can't be 'ssh'"),
        (lambda dc: dc.trace("outside", "host", dport=True), pvefw.QuestionError, "`dport` can't be True"),
        (lambda dc: dc.trace("outside", "host", icmp_type=2.5, proto="icmp"), pvefw.QuestionError, "`icmp-type` can't be 2.5"),
        (lambda dc: dc.trace_many(["x"]), TypeError, "a question as a mapping, not str"),
        (lambda dc: dc.diff(None), TypeError, "expected a `Datacenter`, not NoneType"),
        (lambda _: pvefw.Node("dc"), TypeError, "expected a `Datacenter`, not str"),  # type: ignore[arg-type]
        (lambda dc: dc.save(timeout=-1), pvefw.SaveError, "`timeout` can't be -1"),
        (lambda dc: dc.save(timeout=float("nan")), pvefw.SaveError, "`timeout` can't be nan"),
        (lambda dc: dc.guest(0), pvefw.NotFoundError, "no guest 0"),
        (lambda dc: dc.guest("web"), pvefw.NotFoundError, "no guest web"),
        (lambda dc: dc.host("../x"), pvefw.NotFoundError, "can't be the name"),
        (lambda dc: dc.host(3), TypeError, "the name of a node, not int"),
        (lambda dc: dc.guest(100).rules.insert(0, None), TypeError, "expected a rule, or one as text, not NoneType"),
        (lambda _: pvefw.Rule.parse(None), TypeError, "expected a rule as text, not NoneType"),  # type: ignore[arg-type]
        (lambda _: pvefw.Rule.parse("hello"), pvefw.EditError, "^`hello` is not a rule\n"),
        (lambda _: pvefw.Rule("IN", "DROP", source=3), TypeError, "an address, or several, not int"),  # type: ignore[arg-type]
        (lambda _: pvefw.Rule("IN", "DROP", source="::1,1.1.1.1"), pvefw.EditError, "mixes IPv4 and IPv6"),
        (lambda dc: dc.guest(100).options.polcy_in, AttributeError, "has no option `polcy_in`, but enable, dhcp"),
        (lambda dc: dc.guest(100).options["ips"], pvefw.NotFoundError, "the option `ips` is not set in `firewall/100.fw`"),
        (lambda dc: dc.cluster.aliases["srv9"], pvefw.NotFoundError, "no alias `srv9` in `firewall/cluster.fw`"),
        (lambda dc: dc.cluster.ipsets["none"], pvefw.NotFoundError, "no set `none` in `firewall/cluster.fw`"),
        (lambda dc: dc.cluster.groups["none"], pvefw.NotFoundError, "no security group `none`"),
        (lambda dc: dc.cluster.ipsets["blacklist"].replace("10.0.0.1"), TypeError, "expected several members, not str"),
        (lambda dc: dc.cluster.ipsets["blacklist"].replace([None]), TypeError, "or a `Member`, not NoneType"),
    ],
)
def test_misuse_is_an_exception_that_names_the_thing(
    dc: pvefw.Datacenter, ask: object, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        ask(dc)  # type: ignore[operator]


def test_several_nodes_must_be_chosen_from(example: Path) -> None:
    both = pvefw.Datacenter.load(example)
    assert both.nodes == ("pve1", "pve2") and both.check()
    with pytest.raises(pvefw.NodeError, match='node="pve1"'):
        both.compile()


def test_what_belongs_to_no_file_is_a_warning(tmp_path: Path) -> None:
    with pytest.warns(pvefw.Warned, match="nothing of a firewall configuration"):
        pvefw.Datacenter.load(tmp_path)
    with pytest.warns(pvefw.Warned, match="reads no file of this name"):
        pvefw.Datacenter.from_files({"firewall/web.fw": ""})
