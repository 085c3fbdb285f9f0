"""CSV read exactly: encoding, line ends, delimiter and header are found first, then all is text."""

from __future__ import annotations

import codecs
import csv
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from channelnb.book.contract import Table
from channelnb.book.given import ROW, Given, header_of, literal
from channelnb.errors import BadSource

_DELIMITERS = ",;\t|"
_CHUNK = 1 << 22
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class _Survey:
    """What a pass over the bytes finds: no parser is asked to guess it."""

    encoding: str
    newlines: tuple[str, ...]
    has_quotes: bool
    lines: int


def read_csv(con: duckdb.DuckDBPyConnection, path: Path, table: Table, *, scratch: Path) -> Given:
    """The rows of a CSV file, every column as text.

    Reads UTF-8, UTF-16 and Windows-1252; comma, semicolon, tab or bar; any line ends. A row with too
    few or too many cells, or with a broken quote, is ragged. Raises BadSource for a bad header.
    """
    survey = _survey(path)
    delimiter, names = _header(path, survey.encoding, table)
    columns = header_of(table, names, file=path.name)
    plain, newline = path, "".join(survey.newlines) or "\n"
    if not survey.encoding.startswith("utf-8") or len(survey.newlines) > 1 or _starts_blank(path):
        plain, newline = scratch / f"{table.name}.csv", "\n"
        _write_plainly(path, survey.encoding, plain)
        survey = _survey(plain)
    _load(con, plain, columns, delimiter=delimiter, newline=newline, shown=path.name)
    ragged = _ragged(con, plain, delimiter)
    _check_none_lost(con, plain, survey, len(ragged), shown=path.name)
    _number(con, ragged)
    return Given(path.name, dict.fromkeys(columns, "VARCHAR"), tuple(ragged))


def _survey(path: Path) -> _Survey:
    with path.open("rb") as file:
        head = file.read(4)
    encoding = next((name for bom, name in _BOMS.items() if head.startswith(bom)), "")
    if not encoding and b"\0" in head:
        encoding = "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
    if encoding.startswith("utf-16"):
        return _Survey(encoding, (), True, 0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    counts, last, unicode = {"\r\n": 0, "\n": 0, "\r": 0}, b"", True
    has_quotes = False
    for chunk in _chunks(path):
        counts["\r\n"] += (pairs := chunk.count(b"\r\n"))
        counts["\n"] += chunk.count(b"\n") - pairs
        counts["\r"] += chunk.count(b"\r") - pairs
        has_quotes = has_quotes or b'"' in chunk
        last = chunk
        unicode = unicode and _decodes(decoder, chunk)
    unicode = unicode and _decodes(decoder, b"", final=True)
    lines = sum(counts.values()) + (1 if last and not last.endswith((b"\n", b"\r")) else 0)
    newlines = tuple(newline for newline, count in counts.items() if count)
    return _Survey((encoding or "utf-8") if unicode else "cp1252", newlines, has_quotes, lines)


def _chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file, never cut between a carriage return and its line feed."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if chunk.endswith(b"\r"):
                chunk += file.read(1)
            yield chunk


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _header(path: Path, encoding: str, table: Table) -> tuple[str, list[str]]:
    """The delimiter under which most of the contract's columns are found, and the header's cells."""
    found: list[tuple[int, int, str, list[str]]] = []
    for place, delimiter in enumerate(_DELIMITERS):
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            try:
                cells = next((record for record in csv.reader(file, delimiter=delimiter) if any(record)), None)
            except csv.Error as error:
                raise BadSource(f"{path.name}: the header cannot be read as {encoding} text: {error}.") from None
        if cells is None:
            raise BadSource(f"{path.name} is empty: it needs a header with {list(table.required_names)} at least.")
        known = sum(cell.strip().casefold() in table.by_name for cell in cells)
        found.append((known, -place, delimiter, cells))
    _, _, delimiter, cells = max(found)
    return delimiter, cells


def _starts_blank(path: Path) -> bool:
    with path.open("rb") as file:
        return not file.readline().removeprefix(codecs.BOM_UTF8).strip()


def _write_plainly(path: Path, encoding: str, to: Path) -> None:
    """Writes a file again as UTF-8 with one kind of line end; what stands within quotes is kept."""
    try:
        text = path.read_bytes().decode(encoding)
    except UnicodeDecodeError as error:
        raise BadSource(
            f"{path.name}: byte {error.start} is neither UTF-8 nor {encoding}; save the file as UTF-8."
        ) from None
    parts = text.lstrip("\ufeff\r\n").split('"')
    parts[::2] = [part.replace("\r\n", "\n").replace("\r", "\n") for part in parts[::2]]
    to.write_bytes('"'.join(parts).encode("utf-8"))


def _load(
    con: duckdb.DuckDBPyConnection, path: Path, columns: list[str], *, delimiter: str, newline: str, shown: str
) -> None:
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
    newline = newline.replace("\r", "\\r").replace("\n", "\\n")
    try:
        con.execute(
            f"CREATE TABLE cells AS SELECT * FROM read_csv({literal(str(path))}, auto_detect=false, header=true, "
            f"columns={{{types}}}, delim={literal(delimiter)}, quote='\"', escape='\"', new_line='{newline}', "
            "store_rejects=true)"
        )
    except duckdb.Error as error:
        raise BadSource(f"{shown} cannot be read as CSV: {str(error).splitlines()[0]}") from None


def _ragged(con: duckdb.DuckDBPyConnection, path: Path, delimiter: str) -> list[tuple[int, str]]:
    """Rows that don't fit the header; a row with several bad cells is one row."""
    found = con.execute("SELECT line, any_value(csv_line) FROM reject_errors GROUP BY line ORDER BY line").fetchall()
    if not found:
        return []
    # `line` counts records from the header on, blank lines too; a row's number does not.
    blank = list(_blank_records(path, delimiter))
    return [(line - 1 - bisect_left(blank, line), str(text).strip("\r\n")) for line, text in found]


def _blank_records(path: Path, delimiter: str) -> Iterator[int]:
    with path.open(encoding="utf-8-sig", newline="") as file, suppress(csv.Error):
        # An open quote makes one cell of all that follows, and may be more than the reader takes.
        yield from (place for place, record in enumerate(csv.reader(file, delimiter=delimiter), start=1) if not record)


def _check_none_lost(con: duckdb.DuckDBPyConnection, path: Path, survey: _Survey, ragged: int, *, shown: str) -> None:
    """Counts the lines again where a line is a row, that is where no quote could hide a line end."""
    kept = con.execute("SELECT count(*) FROM cells").fetchall()[0][0]
    if survey.has_quotes or 1 + kept + ragged == survey.lines:
        return
    with path.open(encoding="utf-8-sig", newline=None) as file:
        written = sum(1 for line in file if line != "\n")
    if 1 + kept + ragged != written:
        raise BadSource(f"{shown} has {written - 1} rows, but {kept + ragged} were read; save it again as plain CSV.")


def _number(con: duckdb.DuckDBPyConnection, ragged: list[tuple[int, str]]) -> None:
    """Makes the view `given`, in which a row's number counts the ragged rows before it too."""
    if not ragged:
        con.execute(f"CREATE VIEW given AS SELECT rowid + 1 AS {ROW}, * FROM cells")
        return
    # The n-th ragged row has (its number - n) whole rows before it.
    before = {row - place: place for place, (row, _) in enumerate(ragged, start=1)}
    con.execute("CREATE TABLE gaps (after BIGINT, rows BIGINT)")
    con.executemany("INSERT INTO gaps VALUES (?, ?)", list(before.items()))
    con.execute(
        f"CREATE VIEW given AS SELECT cells.rowid + 1 + coalesce(gaps.rows, 0) AS {ROW}, cells.* "
        "FROM cells ASOF LEFT JOIN gaps ON cells.rowid >= gaps.after"
    )
