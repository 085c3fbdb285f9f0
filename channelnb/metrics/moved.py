"""Deals that moved: out of the quarter in which they were due, or forward into an earlier one."""

from __future__ import annotations

from channelnb.metrics.deals import WON
from channelnb.metrics.derived import AS_OF, derive, quarter_holding
from channelnb.metrics.parts import Ratio, total
from channelnb.metrics.registry import metric


def _next_start(seen_on: str) -> str:
    """SQL for the start of the first quarter that begins on a day or later: how things stand then was seen that day."""
    return _after(quarter_holding(f"({seen_on} - 1)"))


def _after(quarter: str) -> str:
    return f"CAST({quarter} + INTERVAL 3 MONTHS AS DATE)"


_STARTS, _CLOSED_IN = _next_start("f.as_of"), quarter_holding("f.closed_on")

SEEN = (
    "LEFT JOIN (SELECT opportunity_id, min(seen_on) AS seen_on, arg_min(first_due, seen_on) AS first_due, "
    "map_from_entries(list((quarter, due))) AS due_at FROM ("
    "SELECT opportunity_id, min(as_of) AS seen_on, arg_min(expected_close_on, as_of) AS first_due, "
    f"{_next_start('as_of')} AS quarter, arg_max(expected_close_on, as_of) AS due FROM {{pipeline_history}} "
    "WHERE coalesce(outcome, 'open') = 'open' GROUP BY opportunity_id, quarter) GROUP BY opportunity_id"
    ") AS seen ON seen.opportunity_id = f.opportunity_id"
)
"""The join of a deal to how it was seen while open: when and how first, and when it was due at each quarter's start."""

SEEN_NEEDS = ("pipeline_history.as_of", "pipeline_history.expected_close_on", "opportunities.closed_on")

_DEAL = "LEFT JOIN {opportunities} AS deal ON deal.opportunity_id = f.opportunity_id"
_DEAL_NEEDS = ("pipeline_history.expected_close_on", "opportunities.closed_on")

derive("pipeline_history", "partner_id", "deal.partner_id", needs=["opportunities.partner_id"], join=_DEAL)
derive(
    "pipeline_history",
    "line",
    "sold.line",
    needs=["opportunities.product_id", "products.line"],
    join=f"{_DEAL}\nLEFT JOIN products AS sold ON sold.product_id = deal.product_id",
)
# Of several days on which the pipeline was seen before a quarter, the last one tells.
derive(
    "pipeline_history",
    "quarter_on",
    f"CASE WHEN f.as_of = max(f.as_of) OVER (PARTITION BY {_STARTS}) THEN {_STARTS} END",
    needs=["pipeline_history.as_of"],
)
# In a quarter that is not over, what is due may close yet.
derive(
    "pipeline_history",
    "was_due",
    f"coalesce(f.outcome, 'open') = 'open' AND f.expected_close_on BETWEEN {_STARTS} AND {_after(_STARTS)} - 1 "
    f"AND (deal.outcome = 'open' OR deal.closed_on >= {_STARTS}) AND {_after(_STARTS)} <= {AS_OF} + 1",
    needs=_DEAL_NEEDS,
    join=_DEAL,
)
derive(
    "pipeline_history",
    "was_late",
    f"coalesce(deal.closed_on >= {_after(_STARTS)}, true)",
    needs=_DEAL_NEEDS,
    join=_DEAL,
)
derive("opportunities", "due_later", f"seen.due_at[{_CLOSED_IN}] >= {_after(_CLOSED_IN)}", needs=SEEN_NEEDS, join=SEEN)
# Where none of the deals that closed in a quarter was seen at its start, nobody looked then.
derive(
    "opportunities",
    "seen_at_start",
    f"bool_or(seen.due_at[{_CLOSED_IN}] IS NOT NULL) OVER (PARTITION BY {_CLOSED_IN})",
    needs=SEEN_NEEDS,
    join=SEEN,
)


@metric(
    category="effectiveness",
    unit="share",
    better="lower",
    absent="no deal seen to be due at the start of a quarter that is over",
    at_least=5,
    resample=True,
)
def slippage() -> Ratio:
    """Share of the value due in a quarter, as seen at its start, that had not closed when it ended.

    How things stood is what the history of the pipeline last saw up to the quarter's first day; a close of any outcome
    will do. Deals overdue by then are left out, and so are quarters that are not over. By month it stands at the first.

    Source: common practice in sales management.

    >>> worked("slippage", opportunities="outcome created_on closed_on / open 2026-05-01 - / "
    ...        "lost 2026-05-01 2026-09-30 / open 2026-05-01 - / open 2026-05-01 -",
    ...        pipeline_history="as_of opportunity_id amount expected_close_on / 2026-05-31 3 900 2026-07-15 / "
    ...        "2026-06-30 1 100 2026-08-01 / 2026-06-30 2 50 2026-08-15 / 2026-06-30 3 70 2026-10-01 / "
    ...        "2026-06-30 4 30 2026-06-15")
    100 / 150 = 0.667 (2 cases, too few)
    """
    return Ratio(
        total("pipeline_history", "amount", at="quarter_on", where="was_due AND was_late"),
        total("pipeline_history", "amount", at="quarter_on", where="was_due"),
    )


@metric(
    category="effectiveness",
    unit="share",
    better="neither",
    absent="no won deal, or no history of the pipeline at the quarter's start",
    at_least=5,
    resample=True,
)
def pull_forward() -> Ratio:
    """Share of the value won in the period from deals that were due after the quarter when it began.

    When they were due is what the history of the pipeline last saw up to the quarter's first day. Deals opened since
    count as won and not as pulled forward. It may be good selling, or next quarter's revenue sold at a discount.

    Source: common practice in sales management.

    >>> worked("pull_forward", opportunities="outcome amount created_on closed_on / won 60 2026-05-01 2026-08-01 / "
    ...        "won 40 2026-05-01 2026-09-01 / won 100 2026-07-10 2026-09-02 / lost 500 2026-05-01 2026-09-02",
    ...        pipeline_history="as_of opportunity_id expected_close_on / 2026-05-31 2 2026-12-01 / "
    ...        "2026-06-30 1 2026-10-01 / 2026-06-30 2 2026-09-15 / 2026-06-30 4 2026-12-01")
    60 / 200 = 0.3 (3 cases, too few)
    """
    return Ratio(
        total("opportunities", "amount", at="closed_on", where=f"{WON} AND due_later"),
        total("opportunities", "amount", at="closed_on", where=f"{WON} AND seen_at_start"),
    )
