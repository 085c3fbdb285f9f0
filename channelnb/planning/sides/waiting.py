"""What each side keeps the other waiting for: deals, claims, payments and leads that nobody has answered yet."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from channelnb.book.book import Book
from channelnb.chosen import Settings
from channelnb.planning.maker import Made, Maker

VENDOR, PARTNER = "vendor", "partner"

WAITING = "waiting"
"""The table of a snapshot that says what each side keeps waiting."""

COLUMNS = {
    **dict.fromkeys(("partner_id", "side", "what"), "str"),
    "count": "int64",
    **dict.fromkeys(("amount", "oldest", "usual"), "float64"),
    "late": "int64",
    "late_amount": "float64",
}
"""The columns of the table, and what is in them: one row for each partner and thing that waits."""

SHARE = 0.75
"""The share of answers of the last twelve months that were no slower than what is called usual."""


@dataclass(frozen=True)
class _Queue:
    """Things that wait for an answer: from when, until when, and which of them wait still."""

    side: str
    table: str
    amount: str
    since: str
    until: str
    where: str
    """What is in the queue at all, answered or not."""
    unanswered: str


_QUEUES = {
    "registration": _Queue(
        *(VENDOR, "opportunities", "amount", "registered_on", "decided_on"),
        where="registered_on IS NOT NULL",
        unanswered="decided_on IS NULL AND coalesce(registration_decision, 'pending') = 'pending' AND outcome = 'open'",
    ),
    "claim": _Queue(
        *(VENDOR, "mdf_claims", "amount_requested", "requested_on", "decided_on"),
        where="true",
        unanswered="decided_on IS NULL AND coalesce(decision, 'pending') = 'pending'",
    ),
    "payment": _Queue(
        *(VENDOR, "mdf_claims", "amount_approved", "decided_on", "paid_on"),
        where="decision = 'approved'",
        unanswered="paid_on IS NULL",
    ),
    "lead": _Queue(
        *(PARTNER, "leads", "amount", "assigned_at", "first_contact_at"),
        where="true",
        unanswered="first_contact_at IS NULL AND returned_at IS NULL AND closed_on IS NULL AND "
        "coalesce(outcome, 'open') = 'open'",
    ),
}


def waiting(book: Book, settings: Settings, made: Made) -> dict[str, pd.DataFrame]:
    """What waits for an answer on the book's date, and how much of it waits longer than usual.

    One row is a partner and what can wait: the vendor's word on a registration or a claim, its payment, the partner's
    first contact with a lead; how many do (`count`), for how much money, for how many days the oldest
    has. `usual` is the number of days within which three of four that were answered in the last twelve months were,
    with the middle one of all partners, those of one owner taken together; it is told only where they were of more than
    `min_peers` owners, and `late` counts those that have waited longer.

    >>> from channelnb.book.book import open_book
    >>> firms = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> sales = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["5"]})
    >>> claims = pd.DataFrame({"claim_id": ["F1"], "partner_id": ["P1"], "requested_on": ["2026-09-01"]})
    >>> claims = claims.assign(decided_on=[None])
    >>> tables = {"partners": firms, "sales": sales, "mdf_claims": claims.assign(amount_requested="70")}
    >>> with open_book(tables, quarter="2026Q3") as book:
    ...     waiting(book, Settings(), {})[WAITING][["what", "count", "amount", "oldest"]].to_dict("records")
    [{'what': 'claim', 'count': 1, 'amount': 70.0, 'oldest': 29.0}]
    """
    there = [
        _sql(what, queue, book, settings)
        for what, queue in _QUEUES.items()
        if book.has(queue.table, "partner_id", queue.since, queue.until)
    ]
    if not there:
        return {WAITING: pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in COLUMNS.items()})}
    found = book.query(f"{' UNION ALL '.join(there)} ORDER BY partner_id, side DESC, what")
    return {WAITING: found.astype(COLUMNS)}


def _sql(what: str, queue: _Queue, book: Book, settings: Settings) -> str:
    day = f"DATE '{book.as_of}'"
    took = f"date_diff('day', CAST({queue.since} AS DATE), CAST({queue.until} AS DATE))"
    lately = f"CAST({queue.until} AS DATE) > {day} - INTERVAL 1 YEAR AND {queue.since} IS NOT NULL"
    usual = (
        f"SELECT round(median(took)) AS usual FROM (SELECT quantile_cont({took}, {SHARE}) AS took FROM {queue.table} "
        f"JOIN (SELECT partner_id, group_id FROM partners) USING (partner_id) WHERE {queue.where} AND {lately} "
        f"GROUP BY group_id) HAVING count(*) > {settings.min_peers}"
    )
    open_ones = (
        f"SELECT partner_id, {queue.amount} AS amount, date_diff('day', CAST({queue.since} AS DATE), {day}) AS days "
        f"FROM {queue.table} WHERE {queue.where} AND {queue.unanswered} AND {queue.since} IS NOT NULL "
        "AND partner_id IS NOT NULL"
    )
    late = "days > usual"
    return (
        f"(SELECT partner_id, '{queue.side}' AS side, '{what}' AS what, count(*) AS count, "
        "CAST(sum(amount) AS DOUBLE) AS amount, max(days) AS oldest, any_value(usual) AS usual, "
        f"count(*) FILTER ({late}) AS late, CAST(sum(amount) FILTER ({late}) AS DOUBLE) AS late_amount "
        f"FROM ({open_ones}) LEFT JOIN ({usual}) ON true GROUP BY partner_id)"
    )


MAKER = Maker(waiting, (WAITING,), for_the_partner=(WAITING,))
