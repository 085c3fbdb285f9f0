"""Rows that break the contract are set aside, named and counted; all others keep their exact value."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from channelnb.book import contract
from channelnb.book.book import open_book
from channelnb.book.contract import Column, Table
from channelnb.book.kinds import cast_name, reading
from channelnb.book.landing import Load, engine, land
from channelnb.book.typed import read_frame
from channelnb.errors import TooManyRejects

PARTNERS = pd.DataFrame({"partner_id": ["007"], "name": ["Acme"], "channel": ["reseller"]})


def taken(cell: str, kind: str) -> object:
    """The value that a text cell is landed with, as text; None where it is rejected."""
    column = Column("cell", kind, "a cell")
    how = reading(column, "VARCHAR")
    with engine(Path()) as con:
        cells = f"(SELECT cell, {how.cast or 'NULL'} AS {cast_name('cell')} FROM (SELECT ? AS cell))"
        return con.execute(f"SELECT CAST({how.value} AS VARCHAR) FROM {cells}", [cell]).fetchall()[0][0]


@pytest.mark.parametrize(
    "kind, cell, value",
    [
        (contract.MONEY, "12.50", "12.500000"),
        (contract.MONEY, "-0.000001", "-0.000001"),
        (contract.MONEY, "+7", "7.000000"),
        (contract.MONEY, "1.230000000", "1.230000"),
        (contract.MONEY, "99999999999999999999999999999999.999999", "99999999999999999999999999999999.999999"),
        (contract.RATE, "1.083412345", "1.083412345"),
        (contract.NUMBER, "0.5", "0.5"),
        (contract.INTEGER, "5.0", "5"),
        (contract.INTEGER, "-9223372036854775808", "-9223372036854775808"),
        (contract.DATE, "2024-02-29", "2024-02-29"),
        (contract.MONTH, "2026-09-01", "2026-09-01"),
        (contract.QUARTER, "2026Q3", "2026Q3"),
        (contract.YEAR, "2026", "2026"),
        (contract.TIMESTAMP, "2026-09-30T14:05:00+02:00", "2026-09-30 12:05:00+00"),
        (contract.TIMESTAMP, "2026-09-30 14:05", "2026-09-30 14:05:00+00"),
        (contract.TIMESTAMP, "2026-09-30T14:05:00.250Z", "2026-09-30 14:05:00.25+00"),
        (contract.TIMESTAMP, "2026-09-30", "2026-09-30 00:00:00+00"),
        (contract.FLAG, "1", "true"),
        (contract.FLAG, "False", "false"),
        (contract.ID, " 007 ", " 007 "),
        (contract.ID, "x" * 200, "x" * 200),
        (contract.TEXT, "NA", "NA"),
    ],
)
def test_a_sound_cell_has_its_exact_value(kind: str, cell: str, value: str) -> None:
    assert taken(cell, kind) == value


WRONG = {
    contract.MONEY: "1,234.50|12.3456789|1e5|0x10|1_000|infinity|NaN| 12|12 |.5|5.|--1|$5|1.000.000,00|١٢",
    contract.RATE: "1.0834123456|1,5|0|0.0|-1.0834|1000000000",
    contract.NUMBER: "1,5|1e5|inf|nan|1_0|0x1|five",
    contract.INTEGER: "1.5|9223372036854775808|1e3|one",
    contract.DATE: "30.09.2026|2026-9-30|20260930|2026-02-30|2026-09-30 00:00:00|infinity|today| 2026-09-30",
    contract.MONTH: "2026-09|2026-09-02|2026-13-01|Sep 2026",
    contract.QUARTER: "2026Q5|26Q3|Q3 2026|2026q3|2026-Q3",
    contract.YEAR: "26|FY2026|2026.0|1826",
    contract.TIMESTAMP: "30.09.2026 10:00|2026-09-30 25:00|2026-09-30T10:00:00 Europe/Paris|2026-09-30 10|now",
    contract.FLAG: "yes|2|t|-1",
}


@pytest.mark.parametrize(
    "kind, cell",
    [
        *((kind, cell) for kind, cells in WRONG.items() for cell in cells.split("|")),
        (contract.MONEY, "9" * 33),
        (contract.DATE, "0026-09-30"),
        (contract.DATE, "1899-12-31"),
        (contract.DATE, "2201-01-01"),
        (contract.ID, "x" * 201),
    ],
)
def test_a_cell_that_only_looks_right_is_rejected(kind: str, cell: str) -> None:
    assert taken(cell, kind) is None


def sales(**columns: list[object]) -> pd.DataFrame:
    size = max(map(len, columns.values()))
    base = {"sold_on": ["2026-09-30"] * size, "partner_id": ["007"] * size, "revenue": ["1"] * size}
    return pd.DataFrame({**base, **columns})


def test_each_fault_names_table_row_column_rule_and_value() -> None:
    frame = sales(
        sale_id=["1", "2", "2", "3", "4"],
        revenue=["1,234.50", "1", "1", None, "1"],
        sold_on=["2026-09-31", "2026-09-30", "2026-09-30", "2026-09-30", " "],
        basis=["sell_in", "sell_through", "sell_in", "Sell_In", None],
    )
    book = open_book({"partners": PARTNERS, "sales": frame}, as_of="2026-12-31")
    found = book.rejects("sales").astype(object).where(lambda f: f.notna(), None)
    assert found.drop(columns="table").values.tolist() == [
        [1, "sold_on", "no such day, or none of the years 1900 to 2200", "2026-09-31"],
        [1, "revenue", "commas between thousands: leave them out", "1,234.50"],
        [3, "sale_id", "the key of an earlier row", "2"],
        [4, "revenue", "missing", None],
        [4, "basis", "not one of sell_in, sell_through", "Sell_In"],
        [5, "sold_on", "missing", None],
    ]
    assert set(book.rejects()["table"]) == {"sales"}
    load = book.loads["sales"]
    assert (load.rows_in, load.rows_used, load.rows_rejected) == (5, 1, 4)


def test_the_first_sound_row_of_a_key_is_kept() -> None:
    frame = sales(sale_id=["1", "1", "1", None, None, ""], revenue=["oops", "2", "3", "4", "5", "6"])
    book = open_book({"partners": PARTNERS, "sales": frame}, as_of="2026-12-31")
    assert book.table("sales")["revenue"].tolist() == [2, 4, 5, 6]
    assert book.rejects("sales")["row"].tolist() == [1, 3]


def test_rejects_keep_the_whole_row() -> None:
    frame = sales(sale_id=["1", "2"], revenue=["oops", "2"], colour=["red", "blue"])
    book = open_book({"partners": PARTNERS, "sales": frame}, as_of="2026-12-31")
    path = book.folder / "rejects" / "sales.parquet"
    (whole,) = duckdb.execute("SELECT original FROM read_parquet(?)", [str(path)]).fetchall()[0]
    assert json.loads(whole)["colour"] == "red"


def test_check_counts_rows_by_rule() -> None:
    frame = sales(revenue=["x", "y", "1"], cost=["z", "1", "1"])
    book = open_book({"partners": PARTNERS, "sales": frame}, as_of="2026-12-31")
    assert book.check()[["column", "rows", "first_rows", "found"]].values.tolist() == [
        ["revenue", 2, [1, 2], "x"],
        ["cost", 1, [1], "z"],
    ]


def test_more_rejects_than_allowed_name_the_first() -> None:
    frame = sales(revenue=["1,234.50", "y", "1"])
    frames = {"partners": PARTNERS, "sales": frame}
    said = r"2 rows .* max_rejected is 1: .*\n  frame 'sales' row 1, revenue: commas .*; found '1,234\.50', .* 1234\.50"
    with pytest.raises(TooManyRejects, match=said):
        open_book(frames, as_of="2026-12-31", max_rejected=1)
    assert open_book(frames, as_of="2026-12-31", max_rejected=2).loads["sales"].rows_rejected == 2


def test_a_ragged_row_among_too_many_is_named_whole(tmp_path: Path) -> None:
    (tmp_path / "partners.csv").write_text("partner_id,name,channel\n007,Acme,reseller\n008,Bee\n")
    (tmp_path / "sales.csv").write_text("partner_id,sold_on,revenue\n007,2026-09-30,1\n")
    said = r"partners\.csv row 2, the whole row: cells do not fit the header; found '008,Bee'"
    with pytest.raises(TooManyRejects, match=said):
        open_book(tmp_path, max_rejected=0)


def test_landed_columns_have_the_types_of_the_contract(tmp_path: Path) -> None:
    kinds = list(contract.SQL_TYPES)
    table = Table("odd", "every kind", "nothing", tuple(Column(kind, kind, kind) for kind in kinds))
    cells = {
        "date": "2026-09-30",
        "timestamp": "2026-09-30",
        "month": "2026-09-01",
        "year": "2026",
        "quarter": "2026Q3",
    }
    frame = pd.DataFrame({kind: [cells.get(kind, "1"), None] for kind in kinds})
    load = land(table, lambda con: read_frame(con, frame, table), folder=tmp_path)
    assert load == Load("odd", "frame 'odd'", 2, 2, 0, tuple(kinds), ())
    described = duckdb.execute(f"DESCRIBE FROM '{tmp_path}/landed/odd.parquet'").fetchall()
    types = {name: kind.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ") for name, kind, *_ in described}
    assert types == contract.SQL_TYPES


def test_a_source_of_two_hundred_thousand_rows_is_read_in_order(tmp_path: Path) -> None:
    bad = {17, 120_000, 199_999}
    lines = (f"{n},2026-09-30,007,{'oops' if n in bad else n}" for n in range(1, 200_001))
    (tmp_path / "partners.csv").write_text("partner_id,name,channel\n007,Acme,reseller\n")
    (tmp_path / "sales.csv").write_text("sale_id,sold_on,partner_id,revenue\n" + "\n".join(lines) + "\n")
    book = open_book(tmp_path)
    assert book.rejects()["row"].tolist() == sorted(bad)
    assert book.query("SELECT count(*) AS n FROM sales WHERE sale_id::INT = revenue")["n"].tolist() == [199_997]
    assert re.search(r"sales +sales\.csv +200000 +199997 +3", repr(book))
