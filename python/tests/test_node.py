"""Planning and applying, with the real tools, each test in a network namespace of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pvefw
import pytest

pytestmark = pytest.mark.once

BEGIN = """
import json, os, pickle, signal, subprocess, sys, time
from datetime import timedelta
import pvefw

def load():
    return pvefw.Datacenter.load("pve", node="pve1", facts="pve/facts.json")

def raised(kind, call):
    try:
        call()
    except kind as error:
        assert type(error) is kind, error
        return str(error)
    raise AssertionError(f"no {kind.__name__} was raised")

def chains():
    text = subprocess.run(["iptables-save"], capture_output=True, text=True, check=True).stdout
    return sum(line.startswith(":PVEFW") for line in text.splitlines())

dc = load()
node = pvefw.Node(dc, state="state")
"""


@pytest.fixture
def run(example: Path, namespace: list[str]) -> Any:
    """Runs code in a namespace; what it has printed as JSON."""

    def run(code: str, *, unshare: bool = True) -> Any:
        words = [*(namespace if unshare else []), sys.executable, "-c", BEGIN + textwrap.dedent(code)]
        environment = {key: value for key, value in os.environ.items() if key != "SSH_CONNECTION"}
        done = subprocess.run(words, cwd=example.parent, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout) if done.stdout else None

    return run


def test_plan_apply_go_back_and_stop(run: Any) -> None:
    answer = run(
        """
        assert not node.status().running and node.history() == []
        plan = node.plan()
        assert plan and plan.tables[0].chains.created and "to load: " in str(plan)
        first = node.apply()
        assert first.changed and first.state == 1 and first.before is None and chains() > 10, first
        assert not node.plan() and not node.apply().changed
        rule = dc.guest(100).rules.insert(0, "IN DROP -p tcp -dport 81")
        plan = node.plan()
        assert [entry.new.text for entry in plan.diff.changes] == [rule.text], plan
        [table] = [table for table in plan.tables if table.table == "iptables filter"]
        assert table.chains.changed == ("tap100i0-IN", "tap100i1-IN") and not table.chains.created, table
        second = node.apply()
        status = node.status()
        assert status.state == second.state and status.enabled and status.pending_changes is False and not status.drift
        assert [state.current for state in node.history()][:2] == [True, False]
        assert pickle.loads(pickle.dumps(node.history())) == node.history()
        back = node.rollback()
        assert back.before == second.state and node.plan()
        assert "there is no state 99" in raised(pvefw.ApplyError, lambda: node.rollback(99))
        assert node.stop().changed and chains() == 0
        print(json.dumps([state.to_dict() for state in node.history()]))
        """
    )
    assert [state["command"] for state in answer][:2] == ["rollback 1", "Node.apply()"]
    assert answer[0]["time"].endswith("+00:00") and answer[0]["current"] is False


def test_what_is_confirmed_stays(run: Any) -> None:
    run(
        """
        applied = node.apply(confirm_within=timedelta(minutes=10))
        waits = node.status().waits
        assert waits.state == applied.state and waits.until.tzinfo is not None
        message = raised(pvefw.WaitingError, node.apply)
        assert "state 1 waits to be confirmed" in message and "`confirm()`" in message, message
        assert node.confirm() == applied.state and node.status().waits is None
        assert "nothing waits" in raised(pvefw.WaitingError, node.confirm)
        node.apply(confirm_within=600)
        node.rollback()
        assert node.status().waits is None
        """
    )


def test_the_old_rules_come_back_when_nobody_is_left(run: Any) -> None:
    run(
        """
        child = os.fork()
        if child == 0:
            applied = node.apply(confirm_within=1)
            assert applied.changed and chains() > 10
            # No clearing up, as when the connection is cut.
            os.kill(os.getpid(), signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), status
        # The deadline may be over already, on a busy machine; either way they come back.
        for _ in range(600):
            if chains() == 0 and node.status().waits is None:
                break
            time.sleep(0.1)
        assert chains() == 0
        assert "was not confirmed in time" in node.status().last_error.message
        """
    )


def test_the_command_line_of_the_package_takes_back_too(run: Any) -> None:
    run(
        """
        words = [sys.executable, "-m", "pvefw", "apply", "pve", "--node", "pve1", "--facts", "pve/facts.json"]
        subprocess.run([*words, "--state", "state", "--confirm-within", "1s"], check=True, capture_output=True)
        for _ in range(600):
            if chains() == 0:
                break
            time.sleep(0.1)
        assert chains() == 0
        """
    )


def test_nobody_is_cut_off(run: Any) -> None:
    run(
        """
        dc.cluster.rules.insert(0, "IN DROP -source 203.0.113.7 -p tcp -dport 22")
        message = raised(pvefw.LockoutError, lambda: node.apply(keep=[("203.0.113.7", 22)]))
        assert "this would cut the connection from 203.0.113.7 to port 22; nothing was changed" in message, message
        assert "firewall/cluster.fw" in message and "`force=True`" in message
        assert chains() == 0
        tried = node.apply(keep=[("203.0.113.7", 22)], confirm_within=600)
        assert tried.cut == ("the connection from 203.0.113.7 to port 22",)
        node.rollback()
        assert node.apply(keep=[("203.0.113.7", 22)], force=True).cut == ()
        """
    )


def test_errors_are_refused_unless_told(run: Any) -> None:
    run(
        """
        files = {path: text for path, text in dc.files().items()}
        files["firewall/100.fw"] += b"\\n[RULES]\\nIN HTPS(ACCEPT)\\n"
        faulty = pvefw.Datacenter.from_files(files, node="pve1")
        node = pvefw.Node(faulty, state="state")
        for call in (node.plan, node.apply):
            message = raised(pvefw.ConfigurationError, call)
            assert "the configuration has an error" in message and "`allow_errors=True`" in message, message
        assert node.status().errors
        assert node.apply(allow_errors=True).changed
        """
    )


def test_who_may_not_is_told(run: Any) -> None:
    run(
        """
        if os.geteuid() == 0:
            os.chmod(".", 0o755)
            os.setuid(65534)
        for call in (node.plan, node.apply, node.confirm, node.rollback, node.stop):
            message = raised(pvefw.CapabilityError, call)
            assert "takes the capability CAP_NET_ADMIN" in message and "help: run it as root" in message, message
        assert node.status().pending_changes is None
        """,
        unshare=False,
    )


def test_a_busy_state_is_waited_for_and_said(run: Any) -> None:
    run(
        """
        import fcntl
        node.apply()
        with open("state/lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            message = raised(pvefw.ApplyError, node.stop)
        assert "another program is at work on the rules" in message, message
        """
    )


def test_without_an_interpreter_nothing_is_tried(run: Any) -> None:
    run(
        """
        sys.executable = ""
        message = raised(pvefw.ApplyError, lambda: node.apply(confirm_within=60))
        assert "`sys.executable` is empty" in message and chains() == 0, message
        """
    )


def test_misuse_is_told(dc: pvefw.Datacenter) -> None:
    node = pvefw.Node(dc, state="/nowhere/at/all")
    with pytest.raises(pvefw.ApplyError, match="can't be 0"):
        node.apply(confirm_within=0)
    with pytest.raises(ValueError, match="does not appear to be"):
        node.apply(keep=[("home", 22)])
    assert node.history() == []
