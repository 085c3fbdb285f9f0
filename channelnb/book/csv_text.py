"""CSV read exactly: encoding, line ends, delimiter and header are found first, then all is text."""

from __future__ import annotations

import codecs
import csv
import re
import tempfile
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from channelnb.book.contract import Table
from channelnb.book.given import ROW, Given, Ragged, header_of, literal, quoted
from channelnb.errors import BadSource

_DELIMITERS = ",;\t|"
_CHUNK = 1 << 22
# UTF-32 comes first: its mark begins with that of UTF-16.
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_HIGH = bytes(range(128, 256))
_LOOKED_AT = 10


@dataclass(frozen=True)
class _Survey:
    """What a pass over the bytes finds: no parser is asked to guess it."""

    encoding: str
    newlines: tuple[str, ...]
    has_quotes: bool
    lines: int


def read_csv(con: duckdb.DuckDBPyConnection, path: Path, table: Table, *, scratch: Path) -> Given:
    """The rows of a CSV file, every column as text.

    Reads UTF-8, UTF-16, UTF-32 and Windows-1252; comma, semicolon, tab or bar; any line ends. A row with too
    few or too many cells, or with a broken quote, is ragged. Raises BadSource for a bad header.
    """
    survey = _survey(path)
    delimiter, names = _header(path, survey.encoding, table)
    columns = header_of(table, names, file=path.name, below=_next_rows(path, survey.encoding, delimiter))
    plain, newline = path, "".join(survey.newlines) or "\n"
    if not _is_plain(path, survey):
        plain, newline = scratch / f"{table.name}.csv", "\n"
        _write_plainly(path, survey.encoding, plain, delimiter=delimiter)
        survey = _survey(plain)
    rows = _rows(plain, columns, delimiter=delimiter, newline=newline, more=", store_rejects=true")
    con.execute(f"CREATE VIEW given AS FROM {rows}")
    stream = _Stream(con, plain, rows, delimiter, survey, path.name)
    return Given(path.name, dict.fromkeys(columns, "VARCHAR"), stream=stream)


def header_of_csv(path: Path) -> tuple[str, list[str]]:
    """The delimiter under which a CSV file's header has most cells, and these cells.

    Raises BadSource for an empty file.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "orders.csv")
    ...     _ = file.write_text("No;Day, local;Net\\n1;2026-09-30;12,50\\n")
    ...     header_of_csv(file)
    (';', ['No', 'Day, local', 'Net'])
    """
    return _widest(path, _survey(path).encoding)


def view_csv(con: duckdb.DuckDBPyConnection, path: Path, *, name: str, scratch: Path) -> None:
    """Makes the view `name` of a CSV file in any dress that `read_csv` takes, every column as text.

    A row that doesn't fit the header is an error of the query that reads it. Raises BadSource for a bad header.
    """
    survey, plain = _survey(path), path
    delimiter, cells = _widest(path, survey.encoding)
    columns = [cell.strip() or f"column{place}" for place, cell in enumerate(cells, start=1)]
    twice = [column for column, times in Counter(map(str.casefold, columns)).items() if times > 1]
    if twice:
        alike = [column for column in columns if column.casefold() == twice[0]]
        raise BadSource(f"{path.name}: columns {alike} have the same name (case does not count); rename or drop one.")
    newline = "".join(survey.newlines) or "\n"
    if not _is_plain(path, survey):
        plain, newline = Path(tempfile.mkdtemp(dir=scratch), "raw.csv"), "\n"
        _write_plainly(path, survey.encoding, plain, delimiter=delimiter)
    rows = _rows(plain, columns, delimiter=delimiter, newline=newline)
    con.execute(f"CREATE VIEW {quoted(name)} AS FROM {rows}")


@dataclass(frozen=True)
class _Stream:
    """A plain file that is read anew each time; the reader notes on the connection which rows do not fit."""

    con: duckdb.DuckDBPyConnection
    path: Path
    rows: str
    delimiter: str
    survey: _Survey
    shown: str

    def ragged(self, rows: int) -> Ragged:
        found = tuple(_ragged(self.con, self.path, self.delimiter))
        _check_none_lost(self.path, self.survey, whole=rows, ragged=len(found), shown=self.shown)
        return found

    def load(self) -> Ragged:
        try:
            self.con.execute(f"CREATE TABLE cells AS FROM {self.rows}")
        except duckdb.Error as error:
            raise BadSource(f"{self.shown} cannot be read as CSV: {str(error).splitlines()[0]}") from None
        ragged = self.ragged(self.con.execute("SELECT count(*) FROM cells").fetchall()[0][0])
        _number(self.con, ragged)
        return ragged


def _survey(path: Path) -> _Survey:
    with path.open("rb") as file:
        head = file.read(4)
    encoding = next((name for bom, name in _BOMS.items() if head.startswith(bom)), "")
    if not encoding and b"\0" in head:
        encoding = "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
    if encoding.startswith(("utf-16", "utf-32")):
        return _Survey(encoding, (), True, 0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    counts, last, unicode = {"\r\n": 0, "\n": 0, "\r": 0}, b"", True
    has_quotes = False
    for chunk in _chunks(path):
        # To look for what is hardly ever there takes a fraction of counting it.
        returns, pairs = (chunk.count(b"\r"), chunk.count(b"\r\n")) if b"\r" in chunk else (0, 0)
        counts["\r\n"] += pairs
        counts["\n"] += chunk.count(b"\n") - pairs
        counts["\r"] += returns - pairs
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
    begun, _ = decoder.getstate()
    if not begun and chunk.isascii():
        return True
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _header(path: Path, encoding: str, table: Table) -> tuple[str, list[str]]:
    """The delimiter under which most of the contract's columns are found, and the header's cells."""
    found = _headers(path, encoding)
    if not found:
        raise BadSource(f"{path.name} is empty: it needs a header with {list(table.required_names)} at least.")
    delimiter, cells = max(found, key=lambda one: sum(cell.strip().casefold() in table.by_name for cell in one[1]))
    if any("\0" in cell for cell in cells):
        raise BadSource(f"{path.name}: the header, read as {encoding}, holds bytes of zero; save the file as UTF-8.")
    return delimiter, cells


def _next_rows(path: Path, encoding: str, delimiter: str) -> list[list[str]]:
    """The cells of the first rows below the first that holds any."""
    with path.open(encoding=encoding, errors="replace", newline="") as file, suppress(csv.Error):
        filled = (record for record in csv.reader(file, delimiter=delimiter) if any(record))
        return list(islice(filled, 1, 1 + _LOOKED_AT))
    return []


def _widest(path: Path, encoding: str) -> tuple[str, list[str]]:
    found = _headers(path, encoding)
    if not found:
        raise BadSource(f"{path.name} is empty: it has no header.")
    return max(found, key=lambda one: len(one[1]))


def _headers(path: Path, encoding: str) -> list[tuple[str, list[str]]]:
    """Each delimiter, and the header's cells under it; none where the file is empty."""
    found: list[tuple[str, list[str]]] = []
    for delimiter in _DELIMITERS:
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            try:
                cells = next((record for record in csv.reader(file, delimiter=delimiter) if any(record)), None)
            except csv.Error as error:
                raise BadSource(f"{path.name}: the header cannot be read as {encoding} text: {error}.") from None
        if cells is not None:
            found.append((delimiter, cells))
    return found


def _is_plain(path: Path, survey: _Survey) -> bool:
    return survey.encoding.startswith("utf-8") and len(survey.newlines) <= 1 and not _starts_blank(path)


def _starts_blank(path: Path) -> bool:
    with path.open("rb") as file:
        return not file.readline().removeprefix(codecs.BOM_UTF8).strip()


def _write_plainly(path: Path, encoding: str, to: Path, *, delimiter: str) -> None:
    """Writes a file again as UTF-8 with one kind of line end; what stands within quotes is kept."""
    content = path.read_bytes()
    if encoding == "cp1252":
        _check_not_utf8(content, file=path.name)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadSource(
            f"{path.name}: byte {error.start} is neither UTF-8 nor {encoding}; save the file as UTF-8."
        ) from None
    # A quote opens a cell only at its start: elsewhere it may be an inch.
    quoted_or_end = rf'(?:(?<=[{re.escape(delimiter)}\r\n])|\A)"[^"]*(?:""[^"]*)*"|\r\n?'
    text = re.sub(quoted_or_end, lambda found: "\n" if found[0][0] == "\r" else found[0], text.lstrip("\ufeff\r\n"))
    to.write_bytes(text.encode("utf-8"))


def _check_not_utf8(content: bytes, *, file: str) -> None:
    """Raises BadSource where most of what is not ASCII is UTF-8: Windows-1252 would garble it for a few odd bytes."""
    ascii_bytes = len(content.translate(None, _HIGH))
    sound = len(content.decode("utf-8", "ignore").encode("utf-8")) - ascii_bytes
    if sound <= len(content) - ascii_bytes - sound:
        return
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadSource(
            f"{file} is UTF-8 text, but not byte 0x{content[error.start]:02X} in line {line}; save the file as UTF-8."
        ) from None


def _rows(path: Path, columns: list[str], *, delimiter: str, newline: str, more: str = "") -> str:
    """The rows of a plain file as SQL: nothing is sniffed, every column is text."""
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
    newline = newline.replace("\r", "\\r").replace("\n", "\\n")
    return (
        f"read_csv({literal(str(path))}, auto_detect=false, header=true, columns={{{types}}}, "
        f"delim={literal(delimiter)}, quote='\"', escape='\"', new_line='{newline}'{more})"
    )


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


def _check_none_lost(path: Path, survey: _Survey, *, whole: int, ragged: int, shown: str) -> None:
    """Counts the lines again where a line is a row, that is where no quote could hide a line end."""
    if survey.has_quotes or 1 + whole + ragged == survey.lines:
        return
    with path.open(encoding="utf-8-sig", newline=None) as file:
        written = sum(1 for line in file if line != "\n")
    if 1 + whole + ragged != written:
        raise BadSource(f"{shown} has {written - 1} rows, but {whole + ragged} were read; save it again as plain CSV.")


def _number(con: duckdb.DuckDBPyConnection, ragged: Ragged) -> None:
    """Makes the view `given` of `cells`, in which a row's number counts the ragged rows before it too."""
    if not ragged:
        con.execute(f"CREATE OR REPLACE VIEW given AS SELECT rowid + 1 AS {ROW}, * FROM cells")
        return
    # The n-th ragged row has (its number - n) whole rows before it.
    before = {row - place: place for place, (row, _) in enumerate(ragged, start=1)}
    con.execute("CREATE TABLE gaps (after BIGINT, rows BIGINT)")
    con.executemany("INSERT INTO gaps VALUES (?, ?)", list(before.items()))
    con.execute(
        f"CREATE OR REPLACE VIEW given AS SELECT cells.rowid + 1 + coalesce(gaps.rows, 0) AS {ROW}, cells.* "
        "FROM cells ASOF LEFT JOIN gaps ON cells.rowid >= gaps.after"
    )
