"""Edits, and saving them."""

from __future__ import annotations

import copy
import hashlib
import ipaddress
import os
import pickle
import stat
from pathlib import Path

import pvefw
import pytest
from pvefw import Action, Direction, LogLevel, Rule

CLUSTER = "# ours\n[OPTIONS]\n\nenable: 1\n\n[ALIASES]\nsrv 10.0.0.1 # the server\n\n[IPSET office] # us\n\n10.0.0.0/8 # all\n\n[RULES]\n\n# first\nIN SSH(ACCEPT)  -source srv   # ops\n|IN DROP -source +office\n\n[group web]\n\nIN HTTP(ACCEPT)\n"


@pytest.fixture
def small() -> pvefw.Datacenter:
    return pvefw.Datacenter.from_files({"firewall/cluster.fw": CLUSTER, "firewall/100.fw": "[RULES]\nIN ACCEPT -source dc/srv\n"})


def test_rules_are_typed(small: pvefw.Datacenter) -> None:
    ssh, drop = small.cluster.rules
    assert (ssh.direction, ssh.action, ssh.macro, ssh.source, ssh.comment) == (Direction.IN, Action.ACCEPT, "SSH", "srv", "ops")
    assert ssh.enabled and not drop.enabled and drop.action is Action.DROP and drop.macro is None
    assert str(ssh.place) == "firewall/cluster.fw:16" and ssh.source_networks == ()
    made = Rule("in", "DROP", source=[ipaddress.ip_network("10.0.0.0/8"), "192.168.0.1"], proto="tcp", dport=22, log=LogLevel.INFO, comment="x", enabled=False)
    assert made.text == "|in DROP -source 10.0.0.0/8,192.168.0.1 -p tcp -dport 22 -log info # x"
    assert made.source_networks == (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("192.168.0.1"))
    assert Rule("IN", "DROP", proto="tcp", dport=[22, "8000:8099"]).dport == "22,8000:8099"
    assert Rule.use("web", iface="net0").group == "web" and Rule.use("web").direction is Direction.GROUP
    copied = copy.copy(made)
    copied.comment = "y"
    assert made.comment == "x" and pickle.loads(pickle.dumps(made)) == made == copy.deepcopy(made)
    assert small.guest(100) == small.guest(100) != small.guest(101) and small.cluster.rules == small.cluster.rules
    assert small.cluster.groups["web"].rules == small.cluster.groups["WEB"].rules != small.cluster.rules
    assert len({small.cluster.ipsets["office"], small.cluster.ipsets["Office"]}) == 1
    assert small.cluster.options == {"enable": "1"}
    assert made == Rule.parse(made.text) and len({made, Rule.parse(made.text)}) == 1


def test_an_edit_touches_its_line_alone(small: pvefw.Datacenter) -> None:
    ssh, drop = small.cluster.rules
    ssh.source = ipaddress.ip_address("10.0.0.9")
    assert small.cluster.text == CLUSTER.replace("-source srv ", "-source 10.0.0.9 ")
    ssh.source = "srv"
    ssh.log = "info"
    assert small.cluster.text == CLUSTER.replace("srv   #", "srv -log info   #")
    ssh.log = None
    drop.enabled = True
    drop.action = Action.REJECT
    assert small.cluster.text == CLUSTER.replace("|IN DROP", "IN REJECT")
    drop.remove()
    assert small.cluster.text == CLUSTER.replace("|IN DROP -source +office\n", "")
    assert small.changed == ("firewall/cluster.fw",)


def test_a_rule_keeps_its_identity(small: pvefw.Datacenter) -> None:
    rules = small.cluster.rules
    ssh, drop = rules
    new = rules.insert(0, Rule.parse("IN Ping(ACCEPT)"))
    assert list(rules) == [new, ssh, drop] and rules.index(ssh) == 1
    ssh.move(0)
    assert [rule.macro for rule in rules] == ["SSH", "Ping", None]
    rules.move(ssh, -1)
    new.comment = "still me"
    del rules[0]
    assert repr(new) == "<Rule that was removed>"
    with pytest.raises(pvefw.NotFoundError, match="no longer there"):
        new.comment = "gone"
    assert list(rules) == [drop, ssh] or list(rules) == [ssh, drop]


def test_rules_can_be_ensured_and_replaced(small: pvefw.Datacenter) -> None:
    rules = small.cluster.rules
    assert rules.ensure("IN ssh(ACCEPT) -source srv") == rules[0] and small.changed == ()
    rules.ensure("IN DROP -source +office # on now")
    assert rules[1].text == "IN DROP -source +office # on now"
    rules.replace(["IN Ping(ACCEPT)", "IN DROP -source +office", "IN SSH(ACCEPT) -source srv"])
    assert [rule.text for rule in rules] == ["IN Ping(ACCEPT)", "IN DROP -source +office # on now", "IN SSH(ACCEPT)  -source srv   # ops"]
    assert "# first\n" in small.cluster.text
    before = small.cluster.text
    rules.replace(["IN Ping(ACCEPT)", "IN DROP -source +office", "IN SSH(ACCEPT) -source srv"])
    assert small.cluster.text == before


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda dc: dc.cluster.rules.append("IN HTPS(ACCEPT)"), "unknown-macro"),
        (lambda dc: dc.cluster.rules.append("IN ACCEPT -source +nowhere"), "unknown-set"),
        (lambda dc: dc.guest(100).rules.append("GROUP none"), "unknown-group"),
        (lambda dc: setattr(dc.cluster.rules[0], "source", "10.0.0.300"), "bad-address"),
        (lambda dc: setattr(dc.cluster.rules[0], "dport", 22), "port-without-protocol"),
        (lambda dc: setattr(dc.cluster.rules[0], "comment", "a\nb"), None),
        (lambda dc: setattr(dc.cluster.rules[0], "iface", "a -p tcp"), None),
        (lambda dc: setattr(dc.cluster.options, "policy_in", "MAYBE"), "bad-value"),
        (lambda dc: setattr(dc.cluster.options, "polcy_in", "DROP"), "unknown-option"),
        (lambda dc: dc.cluster.aliases.set("a b", "10.0.0.1"), None),
        (lambda dc: dc.cluster.aliases.set("x1", "10.0.0.0/33"), "prefix-too-long"),
        (lambda dc: dc.cluster.ipsets["office"].add("nonsense!"), "bad-address"),
        (lambda dc: dc.cluster.ipsets["office"].replace(["10.0.0.1", "!10.0.0.1"]), None),
        (lambda dc: dc.cluster.ipsets["office"].replace(["10.0.0.1", "::/0"]), "zero-prefix"),
        (lambda dc: dc.cluster.ipsets.add("office"), None),
        (lambda dc: dc.cluster.ipsets.add("new-one", ["10.0.0.1", "what?"]), "bad-address"),
        (lambda dc: dc.cluster.groups.add("x" * 19), None),
        (lambda dc: dc.cluster.groups.remove("web"), None),
        (lambda dc: dc.rename_alias("srv", "a b"), None),
        (lambda dc: Rule("SIDEWAYS", "ACCEPT"), "unknown-direction"),
    ],
)
def test_no_edit_makes_a_faulty_line(small: pvefw.Datacenter, edit: object, code: str | None) -> None:
    with pytest.raises(pvefw.EditError) as caught:
        edit(small)  # type: ignore[operator]
    assert caught.value.code == code
    assert small.cluster.text == CLUSTER and small.changed == ()


def test_options_are_a_mapping_with_attributes(small: pvefw.Datacenter) -> None:
    options = small.cluster.options
    assert dict(options) == {"enable": "1"} and options.enable == "1" and options.policy_in is None
    options.policy_in = Action.REJECT
    options["ebtables"] = False
    assert small.cluster.text == CLUSTER.replace("enable: 1\n", "enable: 1\npolicy_in: REJECT\nebtables: 0\n")
    options.policy_in = None
    del options["ebtables"]
    assert small.cluster.text == CLUSTER
    with pytest.raises(pvefw.NotFoundError):
        del options["ebtables"]
    guest = small.guest(200)
    assert not guest.exists
    guest.options.enable = True
    assert guest.text == "[OPTIONS]\n\nenable: 1\n"


def test_aliases_are_networks(small: pvefw.Datacenter) -> None:
    aliases = small.cluster.aliases
    assert aliases["SRV"].network == ipaddress.ip_network("10.0.0.1") and aliases["srv"].comment == "the server"
    aliases["srv"] = ipaddress.ip_network("2001:db8::/32")
    assert small.cluster.text == CLUSTER.replace("srv 10.0.0.1 #", "srv 2001:db8::/32 #")
    aliases.set("gw", "10.0.0.254", comment="router")
    del aliases["srv"]
    assert list(aliases) == ["gw"] and "gw" in aliases and "gw 10.0.0.254 # router\n" in small.cluster.text
    with pytest.raises(pvefw.NotFoundError):
        del aliases["srv"]
    with pytest.raises(KeyError):
        aliases["srv"]


def test_a_set_is_replaced_in_one_go(small: pvefw.Datacenter) -> None:
    office = small.cluster.ipsets["office"]
    networks = [ipaddress.ip_network((0x0B000000 + 256 * number, 24)) for number in range(70_000)]
    assert office.replace([ipaddress.ip_network("10.0.0.0/8"), *networks]) == (70_000, 0)
    assert len(office) == 70_001 and networks[-1] in office and "10.0.0.0/8 # all\n" in small.cluster.text
    assert office.replace(["10.0.0.0/8"]) == (0, 70_000)
    assert small.cluster.text == CLUSTER
    office.add(ipaddress.ip_address("2001:db8::1"), comment="home")
    office.add("!10.1.0.0/16")
    assert [str(member) for member in office] == ["10.0.0.0/8", "2001:db8::1", "!10.1.0.0/16"]
    assert "2001:db8::1/128" in office and office.discard("::5") is False
    office.remove("2001:db8::1")
    with pytest.raises(pvefw.NotFoundError):
        office.remove("2001:db8::1")
    office.comment = None
    assert "[IPSET office]\n" in small.cluster.text


def test_sets_and_groups_come_and_go(small: pvefw.Datacenter) -> None:
    cluster = small.cluster
    cluster.ipsets.add("Partners", ["192.0.2.0/24", pvefw.Member("srv", comment="ours")], comment="them")
    assert "[IPSET partners] # them\n\n192.0.2.0/24\nsrv # ours\n\n[RULES]" in cluster.text
    cluster.groups.add("shop", ["IN HTTPS(ACCEPT)", "IN HTTP(ACCEPT)"], comment="open")
    assert cluster.text.endswith("\n[group shop] # open\n\nIN HTTPS(ACCEPT)\nIN HTTP(ACCEPT)\n")
    assert cluster.groups["shop"].comment == "open" and len(cluster.groups["shop"].rules) == 2
    cluster.groups.remove("shop", force=True)
    cluster.ipsets.remove("partners", force=True)
    assert cluster.text.rstrip() == CLUSTER.rstrip()


def test_names_change_in_all_files(small: pvefw.Datacenter) -> None:
    assert small.rename_alias("srv", "web-1") == 3
    assert small.rename_ipset("office", "home") == 2
    assert small.cluster.text == CLUSTER.replace("srv 10", "web-1 10").replace("source srv", "source web-1").replace("office", "home")
    assert small.guest(100).text == "[RULES]\nIN ACCEPT -source dc/web-1\n"
    assert not small.check().errors
    with pytest.raises(pvefw.NotFoundError, match="there is no alias `srv`"):
        small.rename_alias("srv", "other")
    with pytest.raises(pvefw.NotFoundError):
        small.rename_group("none", "other")


def test_a_digest_is_that_of_proxmox_ve(small: pvefw.Datacenter) -> None:
    def sha1(*elements: dict[str, object]) -> str:
        fields = [(key, element[key]) for element in elements for key in sorted(element)]
        return hashlib.sha1("".join(f"{key}:{value}\n" for key, value in fields).encode()).hexdigest()

    cluster = small.cluster
    ssh = {"type": "in", "action": "ACCEPT", "macro": "SSH", "source": "srv", "ipversion": 4, "comment": "ops", "enable": 1}
    drop = {"type": "in", "action": "DROP", "source": "+office", "enable": 0}
    assert cluster.rules.digest == sha1(ssh, drop)
    assert cluster.options.digest == sha1({"enable": 1})
    assert cluster.aliases.digest == sha1({"name": "srv", "cidr": "10.0.0.1", "ipversion": 4, "comment": "the server"})
    assert cluster.ipsets.digest == sha1({"name": "office", "comment": "us"})
    assert cluster.ipsets["office"].digest == sha1({"cidr": "10.0.0.0/8", "comment": "all"})
    assert cluster.groups.digest == sha1({"group": "web"})
    assert cluster.groups["web"].rules.digest == sha1({"type": "in", "action": "ACCEPT", "macro": "HTTP", "enable": 1})
    assert small.host("pve1").rules.digest == small.vnet("v1").options.digest == sha1()


def test_what_was_seen_must_still_be_there(small: pvefw.Datacenter) -> None:
    rules, office = small.cluster.rules, small.cluster.ipsets["office"]
    seen, members, options = rules.digest, office.digest, small.cluster.options.digest
    rules.check_digest(seen).insert(0, "IN Ping(ACCEPT)")
    before = small.cluster.text
    with pytest.raises(pvefw.ChangedError, match=f"the rules of `firewall/cluster.fw` are not .* not `{seen}`"):
        rules.check_digest(seen).append("IN DROP")
    assert small.cluster.text == before
    office.check_digest(members).add("192.0.2.1")
    with pytest.raises(pvefw.ChangedError, match="the members of the set `office`"):
        office.check_digest(members)
    small.cluster.options.check_digest(options).enable = False
    with pytest.raises(pvefw.EditError, match="`latest` is not a digest"):
        small.cluster.options.check_digest("latest")
    small.cluster.ipsets.remove("office", force=True)
    with pytest.raises(pvefw.NotFoundError, match="there is no set `office`"):
        office.check_digest(members)


def test_only_changed_files_are_saved(dc: pvefw.Datacenter, example: Path) -> None:
    times = {path: path.stat().st_mtime_ns for path in example.rglob("*") if path.is_file()}
    target = example / "firewall" / "100.fw"
    os.chmod(target, 0o640)
    before = target.read_text()
    dc.guest(100).rules.insert(0, "IN Ping(ACCEPT) # monitoring")
    dc.guest(300).options.enable = True
    assert "+IN Ping(ACCEPT) # monitoring\n" in dc.patch() and "--- /dev/null\n+++ b/firewall/300.fw" in dc.patch()
    assert dc.save() == ("firewall/100.fw", "firewall/300.fw") and dc.save() == () and dc.patch() == ""
    assert target.read_text().replace("IN Ping(ACCEPT) # monitoring\n", "", 1) == before
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert (example / "firewall" / "300.fw").read_text() == "[OPTIONS]\n\nenable: 1\n"
    touched = [path for path, time in times.items() if path.stat().st_mtime_ns != time]
    assert touched == [target] and not list(example.rglob("*.tmp.*"))
    again = pvefw.Datacenter.load(example, node="pve1")
    assert again.guest(100).rules[0].comment == "monitoring" and again.files()["firewall/100.fw"] == target.read_bytes()


def test_somebody_elses_change_is_not_overwritten(dc: pvefw.Datacenter, example: Path) -> None:
    target = example / "firewall" / "100.fw"
    cluster = (example / "firewall" / "cluster.fw").read_bytes()
    target.write_text("theirs")
    dc.cluster.rules.append("IN Ping(ACCEPT)")
    dc.guest(100).options.enable = False
    with pytest.raises(pvefw.ChangedOnDiskError, match="has been changed by somebody else"):
        dc.save()
    target.unlink()
    with pytest.raises(pvefw.ChangedOnDiskError, match="has vanished"):
        dc.save()
    assert (example / "firewall" / "cluster.fw").read_bytes() == cluster and dc.changed
    with pytest.raises(pvefw.SaveError, match="no folder"):
        small = pvefw.Datacenter.from_files({})
        small.guest(1).options.enable = True
        small.save()


def test_a_disk_that_takes_nothing(dc: pvefw.Datacenter, example: Path) -> None:
    (example / "sdn").write_text("a file where a folder should be")
    cluster = (example / "firewall" / "cluster.fw").read_bytes()
    dc.cluster.rules.append("IN Ping(ACCEPT)")
    dc.vnet("v1").options.enable = True
    with pytest.raises(pvefw.SaveError, match="can't write"):
        dc.save()
    assert (example / "firewall" / "cluster.fw").read_bytes() == cluster and not list(example.rglob("*.tmp.*"))


def test_the_locks_of_a_live_configuration_are_taken(dc: pvefw.Datacenter, example: Path) -> None:
    held = example / "priv" / "lock" / "firewall-cluster"
    held.mkdir(parents=True)
    dc.cluster.options.enable = False
    dc.guest(100).options.enable = False
    with pytest.raises(pvefw.LockedError, match="firewall-cluster` was not free within 0 s"):
        dc.save(timeout=0)
    assert len(dc.changed) == 2
    held.rmdir()
    assert len(dc.save()) == 2 and not list(held.parent.iterdir())
