"""What the tests share. They run against the installed wheel: `cargo xtask wheel --test`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pvefw
import pytest

pytest_plugins = ["pytester"]

TOP = Path(__file__).resolve().parents[2]
EXAMPLE = TOP / "examples" / "datacenter"
# Root needs no further namespace; others get one in which they are root.
UNSHARE = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "once: does not depend on the version of Python")
    installed = Path(pvefw.__file__).resolve()
    assert TOP / "python" not in installed.parents, "install the wheel: these tests are not about the tree"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "scenario" in metafunc.fixturenames:
        cases = scenarios()
        metafunc.parametrize("scenario", cases, ids=[case["name"] for case in cases])
    if "conformance" in metafunc.fixturenames:
        found = sorted(path.parent for path in (TOP / "tests" / "conformance").rglob("facts.json"))
        if elsewhere := os.environ.get("PVEFW_CONFORMANCE_DIR"):
            found += sorted(path.parent for path in (Path(elsewhere) / "upstream").rglob("facts.json"))
        assert len(found) > 100, "the conformance cases are not where they should be"
        metafunc.parametrize("conformance", found, ids=[f"{path.parent.name}/{path.name}" for path in found])


def scenarios() -> list[dict[str, Any]]:
    """The scenarios of tests/suite with the engine's answers, as the Rust tests export them."""
    path = os.environ.get("PVEFW_SCENARIOS")
    if path is None:
        pytest.exit("PVEFW_SCENARIOS is not set: run the tests by `cargo xtask wheel --test`", returncode=2)
    cases = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    assert len(cases) > 100
    return cases


@pytest.fixture
def namespace() -> list[str]:
    """The words before a command that is to run in a network namespace of its own."""
    try:
        done = subprocess.run([*UNSHARE, "iptables-save"], capture_output=True, check=False)
    except FileNotFoundError:
        done = None
    if done is None or done.returncode != 0:
        pytest.skip("this machine gives us no network namespace, or has no iptables: applying is not tested")
    return UNSHARE


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example datacenter."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "pve"))


@pytest.fixture
def dc(example: Path) -> pvefw.Datacenter:
    """The example datacenter, as seen from its first node."""
    return pvefw.Datacenter.load(example, node="pve1", facts=example / "facts.json")
