"""What parts come to, per group and period: each table folded once, each window asked once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from channelnb.book.book import Book
from channelnb.metrics.cases import cases_sql
from channelnb.metrics.entities import entities_sql, totals_sql
from channelnb.metrics.fold import BY_CASE, Fold, dating, every_part, fold, lacking
from channelnb.metrics.grain import Grain
from channelnb.metrics.parts import STOCKS, Part, Window, contract_table
from channelnb.metrics.periods import AHEAD, TOLD_IN_FULL, Periods, begin, end, told_from
from channelnb.metrics.rows import KEYS, keep_rows, rows_of
from channelnb.metrics.sums import sums_sql

_ALWAYS = (*STOCKS, *AHEAD, Window.NEXT)
"""Windows in which what is not there yet, or no longer, is a true zero."""


def missing(book: Book, part: Part) -> str:
    """Why a part cannot be measured with this book at all; "" when it can."""
    table = contract_table(part.table)
    if not book.has(table):
        return f"the source has no table {table}"
    lacks: dict[str, list[str]] = {}
    for owner, column in lacking(book, part):
        lacks.setdefault(owner, []).append(column)
    for owner, columns in lacks.items():
        if not book.has(owner):
            return f"the source has no table {owner}"
        return f"table {owner} has no column {' and no column '.join(columns)}"
    return book.at_plan.why_not if part.at_plan_rates else ""


def fold_all(book: Book) -> None:
    """Fold every table that metrics read, once, by all that reports are measured by.

    Later measures by partner, person, customer, line or what these refer to look at no row again.
    """
    parts = every_part(book)
    keys = {table: _keys(book, own, []) | {*KEYS} for table, own in parts.items()}
    keep_rows(book, {table: _words(own) | keys[table] for table, own in parts.items()})
    for table, own in parts.items():
        fold(book, table, keys=sorted(keys[table]), parts=[part for part in own if part.aggregate not in BY_CASE])


def _words(parts: Iterable[Part]) -> set[str]:
    return {word for part in parts for word in part.words}


def _keys(book: Book, parts: Iterable[Part], dims: list[str]) -> set[str]:
    return {key for part in parts for key in Grain.of(book, part, dims).columns(part)}


@dataclass(frozen=True)
class Found:
    """A table of the book's connection with what parts came to: columns `value_I` and `n_I` for part I of `parts`.

    Beside these it has one column for each of `dims`, and `period`: one row for each group, or, of parts
    looked at case by case or entity by entity, several.
    """

    name: str
    dims: tuple[str, ...]
    parts: tuple[Part, ...]


class Asked:
    """A question to a book: what parts come to by some keys. What it finds stays in temporary tables."""

    def __init__(self, book: Book, parts: Iterable[Part], dims: list[str]) -> None:
        self.book, self.dims = book, dims
        self.reasons: dict[Part, str] = {}
        self._grains: dict[Part, Grain] = {}
        for part in dict.fromkeys(parts):
            grain = Grain.of(book, part, dims)
            self.reasons[part] = missing(book, part) or grain.reason
            if not self.reasons[part]:
                self._grains[part] = grain
        self._spans: dict[str, tuple[date | None, date | None]] = {}
        self._tables: dict[str, str] = {}
        self._folds: dict[Part, Fold] = {}
        words: dict[str, set[str]] = {}
        # Few parts are of entities: the others need not be split by these.
        alike: dict[tuple[str, tuple[str, ...]], list[Part]] = {}
        for part, grain in self._grains.items():
            keys = grain.columns(part)
            words.setdefault(part.table, set()).update(part.words, keys)
            if part.aggregate not in BY_CASE:
                alike.setdefault((part.table, tuple(sorted(keys))), []).append(part)
        keep_rows(book, words)
        for (table, by), own in alike.items():
            made = fold(book, table, keys=by, parts=own)
            self._folds |= {part: made[dating(part)] for part in own}

    def span(self) -> tuple[date | None, date | None]:
        """The first and last month that the parts tell of; stocks, which hold for ever, count only by themselves."""
        told = [p for p in self._folds if p.window not in (*STOCKS, Window.UNTIL)]
        ends = [found for part in told or self._folds if (found := self._ends(part))]
        if not ends:
            ends = [found for part in self._grains if (found := self._ends(part))]
        if not ends:
            return None, None
        return min(first for first, _ in ends), max(last for _, last in ends)

    def _ends(self, part: Part) -> tuple[date, date] | None:
        """The first and last month in which a part's table has a date, none after the book's for what is past."""
        if part.aggregate in BY_CASE:
            at, rows = f"CAST({part.at} AS DATE)", rows_of(self.book, part.table, part.words)
        else:
            at, rows = "placed", self._folds[part].name
        first, last = self.book.con.execute(f"SELECT min({at}), max({at}) FROM {rows}").fetchall()[0]
        if first is None:
            return None
        today = self.book.as_of
        last = last if part.window in AHEAD else today if part.window in STOCKS else min(last, today)
        return (first, last) if first <= last else None

    def find(self, during: Periods) -> list[Found]:
        """Find what the parts come to, those that share a fold's dates and a window at once."""
        groups: dict[tuple[object, ...], list[Part]] = {}
        for part, grain in self._grains.items():
            groups.setdefault(self._together(part, grain), []).append(part)
        found = []
        for place, parts in enumerate(groups.values()):
            one = Found(f"found_{place}", self._grains[parts[0]].dims, tuple(parts))
            self.book.con.execute(f"CREATE OR REPLACE TEMP TABLE {one.name} AS {self._sql(one, during.table)}")
            found.append(one)
        return found

    def _together(self, part: Part, grain: Grain) -> tuple[object, ...]:
        if part.aggregate in BY_CASE or part.per or part.aggregate == "distinct":
            return (part,)
        return (self._folds[part].name, grain.dims, part.window, part.at_plan_rates)

    def _sql(self, one: Found, periods: str) -> str:
        part, grain = one.parts[0], self._grains[one.parts[0]]
        if part.aggregate in BY_CASE:
            return cases_sql(self.book, part, grain, periods)
        made = self._folds[part]
        if part.aggregate == "each":
            return totals_sql(part, grain, made, periods, keep=self._keep)
        if part.per or part.aggregate == "distinct":
            return entities_sql(part, grain, made, periods, keep=self._keep)
        return sums_sql(one.parts, grain, made, periods)

    def _keep(self, sql: str) -> str:
        """The name of a table of what a SELECT finds, which is asked once."""
        if sql not in self._tables:
            self._tables[sql] = f"kept_{len(self._tables)}"
            self.book.con.execute(f"CREATE OR REPLACE TEMP TABLE {self._tables[sql]} AS {sql}")
        return self._tables[sql]

    def told(self, part: Part, during: Periods, beside: Iterable[Part] = ()) -> npt.NDArray[np.bool_]:
        """Which periods the part's table tells of in full, so that no row means none.

        The table of one that is added to others, `beside` it, must begin no later than theirs, lest a sum hold money
        earned and not what it cost. An optional one may have come to nothing ever since.
        """
        first, last = self._whole(part)
        rows = during.frame
        there = rows["open" if part.window in AHEAD else "begun"]
        if first is None or last is None:
            return np.asarray(rows["begun"] & part.optional, dtype=bool)
        if part.window not in _ALWAYS and not part.optional:
            for window in filter(None, (part.window, part.also_in, part.at_most_in)):
                there = there & (rows[begin(window)] <= _day(last)) & (rows[end(window)] >= _day(first))
        for window in filter(None, (part.window, part.also_in, part.not_in, part.at_most_in)):
            if window in TOLD_IN_FULL:
                there = there & (rows[told_from(window)] >= _day(first))
        # Foreign sales before there were plan rates have no revenue at these, and the sum of the others would be wrong.
        if part.at_plan_rates and self.book.at_plan.since is not None:
            there = there & (rows[begin(part.window)] >= _day(self.book.at_plan.since))
        others = [self._whole(other)[0] for other in beside if other in self._grains and other.window is part.window]
        earliest = min([first, *(other for other in others if other is not None)])
        if part.window is Window.PERIOD and earliest < first:
            there = there & (rows[begin(part.window)] >= _day(first))
        return np.asarray(there, dtype=bool)

    def _whole(self, part: Part) -> tuple[date | None, date | None]:
        if part.aggregate in BY_CASE:
            return None, None
        made = self._folds[part].name
        if made not in self._spans:
            # A stock without a first date has always been there; a row without its one date is nowhere in time.
            at = "coalesce(placed, DATE '1900-01-01')" if part.window in STOCKS else "placed"
            self._spans[made] = self.book.con.execute(f"SELECT min({at}), max({at}) FROM {made}").fetchall()[0]
        return self._spans[made]


def _day(day: date) -> pd.Timestamp:
    return pd.Timestamp(day)
