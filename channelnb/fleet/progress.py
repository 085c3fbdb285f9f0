"""How far a run is: a live bar with rate and time left, or plain lines where there is no terminal."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from channelnb.fleet.journal import Record

_PLAIN_EVERY = 15.0
# Of more failures than these each has its page; a run in which all fail should not scroll the cause away.
_FAILURES_TOLD = 10


class Watch:
    """Counts finished jobs and shows it; use it in a ``with``."""

    def __init__(self, console: Console, *, total: int) -> None:
        self.console, self.total, self.done, self.failed = console, total, 0, 0
        self._start = self._told = time.monotonic()
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("Reports"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[pace]}"),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("Reports", total=total, pace="")

    def __enter__(self) -> Watch:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def finished(self, record: Record) -> None:
        """Count one job; say so at once if it failed."""
        self.done += 1
        self.failed += record.status == "failed"
        now = time.monotonic()
        said = pace(self.done, self.total, seconds=now - self._start, failed=self.failed)
        self._bar.update(self._task, completed=self.done, pace=said)
        if record.status == "failed" and self.failed <= _FAILURES_TOLD:
            why = f"[red]failed[/red] {escape(record.job)}: {escape(record.reason)}"
            self.console.print(why, highlight=False, soft_wrap=True)
        if not self.console.is_terminal and (now - self._told >= _PLAIN_EVERY or self.done == self.total):
            self._told = now
            self.console.print(f"{self.done} of {self.total} reports, {said}", highlight=False, soft_wrap=True)


def pace(done: int, total: int, *, seconds: float, failed: int = 0) -> str:
    """The rate so far, the time left at that rate, and the failures if any.

    >>> pace(10, 70, seconds=20)
    '0.5 a second, 2 min 0 s left'
    >>> pace(70, 70, seconds=35, failed=2)
    '2.0 a second, 2 failed'
    """
    rate = done / seconds if seconds > 0 else 0.0
    parts = [f"{rate:.1f} a second"]
    if done < total and rate > 0:
        parts.append(f"{duration((total - done) / rate)} left")
    if failed:
        parts.append(f"{failed} failed")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """A span of time in words.

    >>> duration(42), duration(3725)
    ('42 s', '1 h 2 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
