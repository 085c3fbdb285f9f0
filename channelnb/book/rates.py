"""Exchange rates: what is known of them on a day, which of them a table's rows need, and which are missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import duckdb
import pandas as pd

from channelnb.book.contract import MONEY, MONTH, QUARTER, YEAR, Table
from channelnb.book.given import literal, quoted
from channelnb.book.rejects import tally
from channelnb.errors import BadSource, MissingRate, RatesMissing
from channelnb.fiscal import FiscalCalendar

ACTUAL, PLAN = "actual", "plan"

# What these tables say lies ahead: the rate that the vendor fixed for planning is theirs.
_PLANNED = frozenset({"plans", "forecasts"})
# The largest product that DECIMAL(38,15) holds, whole cents and a rounding step included.
_LARGEST = Decimal(10) ** 22
_SHOWN = 12


@dataclass(frozen=True)
class Rates:
    """What one unit of a currency is worth in the vendor's own, by kind, currency and month, as known on a day."""

    by_month: dict[tuple[str, str], dict[date, Decimal]]
    today: date

    def at(self, currency: str, month: date | None, *, planned: bool = False) -> Decimal | None:
        """The rate for an amount of a month; without a month, the latest actual one.

        Planned amounts, and amounts of months to come, take the planning rate where there is one; a
        month to come without any takes the latest actual one. None where a past month has no rate.

        >>> rates = Rates({("actual", "EUR"): {date(2026, 8, 1): Decimal("1.1")}}, date(2026, 9, 30))
        >>> rates.at("EUR", date(2026, 8, 1)), rates.at("EUR", date(2026, 9, 1)), rates.at("EUR", None)
        (Decimal('1.1'), None, Decimal('1.1'))
        """
        actual, plan = self.by_month.get((ACTUAL, currency), {}), self.planned(currency)
        ahead = month is None or month > self.today
        if month is not None:
            if (planned or ahead) and month in plan:
                return plan[month]
            if month in actual:
                return actual[month]
        known = [day for day in actual if day <= self.today]
        return actual[max(known)] if ahead and known else None

    def planned(self, currency: str) -> dict[date, Decimal]:
        """The planning rate of each month that has one.

        >>> Rates({}, date(2026, 9, 30)).planned("EUR")
        {}
        """
        return self.by_month.get((PLAN, currency), {})


@dataclass(frozen=True)
class Foreign:
    """Rows of a table in one foreign currency that take one rate: of which month, how many, and their largest amount.

    `key` is the currency and the text of the month, quarter or year that the rows show.
    """

    key: str
    currency: str
    month: date | None
    rows: int
    largest: Decimal


@dataclass(frozen=True)
class AtPlan:
    """How far sales can be told at plan rates: `why_not` where not at all, `since` where only from a day on."""

    why_not: str = ""
    since: date | None = None


@dataclass(frozen=True)
class Found:
    """The rates that a table's rows take, each by the key of its rows; those missing; sales have planning rates too."""

    actual: dict[str, Decimal] = field(default_factory=dict)
    plan: dict[str, Decimal] = field(default_factory=dict)
    missing: tuple[MissingRate, ...] = ()
    at_plan: AtPlan = AtPlan()


def read_rates(con: duckdb.DuckDBPyConnection, *, as_of: date) -> Rates:
    """The rates in the view `fx_rates`; raises BadSource where a month has two for one currency.

    >>> con = duckdb.connect()
    >>> row = "'actual' AS kind, 'EUR' AS currency, DATE '2026-08-01' AS month, 1.08::DECIMAL(18, 9) AS rate"
    >>> _ = con.execute(f"CREATE VIEW fx_rates AS SELECT {row}")
    >>> read_rates(con, as_of=date(2026, 9, 30)).at("EUR", date(2026, 8, 1))
    Decimal('1.080000000')
    """
    rows = con.execute(
        "SELECT coalesce(kind, 'actual') AS kind, currency, month, min(rate), max(rate) FROM fx_rates GROUP BY ALL"
    ).fetchall()
    by_month: dict[tuple[str, str], dict[date, Decimal]] = {}
    for kind, currency, month, low, high in rows:
        if low != high:
            raise BadSource(
                f"fx_rates has two {kind} rates for {currency} in {month:%Y-%m}: {low} and {high}; keep one."
            )
        by_month.setdefault((kind, currency), {})[month] = low
    return Rates(by_month, as_of)


def place_of(table: Table) -> str:
    """SQL for the month, quarter or year whose rate a row takes; NULL where it has none.

    >>> from channelnb.book.tables import CONTRACT
    >>> place_of(CONTRACT["mdf_budgets"]), place_of(CONTRACT["partners"])
    ('quarter', 'NULL')
    """
    dated = [table.by_name[table.dated]] if table.dated else []
    labelled = [c for kind in (MONTH, QUARTER, YEAR) for c in table.columns if c.kind == kind]
    column = next(iter(dated + labelled), None)
    if column is None:
        return "NULL"
    if column.kind in (QUARTER, YEAR):
        return column.name
    return f"strftime(CAST({column.name} AS DATE), '%Y-%m-01')"


def foreign_rows(
    con: duckdb.DuckDBPyConnection, table: Table, rows: str, *, own: str, calendar: FiscalCalendar
) -> list[Foreign]:
    """The rows of a SELECT that are in other currencies than `own`: one entry for each currency and month.

    >>> from channelnb.book.tables import CONTRACT
    >>> columns, day = "AS t (currency, month, amount)", "DATE '2026-08-01'"
    >>> costs = f"FROM (VALUES ('EUR', {day}, 5.00), ('EUR', {day}, -7.00), ('USD', {day}, 9.00)) {columns}"
    >>> found = foreign_rows(duckdb.connect(), CONTRACT["costs"], costs, own="USD", calendar=FiscalCalendar())
    >>> [(foreign.key, foreign.rows, str(foreign.largest)) for foreign in found]
    [('EUR 2026-08-01', 2, '7.00')]
    """
    amounts = ", ".join(f"abs({quoted(c.name)})" for c in table.columns if c.kind == MONEY)
    found = con.execute(
        f"SELECT currency, {place_of(table)} AS place, count(*), coalesce(max(greatest({amounts})), 0) "
        f"FROM ({rows}) WHERE currency <> {literal(own)} GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return [
        Foreign(f"{currency} {place or ''}", currency, _month(place, calendar), count, largest)
        for currency, place, count, largest in found
    ]


def find_rates(table: Table, foreign: list[Foreign], *, rates: Rates, calendar: FiscalCalendar) -> Found:
    """The rates that these rows take, and those that are missing.

    Raises BadSource where an amount is too large to be multiplied exactly.

    >>> from channelnb.book.tables import CONTRACT
    >>> rows = Foreign("EUR 2026-08-01", "EUR", date(2026, 8, 1), rows=2, largest=Decimal("5.00"))
    >>> rates = Rates({(ACTUAL, "EUR"): {date(2026, 8, 1): Decimal("1.08")}}, date(2026, 9, 30))
    >>> find_rates(CONTRACT["costs"], [rows], rates=rates, calendar=FiscalCalendar()).actual
    {'EUR 2026-08-01': Decimal('1.08')}
    """
    kind = PLAN if table.name in _PLANNED else ACTUAL
    taken = {rows.key: rates.at(rows.currency, rows.month, planned=kind == PLAN) for rows in foreign}
    missing = [_missing(table, rows, kind) for rows in foreign if taken[rows.key] is None]
    actual = {key: rate for key, rate in taken.items() if rate is not None}
    plan: dict[str, Decimal] = {}
    at_plan = AtPlan()
    if table.name == "sales" and foreign:
        at_plan = _at_plan(foreign, rates, calendar)
        told = [rows for rows in foreign if not at_plan.why_not and _told(rows, at_plan)]
        known = {rows.key: rates.planned(rows.currency).get(rows.month) for rows in told if rows.month}
        missing += [_missing(table, rows, PLAN) for rows in told if known.get(rows.key) is None]
        plan = {key: rate for key, rate in known.items() if rate is not None}
    for rows in foreign:
        _check_size(table, rows, [found[rows.key] for found in (actual, plan) if rows.key in found])
    return Found(actual, plan, tuple(missing), at_plan)


def _at_plan(foreign: list[Foreign], rates: Rates, calendar: FiscalCalendar) -> AtPlan:
    """From which fiscal year on sales can be told at plan rates: the first that has any for what was sold."""
    currencies = sorted({rows.currency for rows in foreign})
    planned = [month for currency in currencies for month in rates.planned(currency)]
    if not planned:
        return AtPlan(why_not=f"fx_rates has no plan rates for {', '.join(currencies)}")
    since = calendar.start(f"{calendar.year_of(min(planned))}Q1")
    return AtPlan(since=since if any(rows.month and rows.month < since for rows in foreign) else None)


def _told(rows: Foreign, at_plan: AtPlan) -> bool:
    return at_plan.since is None or rows.month is None or rows.month >= at_plan.since


def _missing(table: Table, rows: Foreign, kind: str) -> MissingRate:
    return MissingRate(table.name, rows.currency, rows.month, kind, rows.rows)


def _check_size(table: Table, rows: Foreign, rates: Iterable[Decimal]) -> None:
    for rate in rates:
        if max(rows.largest, rows.largest * rate) >= _LARGEST:
            when = f" in {rows.month:%Y-%m}" if rows.month else ""
            raise BadSource(
                f"`{table.name}` has an amount of {rows.largest:,.2f} {rows.currency}{when}, too large to convert at "
                f"{rate} without rounding it twice; is it a mistake? Mend the row, or give it in the vendor's currency."
            )


def _month(place: str | None, calendar: FiscalCalendar) -> date | None:
    if place is None:
        return None
    if "Q" in place:
        return calendar.start(place)
    return calendar.start(f"{place}Q1") if len(place) == 4 else date.fromisoformat(place)


def rates_missing(missing: Iterable[MissingRate], *, today: date, rejects: pd.DataFrame) -> RatesMissing:
    """The one error for all rates that are missing, table by table.

    `rejects` are the faults of all tables, as `Book.rejects` has them: those of `fx_rates` are told, too.

    >>> missing = MissingRate("costs", "EUR", date(2026, 7, 1), "actual", 2)
    >>> none = pd.DataFrame(columns=["table", "row", "column", "rule", "found"])
    >>> error = rates_missing([missing], today=date(2026, 9, 30), rejects=none)
    >>> print(str(error).partition(";")[0])
    fx_rates lacks exchange rates that are needed: for `costs` EUR in 2026-07 (2 rows)
    """
    every = tuple(missing)
    by_table: dict[str, list[str]] = {}
    for one in every:
        when = f"{one.month:%Y-%m}" if one.month else f"{today:%Y-%m} or before"
        kind = "the plan rate of " if one.kind == PLAN else ""
        said = f"{kind}{one.currency} in {when} ({one.rows:,} row{'s' if one.rows > 1 else ''})"
        by_table.setdefault(one.table, []).append(said)
    listed = "; for ".join(f"`{table}` {_cut(said)}" for table, said in by_table.items())
    rejected = tally(rejects[rejects["table"] == "fx_rates"], of="fx_rates")
    return RatesMissing(
        f"fx_rates lacks exchange rates that are needed: for {listed}; "
        "add a row for each, with month, currency, kind and rate." + (f" {rejected}." if rejected else ""),
        every,
        rejects,
    )


def _cut(said: list[str]) -> str:
    more = f", and {len(said) - _SHOWN:,} more" if len(said) > _SHOWN else ""
    return ", ".join(said[:_SHOWN]) + more
