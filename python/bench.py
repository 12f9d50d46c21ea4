"""How long loading, checking and compiling a root takes from Python: the best of some turns, in milliseconds.

`cargo xtask bench python` runs this beside `tests/examples/engine.rs`, which does the same natively.
"""

import sys
import time

import pvefw


def milliseconds(run):
    start = time.perf_counter()
    value = run()
    return value, (time.perf_counter() - start) * 1000


best = [float("inf")] * 3
for _ in range(5):
    dc, load = milliseconds(lambda: pvefw.Datacenter.load(sys.argv[1]))
    _, check = milliseconds(dc.check)
    _, compiled = milliseconds(dc.compile)
    best = [min(pair) for pair in zip(best, (load, check, compiled))]
print(*best)
