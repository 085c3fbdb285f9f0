"""Rows that broke the contract: written where they are looked for, and refused where there are too many."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from channelnb.book.given import literal
from channelnb.book.landing import Load, engine
from channelnb.book.slips import would_be
from channelnb.book.tables import CONTRACT
from channelnb.errors import NotUsable, TooManyRejects
from channelnb.frames import records

REJECTS = "rejects"
"""The folder of rejected rows, within that of a book or a run."""

_COLUMNS = ("row", "column", "rule", "found", "original")
_KINDS_SHOWN, _CELL_SHOWN = 10, 80


def write_rejects(loads: Mapping[str, Load], landed: Path, to: Path) -> None:
    """Writes the rejects of the tables landed in a folder into `to`, as ``TABLE.parquet`` where there are any.

    Those of an earlier run are taken out. Raises NotUsable, and writes nothing, where `to` holds tables of
    a source.
    """
    earlier = [path for name in CONTRACT if (path := to / f"{name}.parquet").exists()]
    for path in earlier:
        _check_rejects_file(path)
    tables = [path.name for path in to.glob("*.*") if path.stem in CONTRACT and path.suffix != ".parquet"]
    if tables:
        raise NotUsable(f"{to} holds {min(tables)}, as a source does; choose another folder for the rejects.")
    rejected = [name for name, load in loads.items() if load.rows_rejected]
    if rejected:
        to.mkdir(parents=True, exist_ok=True)
    for name in rejected:
        beside = shutil.copy(landed / REJECTS / f"{name}.parquet", to / f".{name}.parquet")
        Path(beside).replace(to / f"{name}.parquet")
    for path in earlier:
        if path.stem not in rejected:
            path.unlink()
    if earlier and not rejected:
        with suppress(OSError):
            to.rmdir()


def check_rejects(loads: Mapping[str, Load], landed: Path, *, most: int | None, written_to: Path | None = None) -> None:
    """Raises TooManyRejects where the landed tables rejected more than `most` rows, with the first of each kind."""
    rejected = sum(load.rows_rejected for load in loads.values())
    if most is None or rejected <= most:
        return
    told = _kinds(loads, landed)
    more = [f"and {len(told) - _KINDS_SHOWN} kinds more"] if len(told) > _KINDS_SHOWN else []
    where = f"All of them, with their rows, are in {written_to}. " if written_to else ""
    raise TooManyRejects(
        f"{rejected:,} row{' breaks' if rejected == 1 else 's break'} the contract, and max_rejected is {most}: "
        f"mend them in the source, or raise max_rejected. {where}The first of each kind:\n  "
        + "\n  ".join([*told[:_KINDS_SHOWN], *more])
    )


def tally(rejects: pd.DataFrame, *, of: str) -> str:
    """In words, how many rows were rejected and the first one's fault; "" where none was.

    `rejects` are faults as `Book.rejects` has them, `of` says what the rows are of.

    >>> cells = {"table": "sales", "row": [3, 3], "column": "units", "rule": "not a whole number", "found": "1.5"}
    >>> tally(pd.DataFrame(cells), of="the source")
    "1 row of the source was rejected, the first: sales row 3, units: not a whole number; found '1.5'"
    """
    if rejects.empty:
        return ""
    count = len(rejects[["table", "row"]].drop_duplicates())
    first = records(rejects.head(1))[0]
    column, found = (first[name] if isinstance(first[name], str) else None for name in ("column", "found"))
    said = _told(first["table"], first["row"], column, first["rule"], found, 1)
    many = "row" if count == 1 else "rows"
    return f"{count:,} {many} of {of} {'was' if count == 1 else 'were'} rejected, the first: {said}"


def _kinds(loads: Mapping[str, Load], landed: Path) -> list[str]:
    """In words, the first fault of each table, column and rule, and how many rows have it."""
    parts = [
        f"SELECT {place} AS nth, {literal(load.file)} AS file, * FROM "
        f"read_parquet({literal(str(landed / REJECTS / f'{name}.parquet'))}, hive_partitioning=false)"
        for place, (name, load) in enumerate(loads.items())
        if load.rows_rejected
    ]
    with engine(landed) as con:
        kinds = con.execute(
            'SELECT file, min(row), "column", rule, arg_min(found, row), count(DISTINCT row) '
            f'FROM ({" UNION ALL ".join(parts)}) GROUP BY nth, file, "column", rule ORDER BY nth, min(row), min(place)'
        ).fetchall()
    return [_told(*kind) for kind in kinds]


def _told(file: str, row: int, column: str | None, rule: str, found: str | None, rows: int) -> str:
    said = f"{file} row {row}, {column or 'the whole row'}: {rule}"
    if found is not None:
        said += f"; found {found[:_CELL_SHOWN]!r}" + ("…" if len(found) > _CELL_SHOWN else "")
        meant = would_be(rule, found)
        said += f", which would be {meant}" if meant else ""
    return f"{said} ({rows:,} rows)" if rows > 1 else said


def _check_rejects_file(path: Path) -> None:
    try:
        names = pq.read_schema(path).names
    except (pa.ArrowException, OSError):
        names = []
    if tuple(names[: len(_COLUMNS)]) != _COLUMNS:
        raise NotUsable(f"{path} holds no rejects of an earlier run, and is not overwritten; choose another folder.")
