"""The grid: every group and period that a measurement speaks of, and what each part comes to there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from channelnb.book.book import Book
from channelnb.book.tables import CONTRACT
from channelnb.metrics.fold import BY_CASE
from channelnb.metrics.keys import given
from channelnb.metrics.parts import Numbers, Part
from channelnb.metrics.periods import AHEAD, Periods
from channelnb.metrics.values import Asked, Found

Places = npt.NDArray[np.int64]

MANY = (*BY_CASE, "each")
"""Aggregates of which a group has several rows."""

_GROUPS = "measured_groups"
_OF_A_FIRM = ("partner_id", "name")
"""Keys that name one firm: one that merged has no figures of its own."""


class Grid:
    """Groups × periods as one line of arrays: all periods of the first group, then those of the second.

    `groups` holds the keys, one row for each group, `found` where the parts are. An array is NaN where a part has
    nothing.
    """

    def __init__(self, asked: Asked, during: Periods) -> None:
        self.asked, self.during = asked, during
        self.found = asked.find(during)
        self.groups = _groups(asked, self.found)
        self.labels = list(during.frame["label"])
        self.size = len(self.groups) * len(self.labels)
        self._values: dict[Part, tuple[Numbers, Numbers]] = {}
        self._rows: dict[Part, tuple[Places, Numbers, Numbers]] = {}
        self._told: dict[tuple[Part, tuple[Part, ...]], npt.NDArray[np.bool_]] = {}
        for one in self.found:
            self._take(one)

    def places(self, table: str, dims: Sequence[str], columns: Sequence[str]) -> tuple[Places, Numbers]:
        """The place on the grid of each row of a table that has some of the keys and `period`, and its columns."""
        on = " AND ".join([f'g."{dim}" = f."{dim}"' for dim in dims]) or "true"
        sql = (
            f"SELECT g.place * {len(self.labels)} + p.place AS place, {', '.join(f'f.{name}' for name in columns)} "
            f"FROM {table} AS f JOIN {_GROUPS} AS g ON {on} JOIN {self.during.table} AS p ON p.label = f.period"
        )
        taken = {name: np.ma.asarray(column) for name, column in self.asked.book.con.execute(sql).fetchnumpy().items()}
        figures = [np.ma.filled(taken[name].astype(np.float64), np.nan) for name in columns]
        return np.asarray(taken["place"], dtype=np.int64), np.stack(figures, axis=1)

    def _take(self, one: Found) -> None:
        columns = [f"{of}_{i}" for i in range(len(one.parts)) for of in ("value", "n")]
        place, figures = self.places(one.name, one.dims, columns)
        for i, part in enumerate(one.parts):
            value, n = figures[:, 2 * i], figures[:, 2 * i + 1]
            if part.aggregate in MANY:
                self._rows[part] = place, value, n
            else:
                self._values[part] = self._spread_out(place, value), self._spread_out(place, n)

    def _spread_out(self, place: Places, of: Numbers) -> Numbers:
        every = np.full(self.size, np.nan)
        every[place] = of
        return every

    def each_period(self, of: Sequence[bool] | npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """What holds of each period, repeated for every group."""
        return np.tile(np.asarray(of, dtype=bool), len(self.groups))

    @property
    def begun(self) -> npt.NDArray[np.bool_]:
        """Which periods have begun."""
        return self.each_period(list(self.during.frame["begun"]))

    @property
    def open(self) -> npt.NDArray[np.bool_]:
        """Which periods are not over."""
        return self.each_period(list(self.during.frame["open"]))

    def told(self, part: Part, beside: Sequence[Part] = ()) -> npt.NDArray[np.bool_]:
        """Where a part's table tells of the period in full, so that no row means none; nothing is before it begins.

        `beside` are parts that it is added to. What is optional, and not given by the source, is nothing everywhere.
        """
        if part.optional and self.asked.reasons[part]:
            return np.ones(self.size, dtype=bool)
        asked = part, tuple(beside)
        if asked not in self._told:
            told = self.each_period(self.asked.told(part, self.during, beside))
            self._told[asked] = told if part.window in AHEAD else told | ~self.begun
        return self._told[asked]

    def values(self, part: Part) -> tuple[Numbers, Numbers]:
        """What a part comes to and the rows behind it, where its window is told in full."""
        if part not in self._values:
            return np.full(self.size, np.nan), np.full(self.size, np.nan)
        value, n = self._values[part]
        told = self.told(part)
        return np.where(told, value, np.nan), np.where(told, n, np.nan)

    def rows(self, part: Part) -> tuple[Places, Numbers, Numbers]:
        """The places on the grid, figures and counts of a part that has several rows a group."""
        return self._rows.get(part) or (np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))

    def keys(self, places: Places) -> pd.DataFrame:
        """The keys and period of places on the grid, one row for each."""
        width = max(len(self.labels), 1)
        columns = {dim: spelt_out(self.groups[dim], places // width) for dim in self.asked.dims}
        return pd.DataFrame({**columns, "period": spelt_out(self.labels, places % width)})


def spelt_out(words: Iterable[str], codes: npt.NDArray[np.integer]) -> pd.Series:
    """The word of each code, as a column of text: by way of Arrow, since pandas takes five times as long.

    >>> spelt_out(["a", "b"], np.array([1, 0, 1])).tolist()
    ['b', 'a', 'b']
    """
    dictionary = pa.DictionaryArray.from_arrays(codes.astype(np.int32), pa.array(list(words), pa.large_string()))
    return pd.Series(pd.array(dictionary.cast(pa.large_string()), dtype="str"))


def _groups(asked: Asked, found: list[Found]) -> pd.DataFrame:
    """Every combination of keys that has a row in the result, kept in the table that the grid joins."""
    dims, con = asked.dims, asked.book.con
    if not dims:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {_GROUPS} AS SELECT 0 AS place")
        return pd.DataFrame(index=[0])
    keys = ", ".join(f'"{dim}"' for dim in dims)
    selects = [f"SELECT DISTINCT {keys} FROM {one.name}" for one in found if one.dims == tuple(dims)]
    if len(dims) == 1 and (every := _dimension(asked.book, dims[0])):
        selects.append(every)
    nothing = ", ".join(f'NULL::VARCHAR AS "{dim}"' for dim in dims)
    union = " UNION ".join(selects) or f"SELECT {nothing} WHERE false"
    # A firm that merged has no figures of its own any more, even if the table of firms still tells of it.
    merged = "partner_id NOT IN (SELECT partner_id FROM partners WHERE survivor_id <> partner_id)"
    where = f"WHERE {merged}" if "partner_id" in dims else ""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {_GROUPS} AS SELECT row_number() OVER (ORDER BY {keys}) - 1 AS place, {keys} "
        f"FROM ({union}) {where}"
    )
    return asked.book.query(f"SELECT {keys} FROM {_GROUPS} ORDER BY place")


def _dimension(book: Book, key: str) -> str:
    """SQL for every value that a key can take by the table that owns it: nobody is left out for having no rows."""
    table, _, column = key.rpartition(".")
    owners = [name for name in book.loads if column in given(book, name) and table in ("", name)]
    owner = next((name for name in owners if name == "partners" or f"{name}.{column}" == key), None)
    owner = next((name for name in owners if CONTRACT[name].key == column), owner)
    if owner is None:
        return ""
    there = f'"{column}" IS NOT NULL' + (
        " AND survivor_id = partner_id" if owner == "partners" and column in _OF_A_FIRM else ""
    )
    return f'SELECT CAST("{column}" AS VARCHAR) AS "{key}" FROM {owner} WHERE {there}'
