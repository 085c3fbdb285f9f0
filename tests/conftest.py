"""What tests share: the sample vendor and a run of it, each made once, a browser, and a rule that CI skips nothing."""

from __future__ import annotations

import fcntl
import io
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from shutil import copyfile, copytree

import pytest
import yaml
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from browsing import CHROMIUM, SWITCHES, silent_page
from channelnb.book.sample import write_sample

ROOT = Path(__file__).parents[1]
RUN_OF = ("P0001", "P0007", "P0032")
"""The partners of whom the shared run has reports."""


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sample vendor, as `make demo` makes it."""
    return write_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of the sample: every notebook, both editions, three partners; the quarter before lies beside.

    It is made once for all processes of a test run; nobody may write in it.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "sample-run"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "made").exists():
            _run_sample(shared)
            (shared / "made").touch()
    return shared / "runs" / "sample" / "2026Q3"


def _run_sample(folder: Path) -> None:
    from channelnb.fleet.run import Choice, run

    copytree(ROOT / "notebooks", folder / "notebooks", ignore=lambda *_: [".ipynb_checkpoints"])
    copyfile(ROOT / "params" / "scorecards.yaml", folder / "scorecards.yaml")
    write_sample(folder / "source")
    chosen = yaml.safe_load((ROOT / "params" / "sample.yaml").read_text(encoding="utf-8"))
    chosen |= {"source": "source", "scorecards": "scorecards.yaml"}
    before = {"quarter": "2026Q2", "partners": ["P0001"], "notebooks": ["qbr"], "editions": ["internal"]}
    now = {"partners": list(RUN_OF), "editions": ["internal", "partner"]}
    here = Path.cwd()
    os.chdir(folder)
    try:
        for about, told_on in ((before, date(2026, 7, 6)), (now, date(2026, 10, 5))):
            path = folder / "sample.yaml"
            path.write_text(yaml.safe_dump(chosen | about), encoding="utf-8")
            out = io.StringIO()
            outcome = run(path, Choice(runs=folder / "runs"), today=told_on, console=Console(file=out))
            assert outcome.exit_status == 0, out.getvalue() + "\n".join(outcome.lines())
    finally:
        os.chdir(here)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, started once a module, as its loop would stand in the way of kernels in the others."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page, in which nothing may be asked of a network or be said on the console."""
    with silent_page(browser) as opened:
        yield opened


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Where CHANNELNB_NO_SKIPS is set, a test that skips has failed: CI installs what tests need."""
    report = yield
    if report.skipped and os.environ.get("CHANNELNB_NO_SKIPS") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and nothing may be: {report.longrepr}"
    return report
