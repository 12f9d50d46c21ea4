"""The Ansible module, by the real `ansible-playbook`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import TOP

pytestmark = pytest.mark.once


@pytest.fixture
def play(tmp_path: Path, example: Path) -> Any:
    """Runs the module with parameters; the words are further ones of the command line."""
    collections = tmp_path / "collections" / "ansible_collections" / "pvefw"
    collections.mkdir(parents=True)
    (collections / "firewall").symlink_to(TOP / "python" / "ansible")
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "collections"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        # Half as many processes for each task.
        "ANSIBLE_PIPELINING": "true",
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
    }

    def run(*words: str, **parameters: Any) -> dict[str, Any]:
        answer = tmp_path / "answer.json"
        answer.unlink(missing_ok=True)
        task = {
            "pvefw.firewall.pvefw": {"root": str(example), **parameters},
            "register": "answer",
            "ignore_errors": True,
        }
        copy = {"content": "{{ answer | to_json }}", "dest": str(answer)}
        keep = {"ansible.builtin.copy": copy, "check_mode": False, "diff": False}
        hosts: dict[str, Any] = {"hosts": "localhost", "connection": "local", "gather_facts": False}
        hosts["tasks"] = [task, keep]
        hosts["vars"] = {"ansible_python_interpreter": sys.executable}
        (tmp_path / "play.yml").write_text(json.dumps([hosts]))
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        command = [program, "-i", "localhost,", *words, str(tmp_path / "play.yml")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert answer.exists(), done.stdout + done.stderr
        result: dict[str, Any] = json.loads(answer.read_text())
        return result

    return run


WANTED = {
    "options": {"policy_in": "REJECT", "ebtables": 0},
    "aliases": [{"name": "new-one", "network": "192.0.2.1", "comment": "c"}, {"name": "nothing", "state": "absent"}],
    "ipsets": [
        {"name": "partners", "members": ["192.0.2.0/24", "!192.0.2.13", "new-one"], "comment": "friends"},
        {"name": "office", "members": ["192.0.2.99"], "exclusive": False},
    ],
    "groups": [{"name": "fresh", "rules": ["IN SSH(ACCEPT) -source new-one", "IN DROP"]}],
    "rules": [
        {"rule": "IN Ping(ACCEPT) # first", "position": "first"},
        {"rule": "IN NTP(ACCEPT)", "position": "first"},
        {"rule": "IN Telnet(ACCEPT)", "state": "absent"},
        {"rule": "IN DROP -p tcp -dport 23"},
    ],
}


def test_it_does_what_is_wanted_once(play: Any, example: Path) -> None:
    cluster = example / "firewall" / "cluster.fw"
    before = cluster.read_text()
    checked = play("--check", "--diff", **WANTED)
    assert checked["changed"] and cluster.read_text() == before
    assert checked["diff"]["before"] == before
    done = play("--diff", **WANTED)
    after = cluster.read_text()
    assert done["changed"] and done["files"] == ["firewall/cluster.fw"] and after == checked["diff"]["after"]
    assert "new-one 192.0.2.1 # c\n" in after and "[IPSET partners] # friends\n\n192.0.2.0/24\n!192.0.2.13\nnew-one\n" in after
    assert after.index("IN Ping(ACCEPT) # first\nIN NTP(ACCEPT)\n") < after.index("IN SSH(ACCEPT) -source +office -log info")
    kept = [line for line in before.splitlines() if line.startswith("#")]
    assert [line for line in after.splitlines() if line in kept] == kept
    again = play(**WANTED)
    assert not again["changed"] and cluster.read_text() == after


def test_guests_and_nodes_have_files(play: Any, example: Path) -> None:
    made = play(guest=777, options={"enable": 1}, rules=[{"rule": "IN HTTPS(ACCEPT)"}])
    assert made["files"] == ["firewall/777.fw"]
    assert (example / "firewall" / "777.fw").read_text() == "[OPTIONS]\n\nenable: 1\n\n[RULES]\n\nIN HTTPS(ACCEPT)\n"
    play(guest=777, rules=[{"rule": "IN HTTP(ACCEPT)"}], exclusive_rules=True, options={"enable": None})
    assert (example / "firewall" / "777.fw").read_text() == "[OPTIONS]\n\n\n[RULES]\n\nIN HTTP(ACCEPT)\n"
    assert play(node_file="pve1", options={"nosmurfs": 0})["files"] == ["nodes/pve1/host.fw"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"rules": [{"rule": "IN HTPS(ACCEPT)"}]}, "there is no macro `HTPS`"),
        ({"aliases": [{"name": "dns", "state": "absent"}, {"name": "shop-db", "state": "absent"}]}, "more errors than before"),
        ({"root": "/nowhere"}, "`/nowhere` does not exist"),
        ({"node_file": "pve1", "groups": [{"name": "x1"}]}, "can't have groups"),
        ({"guest": 100, "node_file": "pve1"}, "mutually exclusive"),
        ({"aliases": [{"name": "x1"}]}, "network"),
    ],
)
def test_what_can_not_be_is_said(play: Any, example: Path, parameters: dict[str, Any], words: str) -> None:
    before = {path: path.read_bytes() for path in example.rglob("*") if path.is_file()}
    result = play(**parameters)
    assert result["failed"] and words in result["msg"], result["msg"]
    assert {path: path.read_bytes() for path in example.rglob("*") if path.is_file()} == before


def test_the_collection_builds(tmp_path: Path) -> None:
    galaxy = str(Path(sys.executable).with_name("ansible-galaxy"))
    environment = {**os.environ, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    command = [galaxy, "collection", "build", str(TOP / "python" / "ansible"), "--output-path", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, env=environment)
    assert list(tmp_path.glob("pvefw-firewall-*.tar.gz"))
