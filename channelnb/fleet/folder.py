"""A run's folder: one run at a time in it, its start kept, nothing left half made."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from channelnb.errors import RunIncomplete
from channelnb.fleet.plan import MAKING, SNAPSHOT
from channelnb.snapshot import Snapshot

_LOCK = ".lock"


@contextmanager
def held(run: Path) -> Iterator[None]:
    """Hold the run folder, made if need be, for one run; what a killed run left half made is swept away.

    Raises RunIncomplete when another run is at work in it.
    """
    run.mkdir(parents=True, exist_ok=True)
    with (run / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunIncomplete(f"another run is at work in {run}; wait for it, or choose another name.") from None
        shutil.rmtree(run / MAKING, ignore_errors=True)
        (run / MAKING).mkdir()
        try:
            yield
        finally:
            shutil.rmtree(run / MAKING, ignore_errors=True)


def replace_snapshot(run: Path, freeze: Callable[[Path], Snapshot]) -> tuple[Snapshot, bool]:
    """The run's snapshot, frozen anew; True with it when it is another than the one that was there.

    The new one takes the place of the old only when it is whole.
    """
    kept, beside = run / SNAPSHOT, run / MAKING / SNAPSHOT
    new = freeze(beside)
    if kept.is_dir():
        try:
            old = Snapshot.open(kept)
        except (RunIncomplete, ValueError, TypeError, KeyError):
            old = None
        if old is not None and old.data_version == new.data_version:
            shutil.rmtree(beside)
            return old, False
        kept.rename(run / MAKING / "replaced")
    beside.rename(kept)
    return Snapshot.open(kept), True


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
    """Write a file of the run folder so that it is there whole or not at all, even after a power cut."""
    beside = run / MAKING / path.name
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
