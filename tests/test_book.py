"""What a book answers, and what it says when it cannot."""

from __future__ import annotations

import gc
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from channelnb.book.book import Book, open_book
from channelnb.book.tables import CONTRACT
from channelnb.errors import BadSource, ColumnsMissing, TableMissing, UnknownName

FRAMES = {
    "partners": pd.DataFrame({"partner_id": ["007"], "name": ["Acme & <Sons>"], "channel": ["reseller"]}),
    "sales": pd.DataFrame(
        {"partner_id": ["007", "007"], "sold_on": ["2026-09-30", "2026-08-01"], "revenue": ["1.10", "x"]}
    ),
}


@pytest.fixture(scope="module")
def book() -> Book:
    return open_book(FRAMES, quarter="2026Q3")


def test_the_load_is_shown_wherever_a_book_is(book: Book) -> None:
    assert book.reconciliation().values.tolist() == [
        ["partners", "frame 'partners'", 1, 1, 0],
        ["sales", "frame 'sales'", 2, 1, 1],
    ]
    assert "2026Q3, as known on 2026-09-30, in USD" in repr(book)
    rows = "".join(f'<td class="number">{rows}</td>' for rows in (2, 1, 1))
    assert f"<td>frame &#x27;sales&#x27;</td>{rows}" in book._repr_html_()
    assert "<td>leads</td>" in book._repr_html_().partition("are absent: what they would unlock")[2]


def test_html_is_escaped() -> None:
    with open_book(FRAMES, quarter="2026Q3") as book:
        book.vendor = book.vendor.model_copy(update={"name": "<b>"})
        assert "<b>" not in book._repr_html_()


@pytest.mark.parametrize("name", ["sales", "partners"])
def test_each_view_has_all_columns_of_its_table_and_those_worked_out(book: Book, name: str) -> None:
    table, columns = CONTRACT[name], list(book.table(name).columns)
    assert columns[: len(table.names)] == [*table.names]
    assert sorted(columns[len(table.names) :]) == sorted(table.added)


def test_a_query_is_a_frame(book: Book) -> None:
    assert book.query("SELECT partner_id, revenue FROM sales").values.tolist() == [["007", 1.1]]


def test_what_is_not_there_is_named(book: Book) -> None:
    with pytest.raises(UnknownName, match=r"there is no table 'sale'; did you mean 'sales'\?"):
        book.table("sale")
    with pytest.raises(UnknownName, match="there is no table 'sale'"):
        book.rejects("sale")
    lacks = r"the source has no table `leads`; it has partners, sales\."
    with pytest.raises(TableMissing, match=lacks):
        book.table("leads")
    with pytest.raises(TableMissing, match=lacks):
        book.query("SELECT * FROM leads")
    with pytest.raises(TableMissing, match="Table with name nonsense does not exist"):
        book.query("SELECT * FROM nonsense")
    with pytest.raises(ColumnsMissing, match='"revenu" not found'):
        book.query("SELECT revenu FROM sales")


def test_a_local_variable_is_not_a_table(book: Book) -> None:
    leads = pd.DataFrame({"lead_id": ["1"]})
    with pytest.raises(duckdb.CatalogException, match="leads does not exist"):
        book.con.execute("SELECT * FROM leads")
    assert len(leads) == 1


def test_a_table_without_rejects_has_none(book: Book) -> None:
    assert book.rejects("partners").empty
    assert list(book.rejects("partners").columns) == ["table", "row", "column", "rule", "found"]


def test_a_closed_book_leaves_nothing() -> None:
    with open_book(FRAMES) as book:
        assert (book.folder / "landed" / "sales.parquet").is_file()
    assert not book.folder.exists()
    with pytest.raises(duckdb.ConnectionException, match="closed"):
        book.query("SELECT 1")


def test_a_forgotten_book_leaves_nothing() -> None:
    book = open_book(FRAMES)
    folder = book.folder
    del book
    gc.collect()
    assert not folder.exists()


def test_a_book_that_cannot_be_opened_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sales = FRAMES["sales"].assign(currency="EUR", revenue="1")
    with pytest.raises(BadSource, match="lacks exchange rates that are needed: for `sales` EUR in 2026-08"):
        open_book({**FRAMES, "sales": sales})
    with pytest.raises(BadSource, match="needs the columns"):
        open_book({**FRAMES, "sales": sales.drop(columns="revenue")})
    assert list(tmp_path.iterdir()) == []


def test_a_table_with_times_can_be_had() -> None:
    leads = pd.DataFrame({"lead_id": ["L1"], "created_at": ["2026-08-01T10:00:00Z"]})
    with open_book({**FRAMES, "leads": leads}, quarter="2026Q3") as book:
        assert book.table("leads")["created_at"].iloc[0] == pd.Timestamp("2026-08-01T10:00:00Z")
