"""A run's folder: one run at a time in it, its start kept, nothing left half made."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

from channelnb.errors import RunIncomplete
from channelnb.fleet.plan import MAKING, SNAPSHOT
from channelnb.snapshot import Snapshot

KEPT = "snapshots"
"""The folder of the snapshots that were replaced."""

_LOCK = ".lock"


@contextmanager
def locked(folder: Path, *, busy: str) -> Iterator[None]:
    """Lock a folder, made if need be, so that one process at a time is at work in it.

    Raises RunIncomplete, which says `busy`, while another is.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, locked(Path(folder), busy=""), locked(Path(folder), busy="It is in use."):
    ...     pass
    Traceback (most recent call last):
    ...
    channelnb.errors.RunIncomplete: It is in use.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunIncomplete(busy) from None
        yield


@contextmanager
def held(run: Path) -> Iterator[None]:
    """Hold the run folder, made if need be, for one run; what a killed run left half made is swept away.

    Raises RunIncomplete when another run is at work in it.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as run, held(Path(run)):
    ...     (Path(run) / MAKING).is_dir()
    True
    """
    with locked(run, busy=f"another run is at work in {run}; wait for it, or choose another name."):
        shutil.rmtree(run / MAKING, ignore_errors=True)
        (run / MAKING).mkdir()
        try:
            yield
        finally:
            shutil.rmtree(run / MAKING, ignore_errors=True)


def replace_snapshot(run: Path, freeze: Callable[[Path], Snapshot]) -> tuple[Snapshot, bool]:
    """The run's snapshot, frozen anew; True with it when it is another than the one that was there.

    The new one takes the place of the old only when it is whole, and the old one is kept.
    """
    current, beside = run / SNAPSHOT, run / MAKING / SNAPSHOT
    new = freeze(beside)
    if current.is_dir():
        old = _opened(current)
        if old is not None and old.data_version == new.data_version:
            shutil.rmtree(beside)
            return old, False
        _keep(run, old)
    beside.rename(current)
    return Snapshot.open(current), True


def first_report(run: Path) -> Snapshot | None:
    """The snapshot from which a period was first reported when it was over; None while there is none.

    Later ones are compared with it, as it is what readers were given.
    """
    return next(reports(run), None)


def last_report(run: Path, *, by: date) -> Snapshot | None:
    """The snapshot from which a period was reported last when it was over, as known by a day; None while there is none.

    It is what readers of a later period's review have read. Once it is another, that review is made anew.
    """
    return next((made for made in reversed([*reports(run)]) if made.about.as_of <= by.isoformat()), None)


def reports(run: Path) -> Iterator[Snapshot]:
    """Every snapshot from which a period was reported when it was over, the oldest first."""
    every = (_opened(folder) for folder in (*_kept(run), run / SNAPSHOT))
    return (snapshot for snapshot in every if snapshot is not None and snapshot.about.over)


# A snapshot that was replaced lies apart, so that `snapshot` is always the one that the reports were made from;
# its number says when its turn was, which no date in a file that is copied would.
def _keep(run: Path, old: Snapshot | None) -> None:
    version = "unreadable" if old is None else old.data_version
    kept = _kept(run)
    if old is not None and any(folder.name.endswith(f"-{version}") for folder in kept):
        (run / SNAPSHOT).rename(run / MAKING / "replaced")
        return
    (run / KEPT).mkdir(exist_ok=True)
    (run / SNAPSHOT).rename(run / KEPT / f"{len(kept) + 1:04}-{version}")


def _kept(run: Path) -> list[Path]:
    return sorted((run / KEPT).glob("[0-9]*"))


def _opened(folder: Path) -> Snapshot | None:
    """The snapshot in a folder; None where it cannot be read, as one of another version of channelnb cannot."""
    try:
        return Snapshot.open(folder)
    except (RunIncomplete, ValueError, TypeError, KeyError):
        return None


def remove_empty(folder: Path) -> None:
    """Take a folder away with those in it, as far as there is no file in them; not while others write there.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     Path(folder, "failed", "P1").mkdir(parents=True)
    ...     remove_empty(Path(folder, "failed"))
    ...     list(Path(folder).iterdir())
    []
    """
    for place in sorted((path for path in [folder, *folder.rglob("*")] if path.is_dir()), reverse=True):
        with suppress(OSError):
            place.rmdir()


def write_whole(path: Path, content: bytes, *, run: Path) -> None:
    """Write a file of the run folder so that it is there whole or not at all, even after a power cut.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as run, held(Path(run)):
    ...     write_whole(Path(run, "index.html"), b"<p>", run=Path(run))
    ...     Path(run, "index.html").read_bytes()
    b'<p>'
    """
    beside = run / MAKING / path.name
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
