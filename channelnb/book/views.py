"""The views of a book: each landed table as it was known on a day, its money in one currency."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from channelnb.book.currency import Rates, in_own_currency, read_rates
from channelnb.book.given import literal
from channelnb.book.rewind import last_day, plans_in_force, rewound, with_all_columns
from channelnb.book.tables import CONTRACT
from channelnb.errors import BadSource
from channelnb.fiscal import FiscalCalendar


def keep_landed(con: duckdb.DuckDBPyConnection, names: Iterable[str], folder: Path) -> None:
    """Makes the landed tables known to a connection, as they are, in the schema `kept`."""
    con.execute("CREATE SCHEMA kept")
    for name in names:
        path = literal(str(folder / "landed" / f"{name}.parquet"))
        con.execute(f"CREATE VIEW kept.{name} AS FROM read_parquet({path}, hive_partitioning=false)")


def last_month_end(con: duckdb.DuckDBPyConnection, names: Iterable[str]) -> date:
    """The last day of the month in which the last thing happened that the landed tables tell of.

    Raises BadSource where no row carries a date.
    """
    days: list[date] = []
    for name in names:
        if told := last_day(CONTRACT[name]):
            rows = with_all_columns(CONTRACT[name], f"kept.{name}", columns=_columns(con, name))
            days += [day for (day,) in con.execute(f"SELECT max({told}) FROM ({rows})").fetchall() if day]
    if not days:
        raise BadSource(
            "no row of the source carries a date, so what day it is cannot be told; give quarter= or as_of=."
        )
    return pd.Period(max(days), freq="M").end_time.date()


def make_views(
    con: duckdb.DuckDBPyConnection, names: Iterable[str], *, as_of: date, own: str, calendar: FiscalCalendar
) -> None:
    """Makes a view of each landed table, named as the table, and `plans_in_force` over the plans.

    Raises BadSource where an exchange rate is missing.
    """
    rates = Rates({}, as_of)
    # Rates come first: the money of all other tables is converted with those known on the day.
    for name in sorted(names, key=lambda name: name != "fx_rates"):
        table = CONTRACT[name]
        rows = rewound(table, f"kept.{name}", columns=_columns(con, name), as_of=as_of, calendar=calendar)
        if table.has_money:
            rows = in_own_currency(con, table, rows, own=own, rates=rates, calendar=calendar)
        con.execute(f"CREATE VIEW {name} AS {rows}")
        if name == "fx_rates":
            rates = read_rates(con, as_of=as_of)
        if name == "plans":
            con.execute(f"CREATE VIEW plans_in_force AS {plans_in_force(calendar.first_month)}")


def _columns(con: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    return [column for column, *_ in con.execute(f"DESCRIBE kept.{name}").fetchall()]
