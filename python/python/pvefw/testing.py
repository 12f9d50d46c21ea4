"""Assertions about packets, for tests in Python. A failing one shows the way of the packet through the rules."""

from __future__ import annotations

from typing import Any

from ._datacenter import Datacenter
from ._results import Trace


def assert_allowed(datacenter: Datacenter, from_: str, to: str, **packet: Any) -> Trace:
    """Fail unless the packet certainly arrives. The arguments are those of `Datacenter.trace`."""
    __tracebackhide__ = True
    trace = datacenter.trace(from_, to, **packet)
    if not trace.verdict.is_accepted:
        raise AssertionError(f"the packet should arrive, but the verdict is {trace.verdict}\n\n{trace.text}")
    return trace


def assert_blocked(datacenter: Datacenter, from_: str, to: str, **packet: Any) -> Trace:
    """Fail unless the packet certainly does not arrive. The arguments are those of `Datacenter.trace`."""
    __tracebackhide__ = True
    trace = datacenter.trace(from_, to, **packet)
    if not trace.verdict.is_blocked:
        raise AssertionError(f"the packet should not arrive, but the verdict is {trace.verdict}\n\n{trace.text}")
    return trace
