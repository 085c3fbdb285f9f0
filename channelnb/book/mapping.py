"""A mapping: one SELECT of a `.sql` file, and the raw files that it names as tables."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from channelnb.book.config import Source
from channelnb.book.contract import Table
from channelnb.book.csv_text import view_csv
from channelnb.book.describe import BLANK
from channelnb.book.given import Given, literal, quoted
from channelnb.book.sql_text import mapping_text
from channelnb.book.typed import read_sql
from channelnb.book.workbook import WORKBOOKS, load_workbook
from channelnb.errors import BadSource, unknown

RAW_FILES = (".csv", ".parquet", *WORKBOOKS)
"""Endings of the raw files that a mapping may name as tables."""


def read_mapping(con: duckdb.DuckDBPyConnection, path: Path, table: Table, *, source: Source, scratch: Path) -> Given:
    """The rows that a mapping yields from the vendor's raw files.

    ``FROM "orders.csv"`` and ``FROM "orders.parquet"`` give a file's columns, those of a CSV as text;
    ``FROM "orders.xlsx"`` the cells of its sheets, as in `load_workbook`; ``getvariable('raw')`` is the folder in which
    they lie. Raises BadSource where there is no such file, and where the file is not one SELECT that DuckDB can run.
    """
    names = _lay_out(con, path, source, scratch=scratch)
    try:
        return read_sql(con, path, table)
    except BadSource as error:
        if "Referenced column" not in str(error):
            raise
        raise BadSource(f"{str(error).rstrip()}{_columns(con, names)}") from None


def raw_files(raw: Path) -> list[str]:
    """The names, within a folder of raw files and those below it, of the files that a mapping may name as tables.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("orders.csv", "readme.txt", "~$pos.xlsx"):
    ...         Path(folder, name).touch()
    ...     raw_files(Path(folder))
    ['orders.csv']
    """
    found = (path for path in sorted(raw.rglob("*")) if path.suffix.lower() in RAW_FILES and path.is_file())
    return [path.relative_to(raw).as_posix() for path in found if not path.name.startswith((".", "~$"))]


def _lay_out(con: duckdb.DuckDBPyConnection, path: Path, source: Source, *, scratch: Path) -> list[str]:
    """Makes the variable `raw`, and each raw file that a mapping names as a table; these names."""
    sql = mapping_text(path)
    if "getvariable" in sql.casefold():
        con.execute("SET VARIABLE raw = ?", [str(source.raw)])
    nodes = list(_nodes(json.loads(con.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()[0][0])))
    named = {node["table_name"] for node in nodes if node.get("type") == "BASE_TABLE"}
    names = sorted(name for name in named if Path(name).suffix.lower() in RAW_FILES)
    if len({name.casefold() for name in names}) < len(names):
        raise BadSource(f"{path.name} names files that differ only in case: {', '.join(names)}; rename one of them.")
    for name in names:
        _make(con, name, path, source, scratch=scratch)
    blank = [node["alias"] for node in nodes if node.get("column_names") == [BLANK]]
    if blank:
        raise BadSource(
            f'{path.name} still has "{BLANK}" for {", ".join(blank)}: put a column of your export in its place, or '
            f"take the line out.{_columns(con, names)}"
        )
    return names


def _make(con: duckdb.DuckDBPyConnection, name: str, path: Path, source: Source, *, scratch: Path) -> None:
    file = source.raw / name
    if not file.is_file():
        missing = unknown("raw file", name, raw_files(source.raw), where=path.name)
        raise BadSource(f"{missing} They are looked for in {source.raw} (from {source.raw_from}).")
    if set("*?[") & set(str(file)):
        # DuckDB would take these for wildcards.
        file = Path(shutil.copy(file, Path(tempfile.mkdtemp(dir=scratch), f"raw{file.suffix}")))
    match file.suffix.lower():
        case ".csv":
            view_csv(con, file, name=name, scratch=scratch)
        case ".parquet":
            _view_parquet(con, file, name)
        case _:
            load_workbook(con, file, name=name)


def _view_parquet(con: duckdb.DuckDBPyConnection, file: Path, name: str) -> None:
    rows = f"read_parquet({literal(str(file))}, hive_partitioning=false)"
    try:
        con.execute(f"CREATE VIEW {quoted(name)} AS FROM {rows}")
    except duckdb.Error as error:
        raise BadSource(f"{name} cannot be read as Parquet: {str(error).splitlines()[0]}") from None


def _columns(con: duckdb.DuckDBPyConnection, names: list[str]) -> str:
    said = ""
    for name in names:
        columns = [quoted(column) for column, *_ in con.execute(f"DESCRIBE FROM {quoted(name)}").fetchall()]
        said += f"\n  {name} has {', '.join(columns)}."
    return said


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every node of a parsed text; none of one that is not a single SELECT, which is told when it is run."""
    if isinstance(tree, list):
        for part in tree:
            yield from _nodes(part)
    elif isinstance(tree, dict):
        yield tree
        for part in tree.values():
            yield from _nodes(part)
