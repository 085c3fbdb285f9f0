"""Rows in = rows used + rows rejected, for every table, whatever it holds and however it is written."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl.cell import WriteOnlyCell

from channelnb.book import contract
from channelnb.book.book import Book, open_book
from channelnb.book.contract import Column, Table
from channelnb.book.csv_text import read_csv
from channelnb.book.kinds import LONGEST_ID
from channelnb.book.landing import Read, engine, land
from channelnb.book.tables import CONTRACT
from channelnb.book.typed import read_frame, read_parquet, read_sheet
from channelnb.errors import ChannelnbError, TooManyRejects

BLANKS = ["", " ", "\t", " \n "]
# These characters are none that a number or a date could be made of.
_WORD = st.text("xyzäßé ,;|\t\"'\n", min_size=1, max_size=6).filter(lambda text: text.strip() != "")
_ANY = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="@=\ufffe\uffff"), min_size=1, max_size=6
).filter(lambda text: text.strip(" \t\r\n") != "")


@dataclass(frozen=True)
class Cell:
    """A cell as it is written, and what it is worth: None where it is blank; broken cells are worth nothing."""

    text: str
    worth: object = None
    broken: bool = False


def _decimals(places: int, digits: int) -> st.SearchStrategy[Cell]:
    most = Decimal(10) ** digits - 1
    numbers = st.integers(0, places).flatmap(lambda scale: st.decimals(-most, most, places=scale))
    return st.builds(lambda number: Cell(f"{number:f}", number), numbers)


def _instant(moment: dt.datetime, zone: int) -> Cell:
    there = moment.replace(tzinfo=dt.timezone(dt.timedelta(hours=zone)))
    return Cell(there.isoformat(), (there - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1))


_DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31))
_YEARS = st.integers(1900, 2199).map(str)
SOUND: dict[str, st.SearchStrategy[Cell]] = {
    contract.MONEY: _decimals(6, 25),
    contract.RATE: _decimals(9, 8),
    contract.NUMBER: st.builds(lambda cell: Cell(cell.text, float(cell.text)), _decimals(6, 12)),
    contract.INTEGER: st.integers(-(2**63), 2**63 - 1).map(lambda number: Cell(str(number), number)),
    contract.DATE: _DAYS.map(lambda day: Cell(day.isoformat(), day)),
    contract.MONTH: _DAYS.map(lambda day: Cell(day.replace(day=1).isoformat(), day.replace(day=1))),
    contract.TIMESTAMP: st.builds(
        _instant, st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(2199, 12, 30)), st.integers(-12, 12)
    ),
    contract.YEAR: _YEARS.map(lambda year: Cell(year, year)),
    contract.QUARTER: st.builds(lambda year, n: Cell(f"{year}Q{n}", f"{year}Q{n}"), _YEARS, st.integers(1, 4)),
    contract.FLAG: st.sampled_from(["true", "True", "1"]).map(lambda text: Cell(text, True))
    | st.sampled_from(["false", "FALSE", "0"]).map(lambda text: Cell(text, False)),
    contract.TEXT: (_WORD | _ANY | st.sampled_from(["NA", "007", "1e5", "-", "nan", "#N/A", "=1+1"])).map(
        lambda text: Cell(text, text)
    ),
}
SOUND[contract.ID] = SOUND[contract.TEXT] | st.sampled_from("123").map(lambda text: Cell(text, text))

_NO_NUMBER = "1,5|1.234,50|0x10|1_000|1e400|1e5|NaN|inf|-inf|1 000|.5|5.|--1|$5|(5)|12 |#DIV/0!"
_NO_DAY = "30.09.2026|09/30/2026|2026-9-30|2026-02-30|0203-09-30|2026-09-30 10:00|45200|20260930|infinity|today|NaN"
BROKEN = {
    contract.MONEY: f"{_NO_NUMBER}|1.2345678|{'9' * 33}",
    contract.RATE: f"{_NO_NUMBER}|1.0123456789|1000000000",
    contract.NUMBER: _NO_NUMBER,
    contract.INTEGER: f"{_NO_NUMBER}|1.5|9223372036854775808",
    contract.DATE: _NO_DAY,
    contract.MONTH: f"{_NO_DAY}|2026-09|2026-09-30",
    contract.TIMESTAMP: "30.09.2026 10:00|2026-09-30 25:00|2026-09-30 10|now|0203-09-30|45200.5",
    contract.YEAR: "26|FY2026|1826|2026.0",
    contract.QUARTER: "2026Q5|Q3 2026|2026q3|2026-Q3",
    contract.FLAG: "yes|2|t|-1",
}


def cells(column: Column) -> st.SearchStrategy[Cell]:
    """Cells of a column: sound ones for the most part, some blank, some broken."""
    blank = st.sampled_from(BLANKS).map(Cell)
    if column.choices:
        sound = st.sampled_from(column.choices).map(lambda text: Cell(text, text))
        broken: st.SearchStrategy[str] = st.sampled_from(["Sell_In", "other things"])
    else:
        sound = SOUND[column.kind]
        broken = st.sampled_from(BROKEN[column.kind].split("|")) | _WORD if column.kind in BROKEN else st.nothing()
    if column.kind == contract.ID:
        broken = st.just("x" * (LONGEST_ID + 1))
    wrong = broken.map(lambda text: Cell(text, broken=True))
    return st.one_of(sound, sound, sound, sound, wrong, blank)


@dataclass(frozen=True)
class Filled:
    """A contract table with some of its columns, and its rows."""

    table: Table
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def texts(self) -> list[list[str]]:
        return [[cell.text for cell in row] for row in self.rows]


@st.composite
def filled(draw: st.DrawFn, names: tuple[str, ...] = tuple(CONTRACT), most: int = 6) -> Filled:
    """Any table of the contract: its required columns, some of the others, in any order, and some rows.

    There are two columns at least: a CSV file of one shows no delimiter, and a blank line in it is a blank cell.
    """
    table = CONTRACT[draw(st.sampled_from(names))]
    optional = [column for column in table.columns if not column.required]
    least = max(0, 2 - len(table.required_names))
    chosen = draw(st.lists(st.sampled_from(optional), unique=True, min_size=least, max_size=6)) if optional else []
    columns = draw(st.permutations([*(column for column in table.columns if column.required), *chosen]))
    rows = draw(st.lists(st.tuples(*map(cells, columns)), max_size=most))
    return Filled(table, tuple(columns), tuple(rows))


def split(of: Filled) -> tuple[list[tuple[object, ...]], list[int]]:
    """What the rows that the contract takes are worth, and the numbers of those that it doesn't."""
    used: list[tuple[object, ...]] = []
    rejected: list[int] = []
    keys: set[object] = set()
    key = of.names.index(of.table.key) if of.table.key in of.names else None
    for number, row in enumerate(of.rows, start=1):
        missing = any(column.required and cell.worth is None for column, cell in zip(of.columns, row, strict=True))
        again = key is not None and row[key].worth is not None and row[key].worth in keys
        if missing or again or any(cell.broken for cell in row):
            rejected.append(number)
            continue
        if key is not None:
            keys.add(row[key].worth)
        used.append(tuple(cell.worth for cell in row))
    return used, rejected


def check_law(of: Filled, read: Read, folder: Path, *, ragged: tuple[int, ...] = (), numbers: list[int] | None = None):
    """Holds the law on one table; `numbers` are the rows' numbers where they are not 1, 2, 3, …"""
    numbers = numbers or list(range(1, len(of.rows) + 1))
    used, broken = split(of)
    rejected = sorted([*(numbers[row - 1] for row in broken), *ragged])
    load = land(of.table, read, folder=folder)
    assert load.rows_in == load.rows_used + load.rows_rejected == len(of.rows) + len(ragged)
    assert (load.rows_used, load.rows_rejected) == (len(used), len(rejected))
    with engine(folder) as con:
        faults = con.execute(
            'SELECT row, "column", original FROM read_parquet(?)', [f"{folder}/rejects/{of.table.name}.parquet"]
        ).fetchall()
        shown = ", ".join(
            f'epoch_us("{c.name}")' if c.kind == contract.TIMESTAMP else f'"{c.name}"' for c in of.columns
        )
        landed = con.execute(f"SELECT {shown} FROM read_parquet(?)", [f"{folder}/landed/{of.table.name}.parquet"])
        assert sorted(landed.fetchall(), key=repr) == sorted(used, key=repr)
    assert sorted({row for row, *_ in faults}) == rejected
    for row, column, original in faults:
        if column is not None:
            told = json.loads(original)
            for name, cell in zip(of.names, of.rows[numbers.index(row)], strict=True):
                assert (told[name] or "").strip(" \t\r\n") == "" if cell.text in BLANKS else told[name] == cell.text


_SETTINGS = settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
_ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]


@dataclass(frozen=True)
class Dress:
    """How a table is written as CSV; `ragged` holds rows that don't fit its header, each before a row of the table."""

    delimiter: str
    encoding: str
    newlines: tuple[str, ...]
    quote_all: bool
    blank_lines: bool
    ragged: tuple[tuple[int, int], ...]


DRESSES = st.builds(
    Dress,
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(_ENCODINGS),
    newlines=st.sampled_from([("\n",), ("\r\n",), ("\r",), ("\n", "\r\n")]),
    quote_all=st.booleans(),
    blank_lines=st.booleans(),
    ragged=st.lists(st.tuples(st.integers(0, 6), st.sampled_from([-1, 1, 3])), max_size=2).map(tuple),
)


def records(of: Filled, dress: Dress) -> Iterator[tuple[list[str], bool]]:
    """The rows as they are written, and whether each one is ragged."""
    for place in range(len(of.rows) + 1):
        for at, more in dress.ragged:
            if at == place:
                yield ["r"] * (len(of.names) + more), True
        if place < len(of.rows):
            yield of.texts[place], False


def written(of: Filled, dress: Dress, path: Path) -> tuple[list[int], list[int]]:
    """Writes a table as CSV; gives the numbers of its rows, and those of the ragged ones."""
    text, numbers, ragged = io.StringIO(newline=""), [], []
    # Python's writer takes for a line end only the one that it writes.
    line_ends = any({"\r", "\n"} & {*cell} for row in of.texts for cell in row)
    for number, (cells, is_ragged) in enumerate([(of.names, False), *records(of, dress)]):
        newline = dress.newlines[number % len(dress.newlines)]
        quoting = csv.QUOTE_ALL if dress.quote_all or line_ends else csv.QUOTE_MINIMAL
        csv.writer(text, delimiter=dress.delimiter, lineterminator=newline, quoting=quoting).writerow(cells)
        if dress.blank_lines:
            text.write(newline)
        if number:
            (ragged if is_ragged else numbers).append(number)
    whole = text.getvalue()
    # Other letters of Windows-1252 can, side by side, be UTF-8 as well.
    odd = set(re.sub(r"[\x00-\x7f]", "", whole)) - set("äßé")
    path.write_bytes(whole.encode("utf-8" if dress.encoding == "cp1252" and odd else dress.encoding))
    return numbers, ragged


@_SETTINGS
@given(filled(), DRESSES)
def test_of_a_csv_no_row_is_lost_and_no_cell_changed(of: Filled, dress: Dress) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        path, folder = Path(scratch, "table.csv"), Path(scratch, "book")
        folder.mkdir()
        numbers, ragged = written(of, dress, path)
        read = partial(read_csv, path=path, table=of.table, scratch=folder)
        check_law(of, read, folder, ragged=tuple(ragged), numbers=numbers)


@_SETTINGS
@given(filled(), st.booleans())
def test_of_a_frame_or_a_parquet_file_no_row_is_lost_and_no_cell_changed(of: Filled, as_frame: bool) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        columns = list(zip(*of.texts, strict=True)) if of.rows else [()] * len(of.names)
        table = pa.table([pa.array(column, pa.string()) for column in columns], names=of.names)
        if as_frame:
            read: Read = partial(read_frame, frame=table.to_pandas(), table=of.table)
        else:
            pq.write_table(table, Path(scratch, "table.parquet"))
            read = partial(read_parquet, path=Path(scratch, "table.parquet"), table=of.table, scratch=Path(scratch))
        check_law(of, read, Path(scratch))


@settings(_SETTINGS, max_examples=30)
@given(filled())
def test_of_a_workbook_no_row_is_lost_and_no_cell_changed(of: Filled) -> None:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("Page")
    sheet.append(of.names)
    for row in of.texts:
        # openpyxl does not keep a cell of blanks alone.
        written_row = [WriteOnlyCell(sheet, text if text not in BLANKS else "") for text in row]
        for cell in written_row:
            # Otherwise text that begins with = would be written as a formula.
            cell.data_type = "s"
        sheet.append(written_row)
    # A row without any cell filled in is no row, though it is counted.
    numbers = [number for number, row in enumerate(of.texts, start=1) if set(row) - {*BLANKS}]
    kept = Filled(of.table, of.columns, tuple(of.rows[number - 1] for number in numbers))
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "table.xlsx")
        workbook.save(path)
        check_law(kept, partial(read_sheet, path=path, table=of.table), Path(scratch), numbers=numbers)


_FLOATS = st.one_of(
    st.none(), st.sampled_from([float("nan"), float("inf"), float("-inf")]), st.decimals(-(10**8), 10**8, places=6)
)


@_SETTINGS
@given(st.lists(st.tuples(_FLOATS, _FLOATS), max_size=8))
@example([(Decimal("0.1"), Decimal("0.2")), (float("nan"), None), (Decimal("1"), float("nan"))])
def test_floats_are_worth_what_they_show_and_sum_exactly(amounts: list[tuple[Decimal | float | None, ...]]) -> None:
    frame = pa.table(
        {
            "sold_on": pa.array([dt.date(2026, 9, 30)] * len(amounts), pa.date32()),
            "partner_id": pa.array(["007"] * len(amounts), pa.string()),
            "revenue": pa.array([None if a is None else float(a) for a, _ in amounts], pa.float64(), from_pandas=False),
            "cost": pa.array([None if b is None else float(b) for _, b in amounts], pa.float64(), from_pandas=False),
        }
    )
    there = [
        (revenue, cost if isinstance(cost, Decimal) else None)
        for revenue, cost in amounts
        if isinstance(revenue, Decimal) and (not isinstance(cost, float) or cost != cost)
    ]
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "sales.parquet")
        pq.write_table(frame, path)
        read = partial(read_parquet, path=path, table=CONTRACT["sales"], scratch=Path(scratch))
        load = land(CONTRACT["sales"], read, folder=Path(scratch))
        with engine(Path(scratch)) as con:
            landed = con.execute(f"SELECT revenue, cost FROM '{scratch}/landed/sales.parquet'").fetchall()
    assert load.rows_in == load.rows_used + load.rows_rejected == len(amounts)
    assert landed == there


def check_book(open_it: Callable[[], Book], tables: list[Filled], ragged: dict[str, list[int]]) -> None:
    try:
        book = open_it()
    except ChannelnbError:
        # Sound rows of which nothing can be made: an amount without a rate, firms that merge in a ring.
        return
    with book:
        for of in tables:
            load, (used, rejected) = book.loads[of.table.name], split(of)
            assert load.rows_in == load.rows_used + load.rows_rejected
            assert (load.rows_used, load.rows_rejected) == (len(used), len(rejected) + len(ragged[of.table.name]))
            money = [name for name in of.names if of.table.by_name[name].kind == contract.MONEY]
            for name in money:
                total = sum(row[of.names.index(name)] or 0 for row in used)
                summed = book.con.execute(f"SELECT coalesce(sum({name}), 0) FROM kept.{of.table.name}").fetchall()
                assert summed == [(total,)]


@settings(_SETTINGS, max_examples=25)
@given(
    filled(("partners",)),
    filled(("sales",)),
    filled(("plans", "leads", "opportunities", "mdf_claims")),
    DRESSES,
    st.booleans(),
)
def test_the_law_holds_for_each_table_of_a_book(
    one: Filled, two: Filled, three: Filled, dress: Dress, limit: bool
) -> None:
    tables = [one, two, three]
    broken = sum(len(split(of)[1]) for of in tables)
    with tempfile.TemporaryDirectory() as scratch:
        source, kept = Path(scratch, "source"), Path(scratch, "rejects")
        source.mkdir()
        ragged = {of.table.name: written(of, dress, source / f"{of.table.name}.csv")[1] for of in tables}
        every = broken + sum(map(len, ragged.values()))
        if limit and every:
            with pytest.raises(TooManyRejects, match=rf"^{every:,} rows? breaks? the contract"):
                open_book(source, as_of="2026-12-31", max_rejected=0, rejects=kept)
        else:
            check_book(partial(open_book, source, as_of="2026-12-31", rejects=kept), tables, ragged)
        names = {of.table.name for of in tables if split(of)[1] or ragged[of.table.name]}
        assert {path.stem for path in kept.glob("*")} == names


def test_the_law_is_not_held_on_empty_ground() -> None:
    """The tables made here are of all kinds of column, and have sound and broken rows."""
    kinds = {column.kind for table in CONTRACT.values() for column in table.columns}
    assert kinds == set(SOUND)
    made = Filled(
        CONTRACT["sales"],
        tuple(CONTRACT["sales"].by_name[name] for name in ("sold_on", "partner_id", "revenue", "sale_id")),
        tuple(
            (Cell("2026-09-30", dt.date(2026, 9, 30)), Cell("P", "P"), Cell(text, worth, worth is None), Cell("1", "1"))
            for text, worth in (("oops", None), ("1.5", Decimal("1.5")), ("2", Decimal(2)))
        ),
    )
    assert split(made) == ([(dt.date(2026, 9, 30), "P", Decimal("1.5"), "1")], [1, 3])
    assert pd.DataFrame(made.texts, columns=made.names)["revenue"].tolist() == ["oops", "1.5", "2"]
