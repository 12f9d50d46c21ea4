"""The types of the package, checked by three checkers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pvefw
import pytest
from conftest import TOP

pytestmark = pytest.mark.once
PACKAGE = Path(pvefw.__file__).parent


def run(folder: Path, *words: str) -> None:
    done = subprocess.run([sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_is_content(tmp_path: Path) -> None:
    run(tmp_path, "mypy", "--strict", "-p", "pvefw")


def test_mypy_is_content_with_the_examples(tmp_path: Path) -> None:
    examples = [str(path) for path in sorted((TOP / "python" / "examples").glob("*.py"))]
    assert examples
    run(tmp_path, "mypy", "--strict", *examples)


def test_pyright_is_content(tmp_path: Path) -> None:
    for source in (PACKAGE, TOP / "python" / "examples"):
        shutil.copytree(source, tmp_path / source.name, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "standard"}))
    run(tmp_path, "basedpyright", "--level", "error", "--pythonpath", sys.executable)


def test_the_stubs_are_those_of_the_module(tmp_path: Path) -> None:
    # The rest of the package has its types in its sources.
    run(tmp_path, "mypy.stubtest", "pvefw._native")
