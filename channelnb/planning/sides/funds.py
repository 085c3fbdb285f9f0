"""Development funds: what has been claimed of each quarter's, what is left, and until when."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from channelnb.book.book import Book
from channelnb.chosen import Settings
from channelnb.frames import records
from channelnb.planning.maker import Made, Maker

FUNDS = "funds"
"""The table of a snapshot that says what is left of development funds."""

COLUMNS = {
    **dict.fromkeys(("partner_id", "quarter"), "str"),
    **dict.fromkeys(("begins_on", "expires_on"), "datetime64[us]"),
    **dict.fromkeys(("allocated", "granted", "pending", "left"), "float64"),
}
"""The columns of the table, and what is in them."""

RULE = "Claims don't say on which funds they draw: each is set against the funds open on its day that end first."
"""How claims are set against funds, as pages print it."""


def funds(book: Book, settings: Settings, made: Made) -> dict[str, pd.DataFrame]:
    """What was set aside for each partner and quarter, and what of it is left.

    One row is a quarter's funds: `granted` on claims, `pending` asked for and not decided yet, and `left`. Each claim
    is set against the funds open on its day that end first; what no funds are open for is in none.

    >>> from channelnb.book.book import open_book
    >>> firms = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> sales = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["5"]})
    >>> set_aside = pd.DataFrame({"partner_id": ["P1"], "quarter": ["2026Q3"], "allocated": ["100"]})
    >>> claim = {"claim_id": ["F1"], "partner_id": ["P1"], "requested_on": ["2026-09-01"], "amount_requested": ["70"]}
    >>> tables = {"partners": firms, "sales": sales, "mdf_budgets": set_aside, "mdf_claims": pd.DataFrame(claim)}
    >>> with open_book(tables, quarter="2026Q3") as book:
    ...     funds(book, Settings(), {})[FUNDS][["allocated", "pending", "left"]].to_dict("records")
    [{'allocated': 100.0, 'pending': 70.0, 'left': 30.0}]
    """
    if not book.has("mdf_budgets"):
        return {FUNDS: pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in COLUMNS.items()})}
    # As text: money is exact, and a double is not.
    budgets = book.query(
        "SELECT partner_id, quarter, CAST(sum(allocated) AS VARCHAR) AS allocated, max(expires_on) AS expires_on "
        "FROM mdf_budgets WHERE partner_id IS NOT NULL GROUP BY ALL ORDER BY partner_id, quarter"
    )
    claims = (
        book.query(
            "SELECT partner_id, requested_on, coalesce(decision = 'approved', false) AS granted, "
            "CAST(CASE WHEN decision = 'approved' THEN amount_approved ELSE amount_requested END AS VARCHAR) AS amount "
            "FROM mdf_claims WHERE coalesce(decision, 'pending') <> 'denied' ORDER BY requested_on, claim_id"
        )
        if book.has("mdf_claims")
        else pd.DataFrame(columns=["partner_id", "requested_on", "granted", "amount"])
    )
    claimed: dict[str, list[dict[str, Any]]] = {}
    for claim in records(claims):
        claimed.setdefault(claim["partner_id"], []).append(claim)
    begins = {quarter: book.calendar.start(quarter) for quarter in budgets["quarter"].unique()}
    of_each: dict[str, list[dict[str, Any]]] = {}
    for row in records(budgets):
        of_each.setdefault(row["partner_id"], []).append(_opened(row, begins[row["quarter"]]))
    rows = [row for partner_id, own in of_each.items() for row in _drawn(own, claimed.get(partner_id, []))]
    return {FUNDS: pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)}


def _opened(row: dict[str, Any], begins: date) -> dict[str, Any]:
    """Funds of which nothing has been claimed yet."""
    ends = None if pd.isna(row["expires_on"]) else pd.Timestamp(row["expires_on"]).date()
    nothing = {"granted": Decimal(0), "pending": Decimal(0)}
    allocated = Decimal(row["allocated"])
    return {**row, "begins_on": begins, "expires_on": ends, "allocated": allocated, "left": allocated, **nothing}


def _drawn(funds: list[dict[str, Any]], claims: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One partner's funds after its claims, in the order in which these were made."""
    by_end = sorted(funds, key=lambda fund: (fund["expires_on"] or date.max, fund["quarter"]))
    for claim in claims:
        wanted, day = Decimal(claim["amount"] or 0), pd.Timestamp(claim["requested_on"]).date()
        for fund in by_end:
            if fund["begins_on"] <= day <= (fund["expires_on"] or date.max):
                taken = min(wanted, fund["left"])
                fund["granted" if claim["granted"] else "pending"] += taken
                fund["left"] -= taken
                wanted -= taken
    return funds


MAKER = Maker(funds, (FUNDS,), for_the_partner=(FUNDS,))
