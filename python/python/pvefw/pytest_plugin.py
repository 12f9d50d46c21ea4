"""The pytest plugin: policy tests in `tests.toml` are collected, and the fixture `datacenter` is the configuration.

It is there once the package is installed. A `tests.toml` is collected if it stands in a configuration root, or if
`pvefw_root` names the root that its tests are about. The settings `pvefw_root`, `pvefw_node` and `pvefw_facts` stand in
pytest's configuration file, relative to it, or on the command line with `--`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ._datacenter import Datacenter
from ._errors import Error
from ._results import TestResult

_SETTINGS = {
    "root": "the configuration root: a folder laid out like /etc/pve",
    "node": "the node to look from",
    "facts": "a JSON file with what a live node would tell",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the settings."""
    group = parser.getgroup("pvefw", "the Proxmox VE firewall")
    for name, help in _SETTINGS.items():
        group.addoption(f"--pvefw-{name}", metavar=name.upper(), help=help)
        parser.addini(f"pvefw_{name}", help)


def _setting(config: pytest.Config, name: str) -> str | None:
    given = config.getoption(f"--pvefw-{name}") or config.getini(f"pvefw_{name}")
    return str(given) if given else None


def _path(config: pytest.Config, name: str) -> Path | None:
    """A setting that is a path: of the command line from where pytest runs, else from the configuration file."""
    if given := config.getoption(f"--pvefw-{name}"):
        return config.invocation_params.dir / str(given)
    given = _setting(config, name)
    return None if given is None else config.rootpath / given


def _is_root(folder: Path) -> bool:
    return (folder / "firewall").is_dir() or (folder / "nodes").is_dir()


def _load(config: pytest.Config, root: Path) -> Datacenter:
    return Datacenter.load(root, node=_setting(config, "node"), facts=_path(config, "facts"))


@pytest.fixture
def datacenter(request: pytest.FixtureRequest) -> Datacenter:
    """The configuration: that of `pvefw_root`, else the nearest one above the test. A fresh one for each test."""
    config = request.config
    root = _path(config, "root")
    if root is None:
        root = next((folder for folder in request.path.parents if _is_root(folder)), None)
    if root is None:
        pytest.fail("there is no configuration root: set `pvefw_root` in pytest's configuration", pytrace=False)
    return _load(config, root)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect `tests.toml`."""
    if file_path.name != "tests.toml":
        return None
    root = file_path.parent if _is_root(file_path.parent) else _path(parent.config, "root")
    if root is None:
        return None
    return PolicyFile.from_parent(parent, path=file_path, root=root)


class PolicyFile(pytest.File):
    """A file of policy tests."""

    def __init__(self, *, root: Path, **more: Any) -> None:
        super().__init__(**more)
        self._root = root

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each test, and one more if there are mistakes in the file."""
        try:
            report = _load(self.config, self._root).test(self.path)
        except Error as error:
            raise self.CollectError(str(error)) from error
        if report.summary.errors:
            message = "\n".join(str(found) for found in report.diagnostics)
            yield PolicyMistakes.from_parent(self, name="mistakes in the file", message=message)
        for result in report:
            yield PolicyItem.from_parent(self, name=result.name, result=result)


class PolicyFailure(Exception):
    """Packets of a policy test did not fare as it says."""


class PolicyItem(pytest.Item):
    """A policy test."""

    def __init__(self, *, result: TestResult, **more: Any) -> None:
        super().__init__(**more)
        self.result = result

    def runtest(self) -> None:
        """Fail if the test failed."""
        if not self.result.passed:
            raise PolicyFailure(self._text())

    def _text(self) -> str:
        parts = [f"{self.result.failed} of {self.result.packets} packets did not fare as the test says"]
        for failure in self.result.failures:
            parts += ["", failure.reason, failure.text.rstrip()]
        return "\n".join(parts)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The ways of its packets, and nothing of how they were found out."""
        if isinstance(excinfo.value, PolicyFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the test stands."""
        return self.path, self.result.line - 1, self.name


class PolicyMistakes(pytest.Item):
    """What is wrong in a file of policy tests."""

    def __init__(self, *, message: str, **more: Any) -> None:
        super().__init__(**more)
        self.message = message

    def runtest(self) -> None:
        """Fail: a test with a mistake was not run."""
        raise PolicyFailure(self.message)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The mistakes alone."""
        return self.message if isinstance(excinfo.value, PolicyFailure) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file."""
        return self.path, 0, self.name
