"""The views of a book: each landed table as it was known on a day, its money in one currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from channelnb.book.config import Vendor
from channelnb.book.currency import in_own_currency
from channelnb.book.firms import Firms, make_partners
from channelnb.book.given import literal, quoted
from channelnb.book.headcount import headcounts
from channelnb.book.landing import Load, rejects_of
from channelnb.book.rates import AtPlan, Rates, find_rates, foreign_rows, rates_missing, read_rates
from channelnb.book.rejects import tally
from channelnb.book.rewind import (
    as_it_was,
    forecasts_in_force,
    last_day,
    plans_committed,
    plans_in_force,
    rewound,
    with_all_columns,
)
from channelnb.book.tables import CONTRACT
from channelnb.book.two_tier import keep_passed_on, with_revenue
from channelnb.errors import BadSource, MissingRate
from channelnb.fiscal import FiscalCalendar

_FIRST = ("fx_rates", "partners")
"""Views that others are made with: money is converted at rates, and a firm's rows go to the one it merged into."""


def keep_landed(con: duckdb.DuckDBPyConnection, loads: Mapping[str, Load], folder: Path) -> None:
    """Makes the landed tables known to a connection, in the contract's types, in the schema `kept`.

    `kept.rejects` holds what broke the contract, as `Book.rejects` has it.
    """
    con.execute("CREATE SCHEMA kept")
    con.execute(f"CREATE VIEW kept.rejects AS {rejects_of(loads, folder)}")
    for name, load in loads.items():
        path = literal(str(folder / "landed" / f"{name}.parquet"))
        columns = (CONTRACT[name].by_name[column] for column in load.columns)
        typed = ", ".join(f"CAST({quoted(c.name)} AS {c.sql_type}) AS {quoted(c.name)}" for c in columns)
        rows = f"read_parquet({path}, hive_partitioning=false)"
        con.execute(f"CREATE VIEW kept.{name} AS SELECT * REPLACE ({typed}) FROM {rows}")


def last_month_end(con: duckdb.DuckDBPyConnection, names: Iterable[str]) -> date:
    """The last day of the month in which the last thing happened that the landed tables tell of.

    Raises BadSource where no row carries a date.

    >>> con = duckdb.connect()
    >>> _ = con.execute("CREATE SCHEMA kept; CREATE TABLE kept.sales AS SELECT DATE '2026-08-14' AS sold_on")
    >>> last_month_end(con, ["sales"])
    datetime.date(2026, 8, 31)
    """
    days: list[date] = []
    for name in names:
        if told := last_day(CONTRACT[name]):
            rows = with_all_columns(CONTRACT[name], f"kept.{name}", columns=_columns(con, name))
            days += [day for (day,) in con.execute(f"SELECT max({told}) FROM ({rows})").fetchall() if day]
    if not days:
        rejected = tally(con.execute("FROM kept.rejects").df(), of="the source")
        raise BadSource(
            "no row of the source carries a date, so what day it is cannot be told; "
            + (f"{rejected}. Mend what was rejected, or give " if rejected else "give ")
            + "the period: --quarter 2026Q3 on the command line, in Python quarter= or as_of=."
        )
    return pd.Period(max(days), freq="M").end_time.date()


def make_views(
    con: duckdb.DuckDBPyConnection, names: Iterable[str], *, as_of: date, vendor: Vendor, calendar: FiscalCalendar
) -> AtPlan:
    """Makes a view of each landed table, named as the table; over some, `plans_in_force` and the like.

    Says how far sales can be told at plan rates. Raises RatesMissing, with those of all tables, where exchange
    rates are missing; BadSource where firms merged into, or own, each other in a circle.
    """
    names = sorted(names, key=lambda name: (*_FIRST, name).index(name))
    rates, firms, at_plan = Rates({}, as_of), Firms({}), AtPlan()
    missing: list[MissingRate] = []
    for name in names:
        table, columns = CONTRACT[name], _columns(con, name)
        rows = rewound(table, f"kept.{name}", columns=columns, as_of=as_of, calendar=calendar)
        if table.has_money:
            foreign = foreign_rows(con, table, rows, own=vendor.currency, calendar=calendar)
            found = find_rates(table, foreign, rates=rates, calendar=calendar)
            missing += found.missing
            at_plan = found.at_plan if name == "sales" else at_plan
            rows = in_own_currency(table, rows, own=vendor.currency, found=found)
        if name == "partners":
            if "partner_history" in names:
                told = _columns(con, "partner_history")
                rows = as_it_was(rows, "kept.partner_history", columns=told, as_of=as_of)
            firms = make_partners(con, rows)
            continue
        rows = firms.moved(table, rows)
        if name == "sales":
            rows = with_revenue(con, rows, has_basis="basis" in columns)
        con.execute(f"CREATE VIEW {name} AS {rows}")
        if name == "fx_rates":
            rates = read_rates(con, as_of=as_of)
        if name == "plans":
            con.execute(f"CREATE VIEW plans_committed AS {plans_committed(calendar.first_month)}")
            con.execute(f"CREATE VIEW plans_in_force AS {plans_in_force(calendar.first_month)}")
        if name == "forecasts":
            con.execute(f"CREATE VIEW forecasts_in_force AS {forecasts_in_force(calendar.first_month)}")
    con.execute(f"CREATE VIEW headcounts AS {headcounts(has_history='partner_history' in names)}")
    if missing:
        raise rates_missing(missing, today=as_of, rejects=con.execute("FROM kept.rejects").df())
    keep_passed_on(con, plans="plans" in names, distributor_sell_in=vendor.distributor_sell_in)
    return at_plan


def _columns(con: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    return [column for column, *_ in con.execute(f"DESCRIBE kept.{name}").fetchall()]
