"""The pytest plugin."""

from __future__ import annotations

import pytest
from conftest import EXAMPLE

pytestmark = pytest.mark.once

FAILING = '[[test]]\nname = "SSH is open"\nfrom = "outside"\nto = "host"\ndport = 22\nexpect = "accept"\n'


def test_policy_tests_are_collected(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess(str(EXAMPLE / "tests.toml"), "-v", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=26)
    result.stdout.fnmatch_lines(["*tests.toml::customers reach the shop PASSED*"])


def test_a_failure_is_the_way_of_its_packets(pytester: pytest.Pytester) -> None:
    pytester.makefile(".ini", pytest=f"[pytest]\npvefw_root = {EXAMPLE}\npvefw_node = pve1\n")
    pytester.path.joinpath("tests.toml").write_text(FAILING + '[[test]]\nname = "no"\n')
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["*this test has no*", "*SSH is open*", "accept was expected, but the verdict is DROP*", "*policy_in: DROP*"]
    )
    assert "Traceback" not in result.stdout.str()


def test_the_fixture_is_the_configuration(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from pvefw.testing import assert_allowed, assert_blocked

        def test_shop(datacenter):
            assert_allowed(datacenter, "outside", "vm100", dport=443)
            assert_blocked(datacenter, "outside", "host", dport=22)

        def test_not(datacenter):
            assert_allowed(datacenter, "outside", "host", dport=22)
        """
    )
    result = pytester.runpytest_subprocess(f"--pvefw-root={EXAMPLE}", "--pvefw-node=pve1")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*the packet should arrive, but the verdict is DROP*", "*the policy drops it*"])


def test_without_a_root_it_says_what_to_do(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(datacenter): pass")
    pytester.path.joinpath("tests.toml").write_text("[something_else]\n")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*set `pvefw_root` in pytest's configuration*"])


def test_a_root_that_is_none_is_an_error(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("tests.toml").write_text(FAILING)
    result = pytester.runpytest_subprocess("--pvefw-root=/nowhere")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*`/nowhere` does not exist*"])
