"""What a run says of its progress."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from channelnb.fleet.journal import Record
from channelnb.fleet.progress import Watch, duration, pace

MADE = Record("a", "qbr", "P1", "internal", "made", "", "", "", 1.0, "")
FAILED = Record("b [red]", "qbr", "P2", "internal", "failed", "", "", "", 1.0, "", reason="[no] luck.")


def told(*records: Record, total: int) -> list[str]:
    text = io.StringIO()
    with Watch(Console(file=text, width=40), total=total) as watch:
        for record in records:
            watch.finished(record)
    return text.getvalue().splitlines()


def test_without_a_terminal_the_end_is_a_line():
    lines = told(MADE, MADE, total=2)
    assert len(lines) == 1
    assert lines[0].startswith("2 of 2 reports, ")
    assert lines[0].endswith(" a second")


def test_failures_are_told_as_they_happen_and_as_they_are_written():
    lines = told(FAILED, MADE, total=2)
    assert lines[0] == "failed b [red]: [no] luck."
    assert lines[1].startswith("2 of 2 reports, ")
    assert lines[1].endswith(", 1 failed")


def test_a_run_in_which_all_fails_does_not_scroll_on():
    assert sum(line.startswith("failed") for line in told(*[FAILED] * 500, total=501)) == 10


def test_on_a_terminal_there_is_a_bar_with_rate_and_time_left(monkeypatch):
    monkeypatch.setattr("time.monotonic", iter(range(0, 1000, 2)).__next__)
    text = io.StringIO()
    with Watch(Console(file=text, force_terminal=True, width=100), total=9) as watch:
        watch.finished(MADE)
    said = text.getvalue()
    assert "1/9" in said
    assert " a second, " in said
    assert " left" in said


@pytest.mark.parametrize(
    "done, total, seconds, said",
    [(1, 3, 2, "0.5 a second, 4 s left"), (3, 3, 2, "1.5 a second"), (0, 3, 0, "0.0 a second")],
)
def test_pace(done, total, seconds, said):
    assert pace(done, total, seconds=seconds) == said


@pytest.mark.parametrize(
    "seconds, said", [(59.4, "59 s"), (59.6, "1 min 0 s"), (3599.6, "1 h 0 min"), (7322, "2 h 2 min")]
)
def test_duration(seconds, said):
    assert duration(seconds) == said
