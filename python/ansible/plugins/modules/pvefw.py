#!/usr/bin/python
"""Ensures what stands in a file of the Proxmox VE firewall."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pvefw
short_description: Ensure rules, sets, aliases, options and groups of the Proxmox VE firewall
description:
  - Says what should be in one file of the Proxmox VE firewall. What is there already is left as it is, to the byte.
  - A configuration that would have more errors than before is not written.
requirements:
  - the Python package pvefw
options:
  root:
    description: The configuration root.
    type: path
    default: /etc/pve
  guest:
    description: The number of a guest whose file is meant. Without O(guest) and O(node_file) it is the datacenter's.
    type: int
  node_file:
    description: The name of a node whose file is meant.
    type: str
  options:
    description: Options by name. One without a value (V(null)) is removed.
    type: dict
    default: {}
  aliases:
    description: Aliases that should be there, or not.
    type: list
    elements: dict
    default: []
    suboptions:
      name: {description: Its name., type: str, required: true}
      network: {description: The address or network., type: str}
      comment: {description: The comment behind it., type: str}
      state: {description: Whether it should be there., type: str, choices: [present, absent], default: present}
  ipsets:
    description: Sets that should be there, or not.
    type: list
    elements: dict
    default: []
    suboptions:
      name: {description: Its name., type: str, required: true}
      members: {description: "Addresses, networks and aliases; V(!) in front makes an exception.", type: list, elements: str}
      exclusive: {description: Whether it should have no other members., type: bool, default: true}
      comment: {description: The comment behind its header., type: str}
      state: {description: Whether it should be there., type: str, choices: [present, absent], default: present}
  groups:
    description: Security groups that should be there, or not.
    type: list
    elements: dict
    default: []
    suboptions:
      name: {description: Its name., type: str, required: true}
      rules: {description: "Its rules, in order.", type: list, elements: str}
      comment: {description: The comment behind its header., type: str}
      state: {description: Whether it should be there., type: str, choices: [present, absent], default: present}
  rules:
    description: Rules that should be there, or not.
    type: list
    elements: dict
    default: []
    suboptions:
      rule: {description: The rule as it is written in files., type: str, required: true}
      position: {description: Where a new one comes., type: str, choices: [first, last], default: last}
      state: {description: Whether it should be there., type: str, choices: [present, absent], default: present}
  exclusive_rules:
    description: Whether there should be no rules but those of O(rules), in their order.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: The office may reach the web server
  pvefw.firewall.pvefw:
    guest: 100
    options: {enable: 1, policy_in: DROP}
    rules:
      - rule: "IN SSH(ACCEPT) -source +office # ops"
        position: first
"""

RETURN = r"""
files:
  description: The files that were changed, or would be.
  type: list
  elements: str
  returned: always
findings:
  description: What is wrong in the whole configuration.
  type: list
  elements: dict
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    import pvefw
except ImportError as missing:
    pvefw = None
    MISSING = str(missing)

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}
NAME = {"type": "str", "required": True}
PARAMETERS = {
    "root": {"type": "path", "default": "/etc/pve"},
    "guest": {"type": "int"},
    "node_file": {"type": "str"},
    "options": {"type": "dict", "default": {}},
    "aliases": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {"name": NAME, "network": {"type": "str"}, "comment": {"type": "str"}, "state": STATE},
        "required_if": [("state", "present", ["network"])],
    },
    "ipsets": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": NAME,
            "members": {"type": "list", "elements": "str"},
            "exclusive": {"type": "bool", "default": True},
            "comment": {"type": "str"},
            "state": STATE,
        },
    },
    "groups": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": NAME,
            "rules": {"type": "list", "elements": "str"},
            "comment": {"type": "str"},
            "state": STATE,
        },
    },
    "rules": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "rule": {"type": "str", "required": True},
            "position": {"type": "str", "choices": ["first", "last"], "default": "last"},
            "state": STATE,
        },
    },
    "exclusive_rules": {"type": "bool", "default": False},
}


def absent(item):
    return item["state"] == "absent"


def options(file, wanted):
    for name, value in wanted.items():
        if value is None:
            file.options.pop(name, None)
        else:
            file.options[name] = value


def aliases(file, wanted):
    for item in wanted:
        known = file.aliases.get(item["name"])
        if absent(item):
            if known:
                del file.aliases[item["name"]]
            continue
        if known is None or known.text != item["network"]:
            file.aliases[item["name"]] = item["network"]
        if item["comment"] is not None and (known is None or known.comment != item["comment"]):
            file.aliases.set(item["name"], item["network"], comment=item["comment"])


def named(known, item):
    """The set or group of an item, made if it should be there; `None` if it should not."""
    if absent(item):
        if item["name"] in known:
            known.remove(item["name"], force=True)
        return None
    found = known[item["name"]] if item["name"] in known else known.add(item["name"], comment=item["comment"])
    if item["comment"] is not None and found.comment != item["comment"]:
        found.comment = item["comment"]
    return found


def ipsets(file, wanted):
    for item in wanted:
        found = named(file.ipsets, item)
        if found is None or item["members"] is None:
            continue
        if item["exclusive"]:
            found.replace(item["members"])
        else:
            for member in item["members"]:
                found.add(member)


def groups(file, wanted):
    for item in wanted:
        found = named(file.groups, item)
        if found is not None and item["rules"] is not None:
            found.rules.replace(item["rules"])


def rules(file, wanted, exclusive):
    if exclusive:
        file.rules.replace([item["rule"] for item in wanted if not absent(item)])
        return
    for item in wanted:
        if absent(item):
            while (found := file.rules.find(item["rule"])) is not None:
                found.remove()
    first = 0
    for item in wanted:
        if not absent(item):
            new = file.rules.find(item["rule"]) is None
            file.rules.ensure(item["rule"], first if item["position"] == "first" else None)
            # Several new ones keep their order.
            first += new and item["position"] == "first"


def run(module):
    parameters = module.params
    dc = pvefw.Datacenter.load(parameters["root"])
    errors = dc.check().summary.errors
    if parameters["guest"] is not None:
        file = dc.guest(parameters["guest"])
    elif parameters["node_file"] is not None:
        file = dc.host(parameters["node_file"])
    else:
        file = dc.cluster
    for key in ("aliases", "ipsets", "groups"):
        if parameters[key] and not hasattr(file, key):
            module.fail_json(msg=f"`{file.path}` can't have {key}: they belong to the datacenter")
    before = file.text
    options(file, parameters["options"])
    if parameters["aliases"]:
        aliases(file, parameters["aliases"])
    if parameters["ipsets"]:
        ipsets(file, parameters["ipsets"])
    if parameters["groups"]:
        groups(file, parameters["groups"])
    if parameters["rules"] or parameters["exclusive_rules"]:
        rules(file, parameters["rules"], parameters["exclusive_rules"])
    findings = dc.check()
    result = {
        "changed": bool(dc.changed),
        "files": list(dc.changed),
        "findings": [found.to_dict() for found in findings],
        "diff": {"before_header": file.path, "after_header": file.path, "before": before, "after": file.text},
    }
    if findings.summary.errors > errors:
        module.fail_json(msg=f"the configuration would have more errors than before\n{findings.text}", **result)
    if not module.check_mode:
        dc.save()
    module.exit_json(**result)


def main():
    module = AnsibleModule(PARAMETERS, supports_check_mode=True, mutually_exclusive=[("guest", "node_file")])
    if pvefw is None:
        module.fail_json(msg=missing_required_lib("pvefw"), exception=MISSING)
    try:
        run(module)
    except pvefw.Error as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
