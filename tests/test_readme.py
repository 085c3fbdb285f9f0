"""The README's commands, run as they stand there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(\w+)( tested)?\n(.*?)^```", re.DOTALL | re.MULTILINE)
BLOCKS = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name in ("notebooks", "params", "data/recipes"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture
def environment(project, monkeypatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("XDG_CACHE_HOME", str(project / "cache"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def test_the_shell_commands_work(environment):
    commands = [line for _, tested, text in BLOCKS if tested for line in text.splitlines()]
    assert len(commands) >= 6
    for command in commands:
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    assert Path("runs/sample/2026Q3/index.html").is_file()
    assert "How has revenue developed?" in Path("out.html").read_text(encoding="utf-8")


def test_the_python_works(environment):
    code = "\n".join(text for language, _, text in BLOCKS if language == "python")
    assert "cn.measure" in code
    subprocess.run(["channelnb", "sample", "data/sample"], check=True, capture_output=True)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_make_target_it_names_exists():
    named = set(re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "test", "lab"} <= named <= targets
