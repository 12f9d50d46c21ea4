"""The command line: `pvefw`, or `python -m pvefw`. It is the same program as the binary."""

from __future__ import annotations

import signal
import sys

from pvefw import _native


def main() -> int:
    """Run the command line of `sys.argv` and return its exit status."""
    # Nothing of Python runs below, so that Ctrl-C must end the process by itself.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # The undo of `apply --confirm-within` is this once more, in a process that outlives us.
    return _native.main(["pvefw", *sys.argv[1:]], [sys.executable, "-m", "pvefw"])


if __name__ == "__main__":
    sys.exit(main())
