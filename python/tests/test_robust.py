"""Threads, memory, speed of the border, and what comes with the package."""

from __future__ import annotations

import os
import resource
import sys
import sysconfig
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import pvefw
import pytest


def test_threads_share_a_datacenter(dc: pvefw.Datacenter) -> None:
    def work(number: int) -> str:
        if number % 4 == 0:
            dc.guest(500 + number).rules.append(f"IN ACCEPT -p tcp -dport {number + 1}")
        verdict = dc.trace("outside", "vm100", dport=443).verdict
        return f"{verdict} {len(dc.check().errors)} {dc.compile().node}"

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, range(64))) == {"ACCEPT 0 pve1"}
    assert len(dc.changed) == 16


def test_long_calls_let_others_run() -> None:
    members = "\n".join(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(200_000))
    big = pvefw.Datacenter.from_files({"firewall/cluster.fw": f"[OPTIONS]\nenable: 1\n[IPSET big]\n{members}\n"})
    ticks: list[float] = []
    done = threading.Event()

    def tick() -> None:
        while not done.is_set():
            ticks.append(time.monotonic())
            time.sleep(0)

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        before = len(ticks)
        big.check()
        during = len(ticks) - before
    finally:
        done.set()
        thread.join()
    # Held by the call, the interpreter could not have run the other thread even once or twice.
    assert during > 10


def test_memory_does_not_grow(example: Path) -> None:
    files = {path.relative_to(example).as_posix(): path.read_bytes() for path in (example / "firewall").iterdir()}

    def load(times: int) -> int:
        for _ in range(times):
            loaded = pvefw.Datacenter.from_files(files)
            loaded.cluster.options.get("enable")
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    warm = load(2_000)
    # `cargo xtask wheel --loads` makes it 100,000.
    assert load(int(os.environ.get("PVEFW_LOADS", "10000"))) - warm < 4 * 1024, "kilobytes"


def test_edits_of_long_lists_are_not_slow() -> None:
    dc = pvefw.Datacenter.from_files({})
    rules = dc.guest(100).rules
    for port in range(1, 1001):
        rules.append(f"IN ACCEPT -p tcp -dport {port}")
    assert len(rules) == 1000 and rules[-1].dport == "1000"


def test_the_package_says_what_it_is() -> None:
    found = metadata.metadata("pvefw")
    assert found["Requires-Python"] == ">=3.10" and pvefw.__version__ == found["Version"]
    entry_points = {point.group: point.value for point in metadata.distribution("pvefw").entry_points}
    assert entry_points == {"console_scripts": "pvefw.__main__:main", "pytest11": "pvefw.pytest_plugin"}
    assert (Path(pvefw.__file__).parent / "py.typed").exists()
    assert all(getattr(pvefw, name).__doc__ or not isinstance(getattr(pvefw, name), type) for name in pvefw.__all__)


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this interpreter has a lock")
def test_the_lock_stays_off() -> None:
    assert not sys._is_gil_enabled()  # type: ignore[attr-defined]
