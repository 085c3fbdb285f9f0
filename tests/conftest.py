"""What tests share: the sample vendor, made once, and a rule that CI skips nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from channelnb.book.sample import write_sample


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sample vendor, as `make demo` makes it."""
    return write_sample(tmp_path_factory.mktemp("sample"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Where CHANNELNB_NO_SKIPS is set, a test that skips has failed: CI installs what tests need."""
    report = yield
    if report.skipped and os.environ.get("CHANNELNB_NO_SKIPS") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and nothing may be: {report.longrepr}"
    return report
