"""What people agreed through channelnb: rows beside a source's own tables, in files that channelnb writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb

from channelnb.book.contract import Table
from channelnb.book.csv_text import read_csv
from channelnb.book.given import Given, literal, quoted
from channelnb.book.landing import Load, Read, engine
from channelnb.book.tables import CONTRACT
from channelnb.errors import BadSource

AGREED = "agreed"
"""The folder, within that of a source, of what people agreed; and that of its landed tables, within that of a book."""

KEYS = {
    "plans": ("partner_id", "manager_id", "salesperson_id", "month", "version", "made_on"),
    "commitments": ("commitment_id",),
}
"""The tables that may be added to, and what no row of the source and row that was agreed may have in common.

A version of a plan is a whole one: if half of it stood in the source, and all in `agreed`, its lines would count twice.
"""

_READ = (".csv", ".parquet", ".xlsx", ".sql")


def readers_of_agreed(source: Path, *, scratch: Path) -> dict[str, Read]:
    """How each table of what was agreed is read; none where nothing was.

    Raises BadSource for a table that is not among those that may be added to, or in another format than CSV.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     Path(folder, AGREED).mkdir()
    ...     Path(folder, AGREED, "plans.csv").touch()
    ...     list(readers_of_agreed(Path(folder), scratch=Path(folder)))
    ['plans']
    """
    folder = source / AGREED
    if not folder.is_dir():
        return {}
    known = {f"{name}.csv": name for name in KEYS}
    found = {path.name for path in folder.iterdir() if path.suffix.lower() in _READ and not path.name.startswith(".")}
    if strange := sorted(found - known.keys()):
        raise BadSource(
            f"{folder} holds {', '.join(strange)}; it may hold {' and '.join(known)}, which are read in addition to "
            f"the source's own tables. Move {'it' if len(strange) == 1 else 'them'} to {source}, or take it out."
        )
    return {
        name: partial(_read, path=folder / file, table=CONTRACT[name], scratch=scratch)
        for file, name in known.items()
        if file in found
    }


def _read(con: duckdb.DuckDBPyConnection, *, path: Path, table: Table, scratch: Path) -> Given:
    try:
        given = read_csv(con, path, table, scratch=scratch)
    except BadSource as error:
        # The source's own table may be a file of the same name.
        raise BadSource(f"{AGREED}/{error}") from None
    except OSError as error:
        raise BadSource(f"{AGREED}/{path.name} cannot be read: {error.strerror or error}.") from None
    return replace(given, file=f"{AGREED}/{path.name}")


def with_agreed(own: Mapping[str, Load], agreed: Mapping[str, Load], folder: Path) -> dict[str, Load]:
    """The tables of a source with what was agreed added to them, in the contract's order.

    Needs those of the source landed in `folder`, those that were agreed in ``agreed`` within it; what stands in
    `folder` afterwards is both. Rows of the latter are numbered on from the last row of the former. Raises BadSource
    where a row of each have the same key.
    """
    loads = dict(own)
    for name, more in agreed.items():
        if name in own:
            with engine(folder) as con:
                _check_apart(con, own[name], more, folder)
                loads[name] = _joined(con, own[name], more, folder)
        else:
            loads[name] = more
            for kind in ("landed", "rejects"):
                (folder / kind).mkdir(exist_ok=True)
                _file(folder / AGREED, kind, name).replace(_file(folder, kind, name))
    return {name: loads[name] for name in CONTRACT if name in loads}


def _joined(con: duckdb.DuckDBPyConnection, own: Load, more: Load, folder: Path) -> Load:
    name = own.table
    first, then = (_typed(place, load) for place, load in ((folder, own), (folder / AGREED, more)))
    _rewrite(con, f"{first} UNION ALL BY NAME {then}", _file(folder, "landed", name))
    rejects, later = (_rows(_file(place, "rejects", name)) for place in (folder, folder / AGREED))
    moved = f"SELECT * REPLACE (row + {own.rows_in} AS row) FROM {later}"
    _rewrite(con, f"SELECT * FROM {rejects} UNION ALL BY NAME {moved}", _file(folder, "rejects", name))
    return Load(
        name,
        f"{own.file}, then {more.file}",
        own.rows_in + more.rows_in,
        own.rows_used + more.rows_used,
        own.rows_rejected + more.rows_rejected,
        tuple(column for column in CONTRACT[name].names if column in {*own.columns, *more.columns}),
        tuple(dict.fromkeys((*own.extra, *more.extra))),
    )


def _check_apart(con: duckdb.DuckDBPyConnection, own: Load, more: Load, folder: Path) -> None:
    key = KEYS[own.table]
    table = CONTRACT[own.table]
    sides = []
    for place, load in ((folder, own), (folder / AGREED, more)):
        cells = (
            f"CAST({quoted(name)} AS {table.by_name[name].sql_type})" if name in load.columns else "NULL"
            for name in key
        )
        told = ", ".join(f"{cell} AS {quoted(name)}" for cell, name in zip(cells, key, strict=True))
        sides.append(f"SELECT {told} FROM {_rows(_file(place, 'landed', own.table))}")
    # INTERSECT takes blanks for equal, as they are here.
    there = f"SELECT * FROM ({' INTERSECT '.join(sides)})" + (f" WHERE {key[0]} IS NOT NULL" if len(key) == 1 else "")
    twice = con.execute(f"{there} ORDER BY ALL LIMIT 1").fetchall()
    if twice:
        (number,) = con.execute(f"SELECT count(*) FROM ({there})").fetchall()[0]
        said = ", ".join(f"{name} {value}" for name, value in zip(key, twice[0], strict=True) if value is not None)
        more_of = f" ({number - 1:,} more are, too)" if number > 1 else ""
        raise BadSource(
            f"`{own.table}` has rows of {said} both in {own.file} and in {more.file}{more_of}: they would count "
            f"twice. Keep them in one of the two; the source's own table is read together with what is in {AGREED}."
        )


def _typed(folder: Path, load: Load) -> str:
    """The landed rows with the contract's types: two files may have been landed in narrower ones, each its own."""
    table = CONTRACT[load.table]
    columns = ", ".join(
        f"CAST({quoted(name)} AS {table.by_name[name].sql_type}) AS {quoted(name)}" for name in load.columns
    )
    replaced = f" REPLACE ({columns})" if columns else ""
    return f"SELECT *{replaced} FROM {_rows(_file(folder, 'landed', load.table))}"


def _rewrite(con: duckdb.DuckDBPyConnection, rows: str, path: Path) -> None:
    beside = path.with_suffix(".joined")
    con.execute(f"COPY ({rows}) TO {literal(str(beside))} (FORMAT parquet)")
    beside.replace(path)


def _rows(path: Path) -> str:
    return f"read_parquet({literal(str(path))}, hive_partitioning=false)"


def _file(folder: Path, kind: str, name: str) -> Path:
    return folder / kind / f"{name}.parquet"
