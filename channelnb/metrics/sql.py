"""The SQL by which a metric is measured, for those who want to check it or run it elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

import duckdb
import pandas as pd

from channelnb.book.book import open_book
from channelnb.book.tables import CONTRACT
from channelnb.metrics.grid import Grid
from channelnb.metrics.keys import check_keys
from channelnb.metrics.parts import Amount, Part, Ratio, Side, terms
from channelnb.metrics.periods import periods
from channelnb.metrics.registry import Metric, find
from channelnb.metrics.values import Asked

_MADE = re.compile(r"CREATE OR REPLACE TEMP TABLE ((?:rows|fold|found)_\w+) AS ")
_FIGURE = {
    "Median": "-- value: the median of value_0; a row with n_0 = 0 is not over, and takes longer than that",
    "Spread": "-- value: how value_0, of which each entity has a row, is spread over the entities",
    "Composed": "-- value: what a function in Python makes of the parts above",
}


class _Recording:
    """A connection that writes down what it runs."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self.said: list[str] = []

    def execute(self, sql: str, *given: Any) -> Any:
        self.said.append(sql)
        return self._con.execute(sql, *given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


def sql_of(name: str, *, by: Sequence[str] = ("partner_id",)) -> str:
    """The SQL that `measure` runs for a metric, statement by statement, where the source gives every table.

    The tables are a book's views; `periods_none` holds the periods asked for. Raises UnknownName for a metric or
    key that doesn't exist.

    >>> print(sql_of("lead_acceptance").splitlines()[-1])
    SELECT partner_id, period, value_0 / nullif(value_1, 0) AS value FROM found_0
    """
    metric = find(name)
    every = {table.name: pd.DataFrame(columns=[*table.names], dtype="str") for table in CONTRACT.values()}
    with open_book(every, quarter="2026Q3") as book:
        check_keys(book, list(by))
        recording = _Recording(book.con)
        book.con = cast(duckdb.DuckDBPyConnection, recording)
        grid = Grid(Asked(book, metric.parts, list(by)), periods(book, "", None, None))
    return ";\n\n".join([*filter(_MADE.match, recording.said), _last(metric, grid, by)])


def _last(metric: Metric, grid: Grid, by: Sequence[str]) -> str:
    """The statement that brings the parts together, as far as SQL does it."""
    unreached = [reason for reason in grid.asked.reasons.values() if reason]
    if unreached:
        return f"-- not measurable by {', '.join(by)}: {unreached[0]}"
    places = {part: (one.name, f"value_{i}") for one in grid.found for i, part in enumerate(one.parts)}
    tables = list(dict.fromkeys(table for table, _ in places.values()))

    def column(part: Part) -> str:
        table, value = places[part]
        return value if len(tables) == 1 else f"{table}.{value}"

    def side(one: Side) -> str:
        return " ".join(f"{'-' if sign < 0 else '+'} {column(part)}" for sign, part in terms(one)).removeprefix("+ ")

    match metric.formula:
        case Amount(value):
            figure = side(value)
        case Ratio(above, below):
            figure = " / ".join([_bracketed(side(above)), f"nullif({side(below)}, 0)"])
        case formula:
            return _FIGURE[type(formula).__name__]
    keys = ", ".join([*by, "period"])
    joined = " FULL JOIN ".join([tables[0], *(f"{table} USING ({keys})" for table in tables[1:])])
    return f"SELECT {keys}, {figure} AS value FROM {joined}"


def _bracketed(sum_: str) -> str:
    return f"({sum_})" if " " in sum_ else sum_
