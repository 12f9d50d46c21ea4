"""The tour that the package was made for, word by word, where it is meant to be run: as root, on `/etc/pve`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

TOUR = """
import pvefw

dc = pvefw.Datacenter.load("/etc/pve")                # or .from_files({...}); any os.PathLike
for d in dc.check(): print(d)                         # d.code, d.severity, d.file, d.line, d.column, d.message, d.fixes
vm = dc.guest(100)
rule = vm.rules.insert(0, pvefw.Rule.parse("IN SSH(ACCEPT) -source +management"))
rule.comment = "ops"; vm.options.policy_in = "DROP"
dc.cluster.ipsets["blacklist"].replace(networks)      # 70,000 ipaddress objects, in place, one go
dc.rename_alias("srv", "web-1")                       # definition and every reference, all files
dc.trace("outside", "vm100", source="198.51.100.7", proto="tcp", dport=22).verdict   # pvefw.Verdict.DROP; .rule.file, .rule.line
print(dc.diff(pvefw.Datacenter.load("/etc/pve")))
dc.save()                                             # only changed files, atomically; every comment and blank line kept
pvefw.Node(dc).apply(confirm_within=60)               # Linux, root
"""

BEFORE = """
import ipaddress, pathlib, pickle
networks = [ipaddress.ip_network((0x0B000000 + 256 * number, 24)) for number in range(70_000)]
old = {path: path.read_text() for path in pathlib.Path("/etc/pve").rglob("*.fw")}
"""

AFTER = """
trace = dc.trace("outside", "vm100", source="198.51.100.7", proto="tcp", dport=22)
assert trace.verdict is pvefw.Verdict.DROP and (trace.rule.file, trace.rule.line), trace
assert {d.severity for d in dc.check()} <= {pvefw.Severity.WARNING, pvefw.Severity.INFO}
assert pickle.loads(pickle.dumps(list(dc.check()))) == list(dc.check())
node = pvefw.Node(dc)
status = node.status()
assert status.running and status.waits is not None and not status.pending_changes
node.confirm()
node.stop()
for path, text in old.items():
    # All that is no longer there is what was to be changed.
    kept = set(path.read_text().replace("web-1", "srv").splitlines())
    gone = [line for line in text.splitlines() if line not in kept]
    assert not [line for line in gone if line.startswith(("#", "IN", "|", "[", "srv"))], (path, gone)
assert len(dc.cluster.ipsets["blacklist"]) == 70_000
assert "IN SSH(ACCEPT) -source +management # ops" in vm.text and "policy_in: DROP" in vm.text
"""

# Files of this machine are covered in a mount namespace: nobody else sees that.
COVER = """
set -e
mount --bind "$1/etc" /etc
mount -t tmpfs tmpfs /var/lib
hostname pve1
exec "$2" tour.py
"""


def test_the_tour_runs_word_by_word(example: Path, tmp_path: Path, namespace: list[str]) -> None:
    etc = tmp_path / "etc"
    # What not everybody may read is not needed.
    subprocess.run(["cp", "--archive", "/etc", str(etc)], capture_output=True, check=False)
    shutil.rmtree(etc / "pve", ignore_errors=True)
    example.rename(etc / "pve")
    shutil.rmtree(etc / "pve" / "nodes" / "pve2")
    cluster = etc / "pve" / "firewall" / "cluster.fw"
    text = cluster.read_text().replace("[ALIASES]\n", "[ALIASES]\nsrv 192.168.10.77\n", 1)
    cluster.write_text(text.replace("IN REJECT -p tcp -dport 22", "IN DROP -p tcp -dport 22"))
    with (etc / "pve" / "firewall" / "101.fw").open("a") as guest:
        guest.write("\n[RULES]\n# theirs\nIN ACCEPT -source dc/srv # stays\n")
    (tmp_path / "tour.py").write_text(BEFORE + TOUR + AFTER)
    words = [*namespace, "--mount", "--uts", "sh", "-c", COVER, "sh", str(tmp_path), sys.executable]
    environment = {key: value for key, value in os.environ.items() if key != "SSH_CONNECTION"}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12.17.111.0/24" in done.stdout and "IN SSH(ACCEPT) -source +management" in done.stdout
