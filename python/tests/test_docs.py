"""The pages of docs/python, the README and the examples: what they show works.

Blocks: `python` is run, those of a page in one go; `LANGUAGE file=PATH` is there as PATH; `console` has commands behind
`$`, which end well and print these lines, `…` standing for anything; `text` is prose.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import EXAMPLE, TOP

pytestmark = pytest.mark.once
APPLY = TOP / "docs" / "python" / "apply.md"
PAGES = sorted(set((TOP / "docs" / "python").glob("*.md")) - {APPLY}) + [TOP / "python" / "README.md", TOP / "README.md"]
BLOCK = re.compile(r"^```(\w+)(?: ([^\n]*))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "examples" / "datacenter")
    collections = tmp_path / "collections" / "ansible_collections" / "pvefw"
    collections.mkdir(parents=True)
    (collections / "firewall").symlink_to(TOP / "python" / "ansible")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(tmp_path / "collections"))
    monkeypatch.setenv("ANSIBLE_LOCALHOST_WARNING", "false")
    monkeypatch.setenv("ANSIBLE_PYTHON_INTERPRETER", sys.executable)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_a_page_works(page: Path, folder: Path) -> None:
    text = page.read_text(encoding="utf-8")
    names: dict[str, object] = {"__name__": "page"}
    for language, mark, body in BLOCK.findall(text):
        line = text[: text.index(body)].count("\n") + 1
        if page == TOP / "README.md" and language != "python":
            continue  # Those are for tests/tests/docs.rs.
        if mark:
            path = folder / mark.removeprefix("file=")
            assert mark.startswith("file="), f"{page}:{line}: what is `{mark}`?"
            path.write_text(body, encoding="utf-8")
        elif language == "python":
            code = ast.increment_lineno(ast.parse(body), line)
            exec(compile(code, str(page), "exec"), names)
        elif language == "console":
            console(body)
        else:
            assert language == "text", f"{page}:{line}: what is a block of {language}?"


def test_applying_works(folder: Path, namespace: list[str]) -> None:
    blocks = BLOCK.findall(APPLY.read_text(encoding="utf-8"))
    assert {language for language, _, _ in blocks} == {"python", "text"}
    code = "".join(body for language, _, body in blocks if language == "python")
    done = subprocess.run([*namespace, sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "this would cut the connection from 192.168.20.77 to port 22" in done.stdout


def console(body: str) -> None:
    for part in body.split("$ ")[1:]:
        command, _, wanted = part.partition("\n")
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        pattern = ".*".join(re.escape(piece) for piece in re.split("\n?…\n?", wanted))
        assert re.search(pattern, done.stdout, re.DOTALL), f"{command}\n{done.stdout}"


def test_the_examples_run(folder: Path) -> None:
    (folder / "feed").write_text("# bad ones\n198.51.100.0/24\n\n203.0.113.7\n")
    examples = TOP / "python" / "examples"

    def run(*words: str) -> str:
        return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True).stdout

    blocklist = [str(examples / "blocklist.py"), "examples/datacenter", "badguys", "feed"]
    assert run(*blocklist) == "2 networks added, 0 removed\n"
    assert run(*blocklist) == "0 networks added, 0 removed\n"
    rows = run(str(examples / "exposure.py"), "examples/datacenter", "pve1").splitlines()
    cluster = Path("examples/datacenter/firewall/cluster.fw").read_text().splitlines()
    place = next(row for row in rows if row.startswith("vm100,443,firewall/cluster.fw:"))
    assert rows[0] == "to,port,rule" and cluster[int(place.rpartition(":")[2]) - 1].startswith("IN Web(ACCEPT)"), place


def test_the_reference_is_made(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "pdoc", "pvefw", "-o", str(tmp_path)], capture_output=True, check=True)
    page = (tmp_path / "pvefw.html").read_text()
    assert "Rename an alias and everything that refers to it" in page
    # What a class has from another one is there, too.
    assert all(f'id="{name}"' in page for name in ("Digested.check_digest", "Named.comment", "Row.to_dict"))
