"""Makes a set of the datacenter equal to a file of networks, one a line: `blocklist.py ROOT SET FILE`."""

from __future__ import annotations

import ipaddress
import sys
from pathlib import Path

import pvefw


def main(root: str, name: str, feed: str) -> int:
    lines = Path(feed).read_text(encoding="utf-8").splitlines()
    networks = [ipaddress.ip_network(line.strip()) for line in lines if line.strip() and not line.startswith("#")]
    try:
        dc = pvefw.Datacenter.load(root)
        sets = dc.cluster.ipsets
        blocked = sets[name] if name in sets else sets.add(name, comment="kept by blocklist.py")
        added, removed = blocked.replace(networks)
        dc.save()
    except pvefw.Error as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{added} networks added, {removed} removed")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
