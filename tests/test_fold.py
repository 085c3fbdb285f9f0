"""The fold scans each fact table once, whatever is measured on it, and loses none of its rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from channelnb.book.book import Book, open_book
from channelnb.metrics.derived import DERIVED, derive
from channelnb.metrics.fold import fold
from channelnb.metrics.measure import measure
from channelnb.metrics.parts import contract_table, count
from channelnb.metrics.registry import METRICS
from channelnb.metrics.values import fold_all
from channelnb.metrics.worked import made_up


@pytest.fixture(scope="module")
def book(sample: Path) -> Iterator[Book]:
    with open_book(sample, quarter="2026Q3") as opened:
        yield opened


def operators(tree: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for operator in tree:
        yield operator
        yield from operators(operator.get("children", []))


def scans(made_by: list[dict[str, Any]], table: str) -> list[str]:
    """What is told of each scan of a landed table."""
    told = [json.dumps(operator["extra_info"]) for operator in made_by]
    return [text for text in told if f"/landed/{table}.parquet" in text or f'.{table}"' in text]


@pytest.mark.parametrize("metric", ["revenue", "sell_in", "sell_through", "currency_effect"])
def test_a_part_is_the_sum_of_its_rows(book: Book, metric: str) -> None:
    part, *_ = METRICS[metric].parts
    (folded,) = fold(book, "sales", parts=[part]).values()
    sums = f"SELECT sum({folded.value(part)}), sum({folded.rows(part)}) FROM {folded.name}"
    rows = f"SELECT sum({part.of}), count({part.of}) FROM sales WHERE {part.where}"
    assert book.con.execute(sums).fetchall() == book.con.execute(rows).fetchall()


class Profiled:
    """A connection that keeps the operators by which it made each table."""

    def __init__(self, con: duckdb.DuckDBPyConnection, to: Path) -> None:
        self._con, self._to = con, to
        self.made_by: list[dict[str, Any]] = []

    def execute(self, sql: str, *given: Any) -> duckdb.DuckDBPyConnection:
        if not sql.startswith("CREATE"):
            return self._con.execute(sql, *given)
        self._con.execute("SET enable_profiling = 'json'")
        self._con.execute(f"SET profiling_output = '{self._to}'")
        self._con.execute(sql, *given)
        self._con.execute("PRAGMA disable_profiling")
        self.made_by += operators(json.loads(self._to.read_text())["operator"])
        return self._con

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


WHO_THERE_IS = {"partners", "salespeople", "markets"}
"""Small tables that say who and what there is; rows of others look into them again."""
FACTS = sorted({contract_table(part.table) for metric in METRICS.values() for part in metric.parts} - WHO_THERE_IS)


@pytest.fixture(scope="module")
def made_by(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The operators by which all metrics are measured at several grains, one after the other."""
    with open_book(sample, quarter="2026Q3") as book:
        book.con = profiled = Profiled(book.con, tmp_path_factory.mktemp("profile") / "profile.json")
        fold_all(book)
        for by in (["partner_id", "month"], ["channel", "quarter"], ["partner_id", "line"], []):
            measure(book, by=by, resample=False)
    return profiled.made_by


@pytest.mark.parametrize("table", FACTS)
def test_each_fact_table_is_scanned_once_for_all_metrics(made_by: list[dict[str, Any]], table: str) -> None:
    """Whatever the grain, and whatever rows of other tables refer to it; a view over it is a scan of its own."""
    views = {part.table for metric in METRICS.values() for part in metric.parts if contract_table(part.table) == table}
    assert len(scans(made_by, table)) == len(views)


def test_a_column_that_is_derived_anew_is_measured_anew() -> None:
    """As when a cell of a notebook is changed and run again."""
    part = count("sales", at="sold_on", where="is_large")
    tables = made_up(sales="sold_on revenue / 2026-08-01 5 / 2026-08-02 50")
    found = []
    with open_book(tables, quarter="2026Q3") as book:
        for least in (10, 1):
            derive("sales", "is_large", f"f.revenue > {least}", needs=["sales.revenue"])
            (made,) = fold(book, "sales", parts=[part]).values()
            found.append(book.con.execute(f"SELECT sum({made.value(part)}) FROM {made.name}").fetchall()[0][0])
    del DERIVED["sales"]["is_large"]
    assert found == [1, 2]
