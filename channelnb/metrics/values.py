"""What one part comes to, per group and period, computed on the fold."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

import pandas as pd

from channelnb.book.book import Book
from channelnb.book.tables import CONTRACT
from channelnb.metrics.fold import KEYS, Fold, fold, lacking
from channelnb.metrics.keys import NONE, Path, resolve
from channelnb.metrics.once import RESELLER, counted_twice, once
from channelnb.metrics.parts import Part, Window, contract_table
from channelnb.metrics.periods import AHEAD, BEGINS, MONTHS, REACH, Periods


@dataclass(frozen=True)
class Values:
    """A part's value and rows (`n`) per group and period, or the reason why it cannot be measured."""

    frame: pd.DataFrame | None
    reason: str = ""


def missing(book: Book, part: Part) -> str:
    """Why a part cannot be measured with this book at all; "" when it can."""
    table = contract_table(part.table)
    if not book.has(table):
        return f"the source has no table {table}"
    if columns := lacking(book, part):
        return f"table {table} has no column {' and no column '.join(columns)}"
    return book.at_plan.why_not if part.at_plan_rates else ""


def values(book: Book, part: Part, dims: list[str], during: Periods) -> Values:
    """The value of a part per group of `dims` and period; one row for each that has any row behind it."""
    if reason := missing(book, part):
        return Values(None, reason)
    paths = {dim: resolve(book, part.table, dim) for dim in dims}
    absent = [dim for dim, path in paths.items() if path is None]
    if absent:
        return Values(None, f"table {contract_table(part.table)} has no column {' and no column '.join(absent)}")
    known = {dim: path for dim, path in paths.items() if path is not None}
    folded = fold(book, part.table, _extra(book, part, known))
    return Values(book.query(_Query(book, part, known, folded, during.table).sql()))


def _extra(book: Book, part: Part, paths: dict[str, Path]) -> frozenset[str]:
    wanted = {"line" if path.column == "line" else path.fact_column for path in paths.values()}
    if part.aggregate == "distinct":
        wanted.add(part.of)
    if counted_twice(book, part.table):
        wanted.add(RESELLER)
    return frozenset(wanted - set(KEYS))


@dataclass(frozen=True)
class _Query:
    """The SQL that turns a fold into a part's values."""

    book: Book
    part: Part
    paths: dict[str, Path]
    fold: Fold
    periods: str

    def sql(self) -> str:
        if self.part.aggregate != "distinct":
            value = f"sum({self._to_date()}f.{self.fold.value(self.part)})"
            return f"SELECT {self._named()}, CAST({value} AS DOUBLE) AS value, {self._rest(self.part.window)}"
        if self.part.also_in is None and self.part.not_in is None:
            value = f"CAST(count(DISTINCT f.{self.part.of}) AS DOUBLE) AS value"
            return f"SELECT {self._named()}, {value}, {self._rest(self.part.window)}"
        return self._compared()

    def _to_date(self) -> str:
        """The share of the running month that has gone by, as a factor of its value, or of the value a year earlier."""
        day = self.book.as_of
        days = calendar.monthrange(day.year, day.month)[1]
        if not self.part.to_date or day.day == days:
            return ""
        month, year = f"f.{self.fold.slot(self.part)}_0", day.year - (self.part.window is Window.PRIOR_YEAR)
        return f"CASE WHEN {month} = DATE '{day.replace(year, day=1)}' THEN {day.day / days} ELSE 1 END * "

    def _named(self) -> str:
        dims = [f'{self._key(path)} AS "{dim}"' for dim, path in self.paths.items()]
        return ", ".join([*dims, "p.label AS period"])

    def _key(self, path: Path) -> str:
        if path.column == "line" and path.table in ("", "products"):
            return f"coalesce(CAST(f.line AS VARCHAR), '{NONE}')"
        owner = f"r_{path.table}" if path.through else "f"
        return f"coalesce(CAST({owner}.\"{path.column}\" AS VARCHAR), '{NONE}')"

    def _rest(self, window: Window) -> str:
        return f"CAST(sum(f.{self.fold.rows(self.part)}) AS DOUBLE) AS n {self._from(window)} GROUP BY ALL"

    def _from(self, window: Window) -> str:
        slot = self.fold.slot(self.part)
        # A stock that is "(none)" on one side has no end there; a month is never null in its own slot's rows.
        within = (
            f"(f.{slot}_0 IS NULL OR f.{slot}_0 <= p.closes) AND (f.{slot}_1 IS NULL OR f.{slot}_1 > p.closes)"
            if window is Window.STOCK
            else f"f.{slot}_0 {MONTHS[window]}"
        )
        side = "p.open" if window in AHEAD else "p.begun"
        tables = {path.table: path.through for path in self.paths.values() if path.through and path.column != "line"}
        joins = " ".join(
            f"LEFT JOIN {table} AS r_{table} ON f.{through} = r_{table}.{CONTRACT[table].key}"
            for table, through in tables.items()
        )
        resold, single = once(self.book, self.part, self.paths.values())
        present = f"f.{slot} AND f.{self.fold.rows(self.part)} > 0"
        told = f"{_told(self.book, self.part, window)} AND {_reached(self.part, self.fold)}"
        source = f'FROM "{self.fold.name}" AS f JOIN {self.periods} AS p ON {within} AND {side}'
        return f"{source} {joins} {resold} WHERE {present} AND {told} AND {single}"

    def _compared(self) -> str:
        """Distinct values of the window that occur, or don't, in the other one."""
        other = self.part.also_in or self.part.not_in
        assert other is not None
        entity = f"f.{self.part.of} AS entity"
        here, there = (
            f"SELECT DISTINCT {self._named()}, {entity} {self._from(window)}" for window in (self.part.window, other)
        )
        join = "SEMI" if self.part.also_in else "ANTI"
        on = ", ".join([*(f'"{dim}"' for dim in self.paths), "period", "entity"])
        keys = ", ".join([*(f'"{dim}"' for dim in self.paths), "period"])
        counted = "CAST(count(*) AS DOUBLE)"
        return (
            f"SELECT {keys}, {counted} AS value, {counted} AS n "
            f"FROM ({here}) {join} JOIN ({there}) USING ({on}) GROUP BY ALL"
        )


def covered(book: Book, part: Part, during: Periods) -> list[str]:
    """Labels of the periods that the part's table covers: those from its first date to its last."""
    folded = fold(book, part.table, _extra(book, part, {}))
    slot = folded.slot(part)
    # What is not there yet, or no longer, is a true zero of a stock and of what lies ahead.
    if part.window is Window.STOCK or part.window in AHEAD:
        months, within = f'SELECT 1 FROM "{folded.name}" WHERE {slot} LIMIT 1', "true"
    else:
        series = f"generate_series(min({slot}_0), max({slot}_0), INTERVAL 1 MONTH)"
        months = f'SELECT unnest({series}) AS {slot}_0 FROM "{folded.name}" WHERE {slot}'
        within = f"f.{slot}_0 {MONTHS[part.window]}"
    told = f"{_told(book, part, part.window)} AND {_reached(part, folded)}"
    found = book.query(f"SELECT DISTINCT p.label FROM ({months}) AS f JOIN {during.table} AS p ON {within} AND {told}")
    return list(found["label"])


def _reached(part: Part, folded: Fold) -> str:
    """The condition that the table reaches back as far as the part's windows do."""
    first = f'(SELECT min({folded.slot(part)}_0) FROM "{folded.name}")'
    windows = (window for window in (part.window, part.also_in, part.not_in) if window in REACH)
    return " AND ".join([f"{REACH[window]} >= {first}" for window in windows]) or "true"


def _told(book: Book, part: Part, window: Window) -> str:
    """The condition that all rows of a window have the values that the part reads.

    Foreign sales before there were plan rates have no revenue at these, and the sum of the others would be wrong.
    """
    if book.at_plan.since is None or not part.at_plan_rates:
        return "true"
    return f"{BEGINS.get(window, 'p.first')} >= DATE '{book.at_plan.since}'"


def months_of(book: Book, part: Part) -> tuple[date, date] | None:
    """The first and last month in which the part's table has a date; None where it has none."""
    if missing(book, part):
        return None
    folded = fold(book, part.table, _extra(book, part, {}))
    slot = folded.slot(part)
    last = f"{slot}_0" if part.window is not Window.STOCK else f"DATE '{book.as_of}'"
    row = book.query(f'SELECT min({slot}_0) AS a, max({last}) AS b FROM "{folded.name}" WHERE {slot}').iloc[0]
    if pd.isna(row["a"]) or pd.isna(row["b"]):
        return None
    return pd.Timestamp(row["a"]).date(), pd.Timestamp(row["b"]).date()
