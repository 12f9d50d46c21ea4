"""The scenarios of tests/suite and the conformance cases, by way of Python: the answers are the engine's own."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pvefw
import pytest


@pytest.mark.once
def test_a_scenario_is_answered_alike(scenario: dict[str, Any]) -> None:
    files = {path: text.encode("latin-1") for path, text in scenario["files"].items()}
    facts = scenario["facts"]
    dc = pvefw.Datacenter.from_files(files, facts=facts)
    assert dc.check().to_dict() == scenario["check"]
    ruleset = dc.compile()
    assert ruleset.lines == scenario["compile"]
    questions = [packet["question"] for packet in scenario["packets"]]
    for answer, packet in zip(dc.trace_many(questions), scenario["packets"], strict=True):
        wanted = packet["answer"]
        if isinstance(answer, pvefw.QuestionError):
            assert str(answer) == wanted["error"]
        else:
            assert {"verdict": answer.verdict.value, "by": answer.rule and answer.rule.to_dict()} == wanted
    if tests := scenario["tests"]:
        report = dc.test(tests["text"].encode("latin-1"))
        assert report.summary.to_dict() == tests["report"]["summary"]
        assert [test.passed for test in report] == [test["passed"] for test in tests["report"]["tests"]]


@pytest.mark.once
def test_a_conformance_case_compiles_to_its_rulesets(conformance: Path) -> None:
    facts = json.loads((conformance / "facts.json").read_text())
    wanted = json.loads((conformance / "expected.json").read_text())
    root = conformance / "pve"
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    with warnings.catch_warnings():
        # A case may have files that the firewall reads nothing of.
        warnings.simplefilter("ignore", pvefw.Warned)
        dc = pvefw.Datacenter.from_files(files, facts=facts)
    assert flat(dc.compile().lines) == flat(wanted)


def flat(lines: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for family in ("v4", "v6"):
        for table in ("filter", "raw"):
            found.update({f"{family}/{table}/{name}": rules for name, rules in lines[family].get(table, {}).items()})
    found.update({f"ebtables/{name}": rules for name, rules in lines["ebtables"].items()})
    # The order of members has no meaning; `create` stays first.
    found.update({f"ipset/{name}": [rules[0], *sorted(rules[1:])] for name, rules in lines["ipset"].items()})
    return found
