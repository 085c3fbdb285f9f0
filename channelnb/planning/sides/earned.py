"""What a partner earned from the vendor beside its own margin: rebates, incentives and development funds."""

from __future__ import annotations

import pandas as pd

from channelnb.book.book import Book
from channelnb.chosen import Settings
from channelnb.planning.maker import Made, Maker

EARNED = "earned"
"""The table of a snapshot that says what each partner earned."""

COLUMNS = {**dict.fromkeys(("partner_id", "period", "kind"), "str"), "amount": "float64"}
"""The columns of the table, and what is in them."""

_PAID = {
    "rebate": ("sales", "sold_on", "rebate", "is_revenue"),
    "incentive": ("incentives", "paid_on", "amount", "true"),
    "mdf": ("mdf_claims", "paid_on", "amount_paid", "true"),
}

KINDS = tuple(_PAID)
"""What a partner earns: rebates by the day of the sale, incentives and development funds by the day of payment."""


def earned(book: Book, settings: Settings, made: Made) -> dict[str, pd.DataFrame]:
    """What each partner earned in each period that was over or running on the book's date.

    One row is a partner, period and one of KINDS, with its `amount`; nothing paid is no row.

    >>> from channelnb.book.book import open_book
    >>> firms = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> sales = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["50"], "rebate": ["2.50"]})
    >>> with open_book({"partners": firms, "sales": sales}, quarter="2026Q3") as book:
    ...     earned(book, Settings(), {})[EARNED].to_dict("records")
    [{'partner_id': 'P1', 'period': '2026Q3', 'kind': 'rebate', 'amount': 2.5}]
    """
    parts = [
        f"SELECT partner_id, date_trunc('month', {day}) AS month, '{kind}' AS kind, sum({amount}) AS amount "
        f"FROM {table} WHERE {where} AND {day} IS NOT NULL AND {amount} IS NOT NULL AND partner_id IS NOT NULL "
        "GROUP BY ALL"
        for kind, (table, day, amount, where) in _PAID.items()
        if book.has(table, day, amount)
    ]
    if not parts:
        return {EARNED: pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in COLUMNS.items()})}
    months = book.query(f"SELECT DISTINCT month FROM ({' UNION ALL '.join(parts)}) ORDER BY month")["month"]
    like = book.period or book.calendar.quarter_of(book.as_of)
    named = [f"(DATE '{month:%Y-%m-%d}', '{book.calendar.period_of(month, like=like)}')" for month in months]
    if not named:
        return {EARNED: pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in COLUMNS.items()})}
    # Summed as decimals, and a double only then, so that the order of rows changes nothing.
    found = book.query(
        f"SELECT partner_id, period, kind, CAST(sum(amount) AS DOUBLE) AS amount FROM ({' UNION ALL '.join(parts)}) "
        f"JOIN (VALUES {', '.join(named)}) AS named(month, period) USING (month) "
        "GROUP BY ALL HAVING sum(amount) <> 0 ORDER BY ALL"
    )
    return {EARNED: found.astype(COLUMNS)}


MAKER = Maker(earned, (EARNED,), for_the_partner=(EARNED,))
