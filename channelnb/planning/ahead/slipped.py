"""How deals slipped: those due in each past quarter as it began, and what became of them."""

from __future__ import annotations

import pandas as pd

from channelnb.book.book import Book

QUARTERS = 4
COLUMNS = dict.fromkeys(("partner_id", "period"), "str") | dict.fromkeys(
    ("due_deals", "slipped_deals", "due", "slipped", "days"), "float"
)


def slipped(book: Book) -> pd.DataFrame:
    """Deals due in each of the last four quarters over, as seen when it began: one row by partner and quarter.

    `due_deals` were due, worth `due`; of these `slipped_deals`, worth `slipped`, had not closed when the quarter ended:
    what the metric `slippage` counts. `days` is by how many these were late, their median: up to the day on which they
    closed, or are now due, or up to today where that has passed. Without a history of the pipeline there is no row.
    """
    if not (book.has("opportunities") and book.has("pipeline_history", "expected_close_on")):
        return pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS)
    calendar = book.calendar
    last = calendar.quarter_of(book.as_of)
    over = last if calendar.end(last) <= book.as_of else calendar.shift(last, -1)
    names = [calendar.shift(over, -back) for back in reversed(range(QUARTERS))]
    values = ", ".join(f"('{q}', DATE '{calendar.start(q)}', DATE '{calendar.end(q)}')" for q in names)
    found = book.query(
        f"WITH q(period, began, ended) AS (VALUES {values}), "
        "looked AS (SELECT q.period, max(h.as_of) AS seen_on FROM q JOIN pipeline_history h "
        "ON h.as_of <= q.began AND h.as_of > q.began - INTERVAL 3 MONTHS GROUP BY q.period) "
        "SELECT o.partner_id, q.period, count(*) AS due_deals, "
        "count(*) FILTER (late) AS slipped_deals, CAST(sum(h.amount) AS DOUBLE) AS due, "
        "CAST(coalesce(sum(h.amount) FILTER (late), 0) AS DOUBLE) AS slipped, "
        f"median(coalesce(o.closed_on, greatest(o.expected_close_on, DATE '{book.as_of}')) - h.expected_close_on) "
        "FILTER (late) AS days "
        "FROM q JOIN looked USING (period) JOIN pipeline_history h ON h.as_of = looked.seen_on "
        "JOIN (SELECT * FROM opportunities) o USING (opportunity_id), "
        "LATERAL (SELECT coalesce(o.closed_on > q.ended, true) AS late) "
        "WHERE coalesce(h.outcome, 'open') = 'open' AND h.expected_close_on BETWEEN q.began AND q.ended "
        "AND (o.outcome = 'open' OR o.closed_on >= q.began) AND o.partner_id IS NOT NULL "
        "GROUP BY o.partner_id, q.period ORDER BY o.partner_id, q.period"
    )
    return found[list(COLUMNS)].astype(COLUMNS)
