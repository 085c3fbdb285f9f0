"""Whatever text the cells of a source hold: no row is lost, and no value changes silently."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import tempfile
from decimal import Decimal
from functools import partial
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from channelnb.book.csv_text import read_csv
from channelnb.book.landing import Read, engine, land, read_rejects
from channelnb.book.tables import CONTRACT
from channelnb.book.typed import read_frame

COLUMNS = ["sale_id", "sold_on", "partner_id", "revenue", "units", "basis", "colour"]

_ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
_NUMBERS = ["1", "1.0", "-12.345678", "1.2345678", "1e5", "0x10", "1_000", "1,234.50", "inf", "NaN"]
_DAYS = ["2026-09-30", "2026-9-30", "2026-02-30", "2026-09-30 10:00"]
_WORDS = ["", " ", "NA", "007", "sell_in", "Sell_In", '"', "a\r\nb", "a\nb", "\ufeff"]
_NEARLY = st.sampled_from([*_NUMBERS, *_DAYS, *_WORDS])
_CELL = st.one_of(_NEARLY, _ANY, st.decimals(allow_nan=False, allow_infinity=False, places=7).map(str))
_ROW = st.tuples(*[_CELL] * len(COLUMNS))


def sound(cell: str, column: str) -> object:
    """The value that the contract gives a filled cell, by rules written down a second time; None for a reject."""
    if column == "sold_on":
        try:
            day = dt.date.fromisoformat(cell)
        except ValueError:
            return None
        return day if day.isoformat() == cell and 1900 <= day.year <= 2200 else None
    if column == "revenue":
        fits = re.fullmatch(r"[+-]?[0-9]{1,32}(\.[0-9]{1,6}0*)?", cell)
        return Decimal(cell) if fits else None
    if column == "units":
        return float(cell) if re.fullmatch(r"[+-]?[0-9]{1,200}(\.[0-9]+)?", cell) else None
    if column == "basis":
        return cell if cell in ("sell_in", "sell_through") else None
    return cell


def expected(rows: list[tuple[str, ...]]) -> tuple[list[tuple[object, ...]], list[int]]:
    """The values of the rows that the contract takes, and the numbers of those that it doesn't."""
    used, rejected, keys = [], [], set()
    for number, row in enumerate(rows, start=1):
        filled = [cell.strip(" \t\r\n") != "" for cell in row]
        values = [sound(cell, name) if there else None for cell, name, there in zip(row, COLUMNS, filled, strict=True)]
        broken = any(there and value is None for there, value in zip(filled, values, strict=True))
        if broken or not all(filled[1:4]) or (values[0] is not None and values[0] in keys):
            rejected.append(number)
            continue
        keys.add(values[0])
        used.append(tuple(values))
    return used, rejected


def check(read: Read, rows: list[tuple[str, ...]], folder: Path) -> None:
    used, rejected = expected(rows)
    load = land(CONTRACT["sales"], read, folder=folder)
    assert (load.rows_in, load.rows_used, load.rows_rejected) == (len(rows), len(used), len(rejected))
    with engine(folder) as con:
        assert read_rejects(con, ["sales"], folder)["row"].drop_duplicates().tolist() == rejected
        landed = con.execute(f"SELECT {', '.join(COLUMNS)} FROM '{folder}/landed/sales.parquet'").fetchall()
    assert landed == used


_SETTINGS = settings(max_examples=50, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


@_SETTINGS
@given(st.lists(_ROW, max_size=8))
@example([("1", "2026-09-30", "007", "1", "1", "sell_in", "x")] * 2)
def test_any_text_in_a_frame(rows: list[tuple[str, ...]]) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS, dtype="str")
    with tempfile.TemporaryDirectory() as folder:
        check(partial(read_frame, frame=frame, table=CONTRACT["sales"]), rows, Path(folder))


@_SETTINGS
@given(st.lists(_ROW, max_size=8), st.sampled_from(",;|\t"), st.sampled_from(["\n", "\r\n"]))
def test_any_text_in_a_csv(rows: list[tuple[str, ...]], delimiter: str, newline: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL)
    writer.writerows([COLUMNS, *rows])
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "sales.csv")
        path.write_bytes(text.getvalue().encode())
        folder = Path(scratch, "book")
        folder.mkdir()
        check(partial(read_csv, path=path, table=CONTRACT["sales"], scratch=folder), rows, folder)
