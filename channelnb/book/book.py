"""A vendor's contract tables, exact, checked and rewound to a day."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pandas as pd

from channelnb.book.config import Vendor, find_folder, read_source
from channelnb.book.currency import Rates, in_own_currency, read_rates
from channelnb.book.given import literal
from channelnb.book.landing import Load, engine, land
from channelnb.book.reading import readers_of_folder, readers_of_frames
from channelnb.book.rewind import last_day, plans_in_force, rewound
from channelnb.book.tables import CONTRACT
from channelnb.errors import BadSource, ColumnsMissing, NotUsable, TableMissing, TooManyRejects, unknown
from channelnb.fiscal import FiscalCalendar

Frames = Mapping[str, pd.DataFrame]


def open_book(
    source: str | Path | Frames,
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
    folder = Path(tempfile.mkdtemp(prefix="channelnb-"))
    try:
        if isinstance(source, Mapping):
            vendor, readers = Vendor(name="the vendor"), readers_of_frames(source)
        else:
            found = read_source(find_folder(source), raw=raw)
            vendor, readers = found.vendor, readers_of_folder(found, scratch=folder)
        loads = {name: land(CONTRACT[name], read, folder=folder) for name, read in readers.items()}
        _check_rejects(loads, folder, max_rejected)
        return Book(vendor, loads, folder=folder, quarter=quarter, as_of=as_of)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


class Book:
    """The contract tables of one vendor, rewound to `as_of`, as views of a DuckDB connection.

    Each view has all of its table's columns, NULL where the source has none, and the source's extra
    ones; money is in the vendor's currency. The view `plans_in_force` holds the plans that count.
    """

    def __init__(
        self, vendor: Vendor, loads: dict[str, Load], *, folder: Path, quarter: str | None, as_of: date | str | None
    ) -> None:
        self.vendor = vendor
        self.calendar = FiscalCalendar(vendor.first_month)
        self.quarter = quarter
        self.loads = loads
        self.folder = folder
        self.con = engine(folder)
        self._gone = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.con.execute("CREATE SCHEMA kept")
        for name in loads:
            path = literal(str(folder / "landed" / f"{name}.parquet"))
            self.con.execute(f"CREATE VIEW kept.{name} AS FROM read_parquet({path})")
        self.as_of = self._day(quarter, as_of)
        self._make_views()

    def has(self, table: str, *columns: str) -> bool:
        """Does the source give a table, and these columns of it?"""
        load = self.loads.get(table)
        return load is not None and set(columns) <= {*load.columns, *load.extra}

    def table(self, name: str) -> pd.DataFrame:
        """A table as a frame, one row for each row known on `as_of`.

        Raises UnknownName for a name that is no table, TableMissing where the source has none.
        """
        if name not in CONTRACT:
            raise unknown("table", name, CONTRACT)
        if name not in self.loads:
            raise TableMissing(f"the source has no table `{name}`; it has {sorted(self.loads)}. Add {name}.csv or {name}.sql.")
        return self.con.execute(f"FROM {name}").df()

    def query(self, sql: str) -> pd.DataFrame:
        """The rows of an SQL query over the book's tables.

        Raises TableMissing or ColumnsMissing where it names what the book hasn't.
        """
        try:
            return self.con.execute(sql).df()
        except duckdb.CatalogException as error:
            raise TableMissing(f"{_first_line(error)} The book has {sorted(self.loads)}.") from None
        except duckdb.BinderException as error:
            raise ColumnsMissing(str(error)) from None

    def rejects(self, table: str | None = None) -> pd.DataFrame:
        """What broke the contract: one row for each fault, with table, row, column, rule and found.

        Row 1 is the first below the header. A row may have several faults. Raises UnknownName for no table.
        """
        if table is not None and table not in CONTRACT:
            raise unknown("table", table, CONTRACT)
        names = [name for name in self.loads if table in (None, name)]
        return pd.concat([_rejects(self.con, self.folder, name) for name in names] or [_NO_REJECTS], ignore_index=True)

    def check(self) -> pd.DataFrame:
        """What is wrong with the source: one row for each table, column and rule, with its rows counted and the first named."""
        keys = ["table", "column", "rule"]
        grouped = self.rejects().groupby(keys, dropna=False, sort=False)
        return grouped.agg(rows=("row", "nunique"), first_row=("row", "min"), found=("found", "first")).reset_index()

    def reconciliation(self) -> pd.DataFrame:
        """Rows in, used and rejected: one row for each table."""
        return pd.DataFrame(
            [{key: value for key, value in asdict(load).items() if key != "extra" and key != "columns"} for load in self.loads.values()]
        )

    def close(self) -> None:
        """Closes the connection and removes the landed tables."""
        self.con.close()
        self._gone()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{self._title()}\n{self.reconciliation().to_string(index=False)}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._title())}</p>{self.reconciliation().to_html(index=False, border=0)}"

    def _title(self) -> str:
        quarter = f"{self.quarter}, " if self.quarter else ""
        return f"Book of {self.vendor.name}: {quarter}as known on {self.as_of}, in {self.vendor.currency}"

    def _day(self, quarter: str | None, as_of: date | str | None) -> date:
        if quarter is not None:
            end = self.calendar.end(quarter)
        if as_of is not None:
            return _date(as_of)
        if quarter is not None:
            return end
        last = self._last_day()
        return pd.Period(last, freq="M").end_time.date()

    def _last_day(self) -> date:
        days = []
        for name, load in self.loads.items():
            expression = last_day(CONTRACT[name])
            if expression:
                columns = self._columns(name)
                absent = ", ".join(
                    f"CAST(NULL AS {c.sql_type}) AS {c.name}" for c in CONTRACT[name].columns if c.name not in columns
                )
                rows = f"SELECT *{', ' + absent if absent else ''} FROM kept.{name}"
                days.append(self.con.execute(f"SELECT max({expression}) FROM ({rows})").fetchall()[0][0])
        known = [day for day in days if day is not None]
        if not known:
            raise BadSource("no row carries a date, so the book's day is not known; give quarter= or as_of=.")
        return max(known)

    def _columns(self, name: str) -> dict[str, str]:
        return {column: kind for column, kind, *_ in self.con.execute(f"DESCRIBE kept.{name}").fetchall()}

    def _make_views(self) -> None:
        rates = Rates({}, self.as_of)
        # Rates first: the other tables are converted with those known on the day.
        for name in sorted(self.loads, key=lambda name: name != "fx_rates"):
            table = CONTRACT[name]
            rows = rewound(
                table, f"kept.{name}", columns=self._columns(name), as_of=self.as_of, calendar=self.calendar
            )
            if "currency" in table.by_name and name != "fx_rates":
                rows = in_own_currency(
                    self.con, table, rows, own=self.vendor.currency, rates=rates, calendar=self.calendar
                )
            self.con.execute(f"CREATE VIEW {name} AS {rows}")
            if name == "fx_rates":
                rates = read_rates(self.con, as_of=self.as_of)
        if "plans" in self.loads:
            self.con.execute(f"CREATE VIEW plans_in_force AS {plans_in_force(self.vendor.first_month)}")


_NO_REJECTS = pd.DataFrame(columns=["table", "row", "column", "rule", "found"])


def _rejects(con: duckdb.DuckDBPyConnection, folder: Path, name: str) -> pd.DataFrame:
    path = literal(str(folder / "rejects" / f"{name}.parquet"))
    return con.execute(f"SELECT {literal(name)} AS table, row, \"column\", rule, found FROM read_parquet({path})").df()


def _check_rejects(loads: dict[str, Load], folder: Path, most: int | None) -> None:
    rejected = sum(load.rows_rejected for load in loads.values())
    if most is None or rejected <= most:
        return
    with engine(folder) as con:
        first = pd.concat([_rejects(con, folder, name).head(3) for name in loads], ignore_index=True).head(5)
    lines = [
        f"  {loads[fault.table].file} row {fault.row}, {fault.column}: {fault.found!r} is {fault.rule}"
        for fault in first.itertuples()
    ]
    raise TooManyRejects(
        f"{rejected} rows break the contract, and max_rejected is {most}; mend them, or allow more. The first:\n" + "\n".join(lines)
    )


def _date(day: date | str) -> date:
    try:
        return date.fromisoformat(day) if isinstance(day, str) else day
    except ValueError:
        raise NotUsable(f"as_of is {day!r}; write a date such as '2026-09-30'.") from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".") + "."
