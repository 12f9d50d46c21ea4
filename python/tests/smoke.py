"""What an interpreter alone may break, for those that don't run the tests. It takes the package and nothing else.

    python smoke.py FOLDER

loads a copy of the configuration root FOLDER, and prints what it ran on.
"""

from __future__ import annotations

import ipaddress
import pickle
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pvefw
from pvefw.testing import assert_allowed


def main(example: Path) -> None:
    dc = pvefw.Datacenter.load(example, node="pve1", facts=example / "facts.json")
    assert not dc.check().errors and dc.test().passed
    rule = dc.guest(100).rules.insert(0, pvefw.Rule("IN", "DROP", source=ipaddress.ip_network("198.51.100.0/24")))
    rule.comment = "smoke"
    assert dc.save() == ("firewall/100.fw",) and "# smoke" in (example / "firewall" / "100.fw").read_text()
    with ThreadPoolExecutor(4) as pool:
        traces = list(pool.map(lambda port: assert_allowed(dc, "outside", "vm100", dport=port), [80, 443] * 4))
    assert traces[0].verdict is pvefw.Verdict.ACCEPT and pickle.loads(pickle.dumps(traces)) == traces
    assert len({hash(trace) for trace in traces}) == 2 and dc.compile().lines["v4"]
    try:
        dc.guest(100).rules.append("IN HTPS(ACCEPT)")
    except pvefw.EditError as error:
        assert error.code == "unknown-macro", error
    else:
        raise AssertionError
    subprocess.run([sys.executable, "-m", "pvefw", "check", str(example)], check=True, capture_output=True)
    subprocess.run([Path(sys.executable).with_name("pvefw"), "--version"], check=True, capture_output=True)
    locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    # An extension module that is not made to run without the lock would switch it on.
    assert locked is not bool(sysconfig.get_config_var("Py_GIL_DISABLED")), sys.version
    print(f"Python {sys.version.split()[0]} ({'with' if locked else 'without'} the lock): pvefw {pvefw.__version__} works")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(shutil.copytree(sys.argv[1], Path(folder) / "pve")))
