"""A vendor's contract tables, exact, checked and rewound to a day."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pandas as pd

from channelnb.book.config import Vendor, find_folder, read_source
from channelnb.book.landing import Load, engine, land, read_rejects
from channelnb.book.reading import readers_of_folder, readers_of_frames
from channelnb.book.tables import CONTRACT
from channelnb.book.views import keep_landed, last_month_end, make_views
from channelnb.errors import ColumnsMissing, NotUsable, TableMissing, TooManyRejects, unknown
from channelnb.fiscal import FiscalCalendar

_SHOWN = 5


def open_book(
    source: str | Path | Mapping[str, pd.DataFrame],
    *,
    quarter: str | None = None,
    as_of: date | str | None = None,
    raw: str | Path | None = None,
    max_rejected: int | None = None,
) -> Book:
    """The contract tables of a source, as they were known on a day.

    `source` is a folder (a relative one is looked for here, then in each parent) or a mapping from
    table names to pandas frames. The day is `as_of`, else the end of `quarter`, else the end of the
    month of the last dated row. `raw` is where the raw files of `.sql` mappings lie. Raises BadSource
    for what cannot be read, TooManyRejects for more than `max_rejected` rows that break the contract.

    >>> sales = pd.DataFrame({"partner_id": ["007"], "sold_on": ["2026-09-30"], "revenue": ["1234.50"]})
    >>> partners = pd.DataFrame({"partner_id": ["007"], "name": ["Acme"], "channel": ["reseller"]})
    >>> book = open_book({"partners": partners, "sales": sales}, quarter="2026Q3")
    >>> book.query("SELECT partner_id, revenue FROM sales")
      partner_id  revenue
    0        007   1234.5
    """
    day = None if as_of is None else _date(as_of)
    folder = Path(tempfile.mkdtemp(prefix="channelnb-"))
    try:
        if isinstance(source, Mapping):
            vendor, readers = Vendor(name="the vendor"), readers_of_frames(source)
        else:
            found = read_source(find_folder(source), raw=raw)
            vendor, readers = found.vendor, readers_of_folder(found, scratch=folder)
        if quarter is not None:
            day = day or FiscalCalendar(vendor.first_month).end(quarter)
        loads = {name: land(CONTRACT[name], read, folder=folder) for name, read in readers.items()}
        _check_rejects(loads, folder, most=max_rejected)
        return Book(vendor, Landed(folder, loads), quarter=quarter, as_of=day)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@dataclass(frozen=True)
class Landed:
    """A folder of tables landed as Parquet, and what became of each table's rows."""

    folder: Path
    loads: dict[str, Load]


class Book:
    """The contract tables of one vendor, rewound to `as_of`, as views of the DuckDB connection `con`.

    Each view has all of its table's columns, NULL where the source has none, and the source's extra
    ones; its money is in the vendor's currency. The view `plans_in_force` holds the plans that count.
    A book keeps its tables in a folder of its own, which goes when it is closed.
    """

    def __init__(self, vendor: Vendor, landed: Landed, *, quarter: str | None, as_of: date | None) -> None:
        self.vendor = vendor
        self.calendar = FiscalCalendar(vendor.first_month)
        self.quarter = quarter
        self.folder, self.loads = landed.folder, landed.loads
        self._remove = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.con = engine(self.folder)
        keep_landed(self.con, self.loads, self.folder)
        self.as_of = as_of or last_month_end(self.con, self.loads)
        make_views(self.con, self.loads, as_of=self.as_of, own=vendor.currency, calendar=self.calendar)

    def has(self, table: str, *columns: str) -> bool:
        """Does the source give a table, and these columns of it?

        >>> partners = pd.DataFrame({"partner_id": ["007"], "name": ["Acme"], "channel": ["reseller"]})
        >>> sales = pd.DataFrame({"partner_id": ["007"], "sold_on": ["2026-09-30"], "revenue": ["1"]})
        >>> book = open_book({"partners": partners, "sales": sales}, quarter="2026Q3")
        >>> book.has("sales"), book.has("sales", "revenue"), book.has("sales", "cost"), book.has("leads")
        (True, True, False, False)
        """
        load = self.loads.get(table)
        return load is not None and set(columns) <= {*load.columns, *load.extra}

    def table(self, name: str) -> pd.DataFrame:
        """A table as a frame, one row for each row known on `as_of`.

        Raises UnknownName for a name that is no table, TableMissing where the source has none.
        """
        _check_name(name)
        if name not in self.loads:
            raise TableMissing(f"{self._lacks(name)} Give it as {name}.csv, .parquet, .xlsx or .sql.")
        return self.query(f"FROM {name}")

    def query(self, sql: str) -> pd.DataFrame:
        """The rows of an SQL query over the book's tables.

        Raises TableMissing or ColumnsMissing where it names what the book doesn't have.
        """
        try:
            return self.con.execute(sql).df()
        except duckdb.CatalogException as error:
            absent = next((name for name in CONTRACT if f"Table with name {name} does" in str(error)), "")
            raise TableMissing(self._lacks(absent) if absent else str(error)) from None
        except duckdb.BinderException as error:
            if "Referenced column" not in str(error):
                raise
            raise ColumnsMissing(str(error)) from None

    def rejects(self, table: str | None = None) -> pd.DataFrame:
        """What broke the contract: one row for each fault, with table, row, column, rule and found.

        Row 1 is the first below the header; a row may have several faults. A row whose cells don't fit
        the header has no column. Raises UnknownName for a name that is no table.

        >>> partners = pd.DataFrame({"partner_id": ["007"], "name": ["Acme"], "channel": ["reseller"]})
        >>> sales = pd.DataFrame({"partner_id": ["007"], "sold_on": ["2026-09-30"], "revenue": ["1,234.50"]})
        >>> book = open_book({"partners": partners, "sales": sales}, quarter="2026Q3")
        >>> book.rejects()[["table", "row", "column", "found"]]
           table  row   column     found
        0  sales    1  revenue  1,234.50
        """
        if table is not None:
            _check_name(table)
        names = [name for name in self.loads if table in (None, name)]
        return read_rejects(self.con, names, self.folder)

    def check(self) -> pd.DataFrame:
        """What is wrong with the source: one row for each table, column and rule.

        `rows` counts the rows that break the rule, `first_rows` are the first of them, `found` is what
        the first holds.

        >>> partners = pd.DataFrame({"partner_id": ["007"], "name": ["Acme"], "channel": ["reseller"]})
        >>> sales = pd.DataFrame({"partner_id": ["007"], "sold_on": ["2026-09-30"], "revenue": ["1,234.50"]})
        >>> book = open_book({"partners": partners, "sales": sales}, quarter="2026Q3")
        >>> book.check()[["table", "column", "rows", "first_rows", "found"]]
           table   column  rows first_rows     found
        0  sales  revenue     1        [1]  1,234.50
        """
        by_rule = self.rejects().groupby(["table", "column", "rule"], dropna=False, sort=False)
        return by_rule.agg(
            rows=("row", "nunique"),
            first_rows=("row", lambda rows: rows.head(_SHOWN).tolist()),
            found=("found", "first"),
        ).reset_index()

    def reconciliation(self) -> pd.DataFrame:
        """Rows in, used and rejected: one row for each table.

        >>> partners = pd.DataFrame({"partner_id": ["007"], "name": ["Acme"], "channel": ["reseller"]})
        >>> sales = pd.DataFrame({"partner_id": ["007"], "sold_on": ["2026-09-30"], "revenue": ["1,234.50"]})
        >>> book = open_book({"partners": partners, "sales": sales}, quarter="2026Q3")
        >>> book.reconciliation()[["table", "rows_in", "rows_used", "rows_rejected"]]
              table  rows_in  rows_used  rows_rejected
        0  partners        1          1              0
        1     sales        1          0              1
        """
        columns = ["table", "file", "rows_in", "rows_used", "rows_rejected"]
        return pd.DataFrame(
            [[getattr(load, name) for name in columns] for load in self.loads.values()], columns=columns
        )

    def close(self) -> None:
        """Closes the connection and removes the book's folder."""
        self.con.close()
        self._remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{self._title()}\n{self.reconciliation().to_string(index=False)}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._title())}</p>{self.reconciliation().to_html(index=False, border=0)}"

    def _title(self) -> str:
        quarter = f"{self.quarter}, " if self.quarter else ""
        return f"Book of {self.vendor.name}: {quarter}as known on {self.as_of}, in {self.vendor.currency}"

    def _lacks(self, name: str) -> str:
        return f"the source has no table `{name}`; it has {', '.join(self.loads)}."


def _check_name(table: str) -> None:
    if table not in CONTRACT:
        raise unknown("table", table, CONTRACT)


def _check_rejects(loads: dict[str, Load], folder: Path, *, most: int | None) -> None:
    rejected = sum(load.rows_rejected for load in loads.values())
    if most is None or rejected <= most:
        return
    with engine(folder) as con:
        first = read_rejects(con, [name for name in loads if loads[name].rows_rejected], folder, limit=_SHOWN)
    lines = [
        f"{loads[fault['table']].file} row {fault['row']}, {fault['column'] or 'the whole row'}: {fault['rule']}"
        + (f"; found {fault['found'][:200]!r}" if fault["found"] else "")
        for fault in first.astype(object).where(first.notna(), None).to_dict("records")
    ]
    raise TooManyRejects(
        f"{rejected} rows break the contract, and max_rejected is {most}: mend them in the source, or raise "
        f"max_rejected. The first:\n  " + "\n  ".join(lines)
    )


def _date(day: date | str) -> date:
    if isinstance(day, datetime):
        return day.date()
    try:
        return date.fromisoformat(day) if isinstance(day, str) else day
    except ValueError:
        raise NotUsable(f"as_of is {day!r}; write a date such as '2026-09-30'.") from None
