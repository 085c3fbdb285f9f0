"""Amounts in other currencies become the vendor's own, at the rate of the row's month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from channelnb.book.contract import MONEY, MONTH, QUARTER, YEAR, Table
from channelnb.book.given import literal
from channelnb.errors import BadSource
from channelnb.fiscal import FiscalCalendar

# What these tables say lies ahead: the rate that the vendor fixed for planning is theirs.
_PLANNED = frozenset({"plans", "forecasts"})
_SHOWN = 5


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
        actual, plan = self.by_month.get(("actual", currency), {}), self.by_month.get(("plan", currency), {})
        ahead = month is None or month > self.today
        if month is not None:
            if (planned or ahead) and month in plan:
                return plan[month]
            if month in actual:
                return actual[month]
        known = [day for day in actual if day <= self.today]
        return actual[max(known)] if ahead and known else None


def read_rates(con: duckdb.DuckDBPyConnection, *, as_of: date) -> Rates:
    """The rates in the view `fx_rates`; raises BadSource where a month has two for one currency."""
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


def in_own_currency(
    con: duckdb.DuckDBPyConnection, table: Table, rows: str, *, own: str, rates: Rates, calendar: FiscalCalendar
) -> str:
    """The SELECT of a table's rows with all its money in the currency `own`.

    `rows` is the SELECT of the rows as they are. Each amount of a row in another currency is
    multiplied by the exact rate and rounded once, half away from zero, to cents. `original_currency`
    keeps what the row was in. Raises BadSource where a rate is missing, naming months and currencies.
    """
    place = _place(table)
    foreign = con.execute(
        f"SELECT currency, {place} AS place, count(*) FROM ({rows}) WHERE currency <> {literal(own)} "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    shown = f"{literal(own)} AS currency), coalesce(currency, {literal(own)}) AS original_currency"
    if not foreign:
        return f"SELECT * REPLACE ({shown} FROM ({rows})"
    found = _rates_of(table, foreign, rates=rates, calendar=calendar)
    # A map rather than a join: a join would put the rows in another order.
    pairs = ", ".join(f"{literal(key)}: {rate}::DECIMAL(18,9)" for key, rate in found.items())
    exact = "".join(
        f'CASE WHEN "#rate" IS NULL THEN {c.name} '
        f'ELSE CAST(round({c.name} * "#rate", 2) AS {c.sql_type}) END AS {c.name}, '
        for c in table.columns
        if c.kind == MONEY
    )
    rated = f"SELECT *, MAP {{{pairs}}}[concat(currency, ' ', {place})] AS \"#rate\" FROM ({rows})"
    return f'SELECT * EXCLUDE ("#rate") REPLACE ({exact}{shown} FROM ({rated})'


def _place(table: Table) -> str:
    """SQL for the month, quarter or year whose rate a row takes; NULL where it has none."""
    dated = [table.by_name[table.dated]] if table.dated else []
    labelled = [c for kind in (MONTH, QUARTER, YEAR) for c in table.columns if c.kind == kind]
    column = next(iter(dated + labelled), None)
    if column is None:
        return "NULL"
    if column.kind in (QUARTER, YEAR):
        return column.name
    return f"strftime(CAST({column.name} AS DATE), '%Y-%m-01')"


def _rates_of(
    table: Table, foreign: list[tuple[str, str | None, int]], *, rates: Rates, calendar: FiscalCalendar
) -> dict[str, Decimal]:
    """The rate of each currency and place that rows in other currencies have."""
    found: dict[str, Decimal] = {}
    missing: list[str] = []
    for currency, place, rows in foreign:
        month = _month(place, calendar)
        rate = rates.at(currency, month, planned=table.name in _PLANNED)
        if rate is None:
            when = f"{month:%Y-%m}" if month else f"{rates.today:%Y-%m} or before"
            missing.append(f"{currency} in {when} ({rows} row{'s' if rows > 1 else ''})")
        else:
            found[f"{currency} {place or ''}"] = rate
    if missing:
        more = f", and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise BadSource(
            f"`{table.name}` needs exchange rates that are not in fx_rates: {', '.join(missing[:_SHOWN])}{more}; "
            "add a row for each, with month, currency and rate."
        )
    return found


def _month(place: str | None, calendar: FiscalCalendar) -> date | None:
    if place is None:
        return None
    if "Q" in place:
        return calendar.start(place)
    return calendar.start(f"{place}Q1") if len(place) == 4 else date.fromisoformat(place)
