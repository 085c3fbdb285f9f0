"""A vendor's contract tables, exact, checked and rewound to a day."""

from __future__ import annotations

import shutil
import tempfile
import warnings
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from textwrap import indent
from types import TracebackType
from typing import Self

import duckdb
import pandas as pd

from channelnb.book.agreed import AGREED, readers_of_agreed, with_agreed
from channelnb.book.config import Vendor, find_folder, read_source
from channelnb.book.findings import found_by, most_severe_first, of_rejects
from channelnb.book.landing import Load, Read, engine, land, read_rejects
from channelnb.book.reading import readers_of_folder, readers_of_frames
from channelnb.book.rejects import check_rejects, write_rejects
from channelnb.book.rewind import undated
from channelnb.book.rules import RULES
from channelnb.book.tables import CONTRACT
from channelnb.book.views import keep_landed, last_month_end, make_views
from channelnb.errors import BadSource, ColumnsMissing, NotUsable, TableMissing, unknown
from channelnb.fiscal import FiscalCalendar
from channelnb.glance import Glance, Glanced, Listing


def open_book(
    source: str | Path | Mapping[str, pd.DataFrame],
    *,
    quarter: str | None = None,
    as_of: date | str | None = None,
    raw: str | Path | None = None,
    max_rejected: int | None = None,
    rejects: str | Path | None = None,
) -> Book:
    """The contract tables of a source, as they were known on a day.

    `source` is a folder (a relative one is looked for here, then in each parent) or a mapping from
    table names to pandas frames. What people agreed, in the folder ``agreed`` of a source, is read in addition to
    its own tables. `quarter` is a fiscal quarter, or a month such as ``2026-08``. The day
    is `as_of`, else the end of `quarter`, else the end of the month of the last dated row. `raw` is where
    the raw files of `.sql` mappings lie. Rows that break the contract are written to the folder `rejects`,
    too. Raises BadSource for what cannot be read, with the faults of all tables at once, and TooManyRejects
    for more than `max_rejected` rows that break the contract.

    >>> sales = pd.DataFrame({"partner_id": ["007"], "sold_on": ["2026-09-30"], "revenue": ["1234.50"]})
    >>> partners = pd.DataFrame({"partner_id": ["007"], "name": ["Acme"], "channel": ["reseller"]})
    >>> book = open_book({"partners": partners, "sales": sales}, quarter="2026Q3")
    >>> book.query("SELECT partner_id, revenue FROM sales")
      partner_id  revenue
    0        007   1234.5
    """
    day = None if as_of is None else _date(as_of)
    folder = Path(tempfile.mkdtemp(prefix="channelnb-"))
    agreed: dict[str, Read] = {}
    try:
        if isinstance(source, Mapping):
            vendor, readers = Vendor(name="the vendor"), readers_of_frames(source)
        else:
            found = read_source(find_folder(source), raw=raw)
            vendor, readers = found.vendor, readers_of_folder(found, scratch=folder)
            agreed = readers_of_agreed(found.folder, scratch=folder)
        if quarter is not None:
            day = day or FiscalCalendar(vendor.first_month).end(quarter)
        loads = _land_all(readers, agreed, folder)
        kept = None if rejects is None else Path(rejects)
        if kept is not None:
            write_rejects(loads, folder, kept)
        check_rejects(loads, folder, most=max_rejected, written_to=kept)
        return Book(vendor, Landed(folder, loads), period=quarter, as_of=day)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@dataclass(frozen=True)
class Landed:
    """A folder of tables landed as Parquet, and what became of each table's rows."""

    folder: Path
    loads: dict[str, Load]


class Book(Glanced):
    """The contract tables of one vendor, rewound to `as_of`, as views of the DuckDB connection `con`.

    Each view has all of its table's columns, NULL where the source has none, and the source's extra
    ones; its money is in the vendor's currency. The view `plans_in_force` holds the plans that count,
    `forecasts_in_force` the forecasts as quarters began, `headcounts` how many people each firm had when.
    A book keeps its tables in a folder of its own, which goes when it is closed.
    """

    def __init__(self, vendor: Vendor, landed: Landed, *, period: str | None, as_of: date | None) -> None:
        self.vendor = vendor
        self.calendar = FiscalCalendar(vendor.first_month)
        self.period = period
        self.folder, self.loads = landed.folder, landed.loads
        self._remove = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.con = engine(self.folder)
        keep_landed(self.con, self.loads, self.folder)
        self.as_of = as_of or last_month_end(self.con, self.loads)
        self.at_plan = make_views(self.con, self.loads, as_of=self.as_of, vendor=vendor, calendar=self.calendar)

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

    @property
    def undated(self) -> list[str]:
        """What of a partner is as the source has it, whatever the book's date: nothing tells when it changed."""
        history = self.loads.get("partner_history")
        return undated(self.loads["partners"].columns, history.columns if history else ())

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
            found = self.con.execute(sql)
        except duckdb.CatalogException as error:
            absent = next((name for name in CONTRACT if f"Table with name {name} does" in str(error)), "")
            raise TableMissing(self._lacks(absent) if absent else str(error)) from None
        except duckdb.BinderException as error:
            if "Referenced column" not in str(error):
                raise
            raise ColumnsMissing(str(error)) from None
        with warnings.catch_warnings():
            # DuckDB drops a column of times in a way that pandas means to give up.
            warnings.simplefilter("ignore", pd.errors.Pandas4Warning)
            return found.df()

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
        """What is wrong, or suspicious though legal: one row for each table, column and rule, the gravest first.

        A row is what broke the contract (then `rule` says how), or what a rule of `RULES` found (then
        `rule` is its name). `severity` is error (figures are wrong until it is mended), warning (they
        may mislead) or note. `rows` counts the table's rows, `cases` what they are about, `money` their amount
        where a rule tells it; `first_rows` are the first row numbers or ids, `found` what they hold;
        `reason` and `remedy` say why it matters and what to do.

        >>> partners = pd.DataFrame({"partner_id": ["007"], "name": ["Acme"], "channel": ["reseller"]})
        >>> sales = pd.DataFrame({"partner_id": ["007"], "sold_on": ["2026-09-30"], "revenue": ["1,234.50"]})
        >>> book = open_book({"partners": partners, "sales": sales}, quarter="2026Q3")
        >>> book.check()[["table", "column", "severity", "rows", "first_rows", "found"]]
           table   column severity  rows first_rows     found
        0  sales  revenue    error     1        [1]  1,234.50
        """
        period = self.period or self.calendar.quarter_of(self.as_of)
        asked: dict[str, date | int | str] = {
            "as_of": self.as_of,
            "first_month": self.vendor.first_month,
            "distributor_sell_in": self.vendor.distributor_sell_in,
            "period": period,
            "period_start": self.calendar.start(period),
            "period_end": self.calendar.end(period),
        }
        found = found_by(self.con, RULES, has=self.has, asked=asked)
        return Listing(most_severe_first(of_rejects(self.rejects()), found))

    def write_rejects(self, folder: str | Path) -> None:
        """Writes what broke the contract into a folder, as ``TABLE.parquet`` for each table that has any.

        A row is one fault: the row's number, column, rule, found, and `original`, the whole row as JSON.
        Rejects that an earlier run wrote there are taken out. Raises NotUsable, and writes nothing, where
        the folder holds tables of a source.
        """
        write_rejects(self.loads, self.folder, Path(folder))

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

    def glance(self) -> Glance:
        """What there is to see of it: the tables with their rows, and what is absent with what it would unlock."""
        period = f"{self.period}, " if self.period else ""
        absent = [table for name, table in CONTRACT.items() if name not in self.loads]
        unlocks = pd.DataFrame({"table": [table.name for table in absent], "unlocks": [one.unlocks for one in absent]})
        return Glance(
            f"Book of {self.vendor.name}: {period}as known on {self.as_of}, in {self.vendor.currency}",
            frame=self.reconciliation(),
            folded={f"{len(absent)} tables of the contract are absent: what they would unlock": unlocks},
            calls={
                "book.check()": "what is wrong in the data, the gravest first",
                'book.table("sales")': "one table as a frame",
                'cn.measure(book, ["revenue"], by=["channel"])': "metrics, by any keys",
            },
        )

    def _lacks(self, name: str) -> str:
        return f"the source has no table `{name}`; it has {', '.join(self.loads)}."


def _check_name(table: str) -> None:
    if table not in CONTRACT:
        raise unknown("table", table, CONTRACT)


def _land_all(readers: Mapping[str, Read], agreed: Mapping[str, Read], folder: Path) -> dict[str, Load]:
    """What became of each table; raises BadSource with the faults of all that cannot be landed."""
    faults: list[str] = []
    with engine(folder) as host:
        loads = _landed(readers, folder, host=host, faults=faults)
        added = _landed(agreed, folder / AGREED, host=host, faults=faults)
    different = list(dict.fromkeys(faults))
    if len(different) > 1:
        listed = "\n".join(f"- {indent(fault, '  ').strip()}" for fault in different)
        raise BadSource(f"{len(faults)} tables of the source cannot be read:\n{listed}")
    if different:
        raise BadSource(different[0])
    return with_agreed(loads, added, folder)


def _landed(
    readers: Mapping[str, Read], folder: Path, *, host: duckdb.DuckDBPyConnection, faults: list[str]
) -> dict[str, Load]:
    """Lands tables in a folder; what is wrong with those that cannot be is added to `faults`."""
    loads: dict[str, Load] = {}
    for name, read in readers.items():
        try:
            loads[name] = land(CONTRACT[name], read, folder=folder, host=host)
        except BadSource as error:
            faults.append(str(error))
        except duckdb.Error as error:
            # Damage within a file shows only when its rows are taken.
            said = str(error).splitlines()[0]
            faults.append(f"the rows of `{name}` cannot be read: {said}; if the file is damaged, copy it again.")
    return loads


def _date(day: date | str) -> date:
    if isinstance(day, datetime):
        return day.date()
    try:
        return date.fromisoformat(day) if isinstance(day, str) else day
    except ValueError:
        raise NotUsable(f"as_of is {day!r}; write a date such as '2026-09-30'.") from None
