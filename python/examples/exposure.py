"""Prints which ports of which guests the world may reach, as CSV: `exposure.py ROOT NODE`."""

from __future__ import annotations

import csv
import sys

import pvefw

PORTS = (22, 25, 80, 443, 3306, 3389, 5432, 8006)


def main(root: str, node: str) -> int:
    try:
        dc = pvefw.Datacenter.load(root, node=node)
        zones = ["host", *(f"vm{vmid}" for vmid in dc.guests), *(f"ct{vmid}" for vmid in dc.guests)]
        questions = [{"from": "outside", "to": zone, "dport": port} for zone in zones for port in PORTS]
        answers = dc.trace_many(questions)
    except pvefw.Error as error:
        print(error, file=sys.stderr)
        return 2
    table = csv.writer(sys.stdout)
    table.writerow(["to", "port", "rule"])
    for question, answer in zip(questions, answers):
        # A guest is a virtual machine or a container, and may be on another node: one of the questions has no answer.
        if isinstance(answer, pvefw.Answer) and answer.verdict.is_accepted:
            table.writerow([question["to"], question["dport"], answer.rule or "built in"])
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
