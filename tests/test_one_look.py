"""A table without faults is landed by one look at its rows; where there are faults, a second one describes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from channelnb.book import landing
from channelnb.book.book import Book, open_book

PARTNERS = "partner_id,name,channel\n007,Acme,reseller\n008,Bee,reseller\n"
SALES = pa.table(
    {
        "sold_on": [date(2026, 8, 1), date(2026, 9, 30), date(2026, 7, 15)],
        "partner_id": ["007", "008", "007"],
        "revenue": pa.array([Decimal("1.10"), Decimal("-2.20"), Decimal("3.30")], pa.decimal128(18, 2)),
        "sale_id": ["A3", "A1", "A2"],
        "units": [1.0, 2.5, None],
        "trait_colour": ["red", None, "blue"],
    }
)


def with_column(name: str, cells: list[object]) -> pa.Table:
    return SALES.set_column(SALES.column_names.index(name), name, pa.array(cells))


def opened(folder: Path, sales: pa.Table) -> Book:
    (folder / "partners.csv").write_text(PARTNERS)
    pq.write_table(sales, folder / "sales.parquet")
    return open_book(folder, quarter="2026Q3")


def same_bytes(book: Book, source: Path) -> bool:
    return (book.folder / "landed" / "sales.parquet").read_bytes() == (source / "sales.parquet").read_bytes()


def test_a_file_in_the_types_of_the_contract_is_kept_as_it_is(tmp_path: Path) -> None:
    book = opened(tmp_path, SALES)
    assert same_bytes(book, tmp_path)
    assert book.table("sales")["revenue"].tolist() == [1.1, -2.2, 3.3]
    assert book.con.execute("SELECT typeof(revenue), typeof(units) FROM kept.sales").fetchall()[0] == (
        "DECIMAL(38,6)",
        "DOUBLE",
    )
    assert book.loads["sales"].rows_used == 3
    assert book.rejects().empty


@pytest.mark.parametrize(
    "column, cells, landed",
    [
        ("sale_id", ["A3", " ", ""], ["A3", None, None]),
        ("trait_colour", ["red", "\t", "blue"], ["red", None, "blue"]),
        ("units", [1.0, float("nan"), 2.0], [1.0, None, 2.0]),
        ("revenue", [1, 2, 3], [1, 2, 3]),
        ("revenue", [0.1, 0.2, 1e6], [Decimal("0.1"), Decimal("0.2"), 1_000_000]),
        ("partner_id", [7, 8, 7], ["7", "8", "7"]),
    ],
)
def test_what_is_worth_something_else_than_it_says_is_landed_as_that(
    tmp_path: Path, column: str, cells: list[object], landed: list[object]
) -> None:
    book = opened(tmp_path, with_column(column, cells))
    assert [value for (value,) in book.con.execute(f"SELECT {column} FROM kept.sales").fetchall()] == landed
    assert book.rejects().empty
    assert same_bytes(book, tmp_path) == (cells == [1, 2, 3])


@pytest.mark.parametrize(
    "column, cells, row, rule",
    [
        ("sale_id", ["A3", "A1", "A3"], 3, "the key of an earlier row"),
        ("partner_id", ["007", None, "007"], 2, "missing"),
        ("units", [1.0, float("inf"), 2.0], 2, "NaN or infinity, which is no number"),
        ("sold_on", [date(2026, 8, 1), date(203, 9, 30), date(2026, 9, 30)], 2, "no such day, or none of the years"),
    ],
)
def test_one_fault_is_found_and_the_rest_is_landed(
    tmp_path: Path, column: str, cells: list[object], row: int, rule: str
) -> None:
    book = opened(tmp_path, with_column(column, cells))
    (fault,) = book.rejects().to_dict("records")
    assert (fault["row"], fault["column"]) == (row, column)
    assert fault["rule"].startswith(rule)
    assert book.loads["sales"].rows_used == 2
    assert len(book.con.execute("FROM kept.sales").fetchall()) == 2


@pytest.mark.parametrize(
    "keys, once", [("A1 A2 A3", True), ("A3 A1 A2", True), ("A1 A3 A1", False), ("A1 A1 A2", False)]
)
def test_a_key_that_occurs_twice_is_never_taken_for_one(keys: str, once: bool) -> None:
    with landing.engine(Path()) as con:
        con.execute("CREATE TABLE given AS SELECT unnest(? || [NULL, NULL]) AS sale_id", [keys.split()])
        assert landing._is_once(con, "sale_id", "given") == once
        assert landing._is_once(con, "", "given")


def test_the_source_is_left_as_it_was(tmp_path: Path) -> None:
    opened(tmp_path, SALES).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["partners.csv", "sales.parquet"]
    assert pq.read_table(tmp_path / "sales.parquet").equals(SALES)


def test_nothing_but_what_is_landed_or_rejected_stays_in_a_book(tmp_path: Path) -> None:
    book = opened(tmp_path, with_column("sale_id", ["A3", "A1", "A3"]))
    assert sorted(path.name for path in book.folder.rglob("*.parquet")) == [
        "partners.parquet",
        "partners.parquet",
        "sales.parquet",
        "sales.parquet",
    ]
