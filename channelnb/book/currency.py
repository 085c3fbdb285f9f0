"""Amounts in other currencies become the vendor's own, at the rate of the row's month."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from channelnb.book.contract import MONEY, Column, Table
from channelnb.book.given import literal
from channelnb.book.rates import Found, place_of

ORIGINAL_CURRENCY, ORIGINAL_REVENUE = "original_currency", "original_revenue"
AT_PLAN_RATES = "revenue_at_plan_rates"


def in_own_currency(table: Table, rows: str, *, own: str, found: Found) -> str:
    """The SELECT of a table's rows with all its money in the currency `own`.

    `rows` is the SELECT of the rows as they are, `found` the rates that they take. Each amount of a
    row in another currency is multiplied by the exact rate and rounded once, half away from zero, to
    cents. `original_currency` keeps what the row was in. Sales also get `original_revenue`, as it was
    given, and `revenue_at_plan_rates`: the same at the plan rate of the row's month, NULL where that is
    not known.

    >>> from channelnb.book.tables import CONTRACT
    >>> in_own_currency(CONTRACT["costs"], "FROM costs", own="USD", found=Found())
    "SELECT * REPLACE ('USD' AS currency), coalesce(currency, 'USD') AS original_currency FROM (FROM costs)"
    """
    currency = f"{literal(own)} AS currency"
    derived = f"coalesce(currency, {literal(own)}) AS {ORIGINAL_CURRENCY}"
    is_sales = AT_PLAN_RATES in table.derived
    if not found.actual:
        same = f", revenue AS {ORIGINAL_REVENUE}, revenue AS {AT_PLAN_RATES}" if is_sales else ""
        return f"SELECT * REPLACE ({currency}), {derived}{same} FROM ({rows})"
    money = [column for column in table.columns if column.kind == MONEY]
    converted = ", ".join(f"{_converted(column, '#rate', own=own)} AS {column.name}" for column in money)
    if is_sales:
        at_plan = _converted(table.by_name["revenue"], "#plan", own=own)
        derived += f", revenue AS {ORIGINAL_REVENUE}, {at_plan} AS {AT_PLAN_RATES}"
    # Maps rather than a join: a join would put the rows in another order.
    key = f"concat(currency, ' ', {place_of(table)})"
    # A map is gone through key by key: that is done for the rows in other currencies only.
    actual, plan = (
        f"CASE WHEN currency <> {literal(own)} THEN {_rate(rates, key)} END" for rates in (found.actual, found.plan)
    )
    rated = f'SELECT *, {actual} AS "#rate", {plan} AS "#plan" FROM ({rows})'
    return f'SELECT * EXCLUDE ("#rate", "#plan") REPLACE ({converted}, {currency}), {derived} FROM ({rated})'


def _converted(column: Column, rate: str, *, own: str) -> str:
    exact = f'CAST(round({column.name} * "{rate}", 2) AS {column.sql_type})'
    return f"CASE WHEN currency <> {literal(own)} THEN {exact} ELSE {column.name} END"


def _rate(rates: Mapping[str, Decimal], key: str) -> str:
    """SQL for the rate of a key; NULL where there is none."""
    pairs = ", ".join(f"{literal(name)}: {rate}::DECIMAL(18,9)" for name, rate in rates.items())
    return f"MAP {{{pairs}}}[{key}]" if pairs else "NULL::DECIMAL(18,9)"
