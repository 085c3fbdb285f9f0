"""The files of what people agreed, as `channelnb accept` reads and writes them: exactly, and whole."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

import duckdb

from channelnb.book.contract import DATE, MONTH, TIMESTAMP
from channelnb.book.csv_text import read_csv
from channelnb.book.given import ROW
from channelnb.book.tables import CONTRACT
from channelnb.errors import BadSource, NotUsable

Row = dict[str, str]

_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_DAYS = (DATE, MONTH, TIMESTAMP)


def read_rows(path: Path, table: str) -> list[Row]:
    """The rows of a CSV file in a table's columns, every cell as text, "" where it is blank.

    It is read as the book reads it, whatever its encoding and delimiter. Raises BadSource where the header lacks what
    the table needs, a row does not fit it, or a date is not written as 2026-12-31: rows are told apart by their dates.

    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "plans.csv")
    ...     _ = file.write_text("month;target_revenue\\n2026-10-01;20,5\\n")
    ...     read_rows(file, "plans")
    [{'month': '2026-10-01', 'target_revenue': '20,5'}]
    """
    with TemporaryDirectory() as scratch, duckdb.connect() as con:
        try:
            given = read_csv(con, path, CONTRACT[table], scratch=Path(scratch))
            ragged = given.stream.load() if given.stream else given.ragged
        except BadSource as error:
            raise BadSource(f"{path.parent}/{error}") from None
        except OSError as error:
            raise BadSource(f"{path} cannot be read: {error.strerror or error}; put it back.") from None
        if ragged:
            number, text = ragged[0]
            raise BadSource(
                f"{path}: row {number} below the header, {text[:80]!r}, does not have its {len(given.types)} cells, or "
                "holds too much in one; mend it."
            )
        cells = con.execute(f"SELECT * EXCLUDE ({ROW}) FROM given ORDER BY {ROW}").fetchall()
    rows = [{name: value or "" for name, value in zip(given.types, row, strict=True)} for row in cells]
    _check_days(path, table, rows)
    return rows


def _check_days(path: Path, table: str, rows: Sequence[Row]) -> None:
    columns = [column.name for column in CONTRACT[table].columns if column.kind in _DAYS]
    odd = [
        (number, name, row[name])
        for number, row in enumerate(rows, start=1)
        for name in columns
        if row.get(name) and not _is_day(row[name])
    ]
    if odd:
        number, name, value = odd[0]
        more = f" ({len(odd) - 1:,} more are alike)" if len(odd) > 1 else ""
        raise BadSource(
            f"{path}: row {number} below the header has {value!r} in the column `{name}`{more}, which is no date such "
            "as 2026-12-31: a spreadsheet may have rewritten it. Write all dates so again, as text, or put back the "
            "file as it was."
        )


def _is_day(text: str) -> bool:
    if not _ISO.fullmatch(text):
        return False
    with suppress(ValueError):
        return bool(date.fromisoformat(text))
    return False


def csv_of(table: str, rows: Sequence[Row]) -> str:
    """Rows as a CSV file: the table's columns that are there, in the contract's order, then others.

    >>> csv_of("plans", [{"way": "custom", "month": "2026-10-01"}, {"month": "2026-11-01"}])
    'month,way\\n2026-10-01,custom\\n2026-11-01,\\n'
    """
    there = dict.fromkeys(column for row in rows for column in row)
    known = [column for column in CONTRACT[table].names if column in there]
    buffer = io.StringIO()
    columns = [*known, *(column for column in there if column not in CONTRACT[table].by_name)]
    writer = csv.DictWriter(buffer, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def write_files(folder: Path, contents: Mapping[Path, str]) -> None:
    """Write files of a folder whole: each beside, then renamed, once all are written; needs the folder to be held.

    Raises NotUsable, saying which files were replaced, where that fails.
    """
    beside: dict[Path, Path] = {}
    done: list[Path] = []
    try:
        for path, content in contents.items():
            with NamedTemporaryFile("wb", dir=folder, prefix=".", suffix=".new", delete=False) as file:
                beside[path] = Path(file.name)
                file.write(content.encode())
                file.flush()
                os.fsync(file.fileno())
            beside[path].chmod(0o644)
        for path, made in beside.items():
            made.replace(path)
            done.append(path)
    except OSError as error:
        raise cannot_write(folder, error, done=done, left=[path for path in contents if path not in done]) from None
    finally:
        for made in beside.values():
            with suppress(OSError):
                made.unlink(missing_ok=True)


def cannot_write(folder: Path, error: OSError, *, done: Sequence[Path] = (), left: Sequence[Path] = ()) -> NotUsable:
    """The error for a folder that cannot be written to; it says which files were replaced before that.

    >>> print(str(cannot_write(Path("agreed"), OSError(28, "No space"))).partition(". ")[0])
    agreed cannot be written: No space; nothing was added
    """
    if done:
        names, others = (", ".join(path.name for path in paths) for paths in (done, left))
        said = f"{names} was added to, {others} was not: see to it and accept again, which adds nothing twice"
    else:
        said = "nothing was added"
    return NotUsable(
        f"{folder} cannot be written: {error.strerror or error}; {said}. What was accepted must lie in the source's "
        "folder: make it yours to write to."
    )
