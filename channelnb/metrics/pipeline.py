"""The pipeline: what is due, what is late, and how much of it a plan needs."""

from __future__ import annotations

import numpy as np

from channelnb.metrics.deals import DATED, WON, WON_OR_LOST
from channelnb.metrics.derived import AS_OF, derive, quarter_holding
from channelnb.metrics.moved import SEEN, SEEN_NEEDS
from channelnb.metrics.parts import Amount, Composed, Numbers, Part, Ratio, Window, stock, total
from channelnb.metrics.registry import metric

DATED_AT_LEAST = 0.9
"""The share of won value for which the history of the pipeline must tell when it was first due."""

# A deal that was opened since the vendor began to look, and never seen, was closed before the next look.
_FIRST_DUE = (
    "CASE WHEN seen.opportunity_id IS NOT NULL THEN coalesce(seen.first_due, f.expected_close_on) "
    "WHEN f.created_on >= min(seen.seen_on) OVER () THEN f.expected_close_on END"
)
_IN_TIME = f"{quarter_holding('f.closed_on')} <= {quarter_holding(f'({_FIRST_DUE})')}"

derive(
    "opportunities",
    "closed_in_time",
    _IN_TIME,
    needs=[*SEEN_NEEDS, "opportunities.created_on", "opportunities.expected_close_on"],
    join=SEEN,
)
derive(
    "opportunities",
    "within_a_quarter",
    f"{quarter_holding('f.created_on')} = {quarter_holding('f.closed_on')}",
    needs=["opportunities.created_on", "opportunities.closed_on"],
)


# In a running month a deal that was due in its first days is overdue, and due in no coming period.
derive(
    "opportunities",
    "comes_due_on",
    f"CASE WHEN f.expected_close_on > {AS_OF} THEN f.expected_close_on END",
    needs=["opportunities.expected_close_on"],
)


def _due() -> Part:
    return total("opportunities", "amount", at="comes_due_on", where="outcome = 'open'", window=Window.DUE)


def _plan() -> Part:
    return total("plans_in_force", "target_revenue", at="month", window=Window.WHOLE)


def _of_a_year(of: str, where: str) -> Part:
    return total("opportunities", of, at="closed_on", where=where, window=Window.T12)


@metric(category="effectiveness", unit="index", better="higher", absent="no plan")
def pipeline_index() -> Ratio:
    """Open pipeline, not weighted, that is due in a coming period, over the revenue planned for it.

    Overdue deals are left out: they are due in no coming period (`pipeline_overdue`). In a running period the pipeline
    is what is still due, the plan that of the whole period: what was won by then is `won_to_date`.

    Source: pipeline coverage, common practice in sales management, by due date rather than by all that is open.

    >>> worked("pipeline_index", plans="month target_revenue / 2026-10-01 100 / 2026-12-01 100 / 2027-01-01 900",
    ...        opportunities="outcome amount expected_close_on closed_on / open 500 2026-12-31 - / "
    ...        "open 70 2026-09-30 - / open 60 2027-01-01 - / lost 50 2026-12-01 2026-09-01")
    500 / 200 = 2.5
    """
    return Ratio(_due(), _plan())


@metric(category="effectiveness", unit="money", better="lower", absent="no record of opportunities")
def pipeline_overdue() -> Amount:
    """Value, not weighted, of the open opportunities whose due date has passed on the period's last day.

    Amounts and due dates are as known today, so of earlier days it leaves out what has been put off since.

    Source: common practice in sales management.

    >>> worked("pipeline_overdue", opportunities="outcome amount created_on expected_close_on closed_on / "
    ...        "open 10 2026-05-01 2026-09-29 - / open 20 2026-05-01 2026-09-30 - / open 40 2026-05-01 - - / "
    ...        "won 80 2026-05-01 2026-07-01 2026-08-01")
    10
    """
    late = f"expected_close_on IS NOT NULL AND {DATED}"
    since = "greatest(created_on, expected_close_on + 1)"
    return Amount(stock("opportunities", "amount", since=since, until="closed_on", where=late))


@metric(category="effectiveness", unit="money", better="higher", absent="no record of opportunities")
def won_to_date() -> Amount:
    """Value of the opportunities won in the period, up to today in a running one.

    It is what was decided, not what was invoiced: read it beside the pipeline index, not in place of revenue.

    Source: common practice in sales management.

    >>> worked("won_to_date", opportunities="outcome amount closed_on / won 10 2026-07-01 / won 20 2026-09-30 / "
    ...        "won 40 2026-06-30 / lost 80 2026-08-01")
    30
    """
    return Amount(total("opportunities", "amount", at="closed_on", where=WON))


@metric(category="effectiveness", unit="index", better="higher", absent="no plan, or nothing left of it")
def pipeline_to_remaining_plan() -> Ratio:
    """Open pipeline, not weighted, still due in a period, over what is left of the revenue planned for it.

    What is left is the plan of the whole period less revenue to date; where nothing is, there is no index. In a period
    that has not begun it is the pipeline index.

    Source: common practice in sales management.

    >>> worked("pipeline_to_remaining_plan", quarter="2026-10", sales="sold_on revenue / 2026-10-31 99",
    ...        plans="month target_revenue / 2026-11-01 200",
    ...        opportunities="outcome amount expected_close_on / open 500 2026-11-30 / open 70 2026-10-31")
    500 / 200 = 2.5
    """
    revenue = total("sales", "revenue", at="sold_on", where="is_revenue")
    return Ratio(_due(), _plan() - revenue)


def coverage(won: Numbers, decided: Numbers, quick: Numbers, in_time: Numbers, dated: Numbers) -> Numbers:
    """What is not won within a quarter of its opening, over win rate by value × the share that closes on time.

    Where too little of what was won is dated, it cannot be told: those that a young history knows are the quick ones.
    """
    needed = (1 - quick / won) / (won / decided * in_time / dated)
    return np.where(dated >= DATED_AT_LEAST * won, needed, np.nan)


@metric(
    category="effectiveness",
    unit="index",
    better="lower",
    absent="no won deal, none on time, or not twelve months of deals and of the pipeline's history",
    at_least=5,
    resample=True,
)
def required_coverage() -> Composed:
    """How many times a quarter's plan must be in the pipeline due in it, by the deals of the last twelve months.

    It is (1 − C) ÷ (win rate by value × share of won value that closed on time): C is the share of won value from
    deals opened and won within one fiscal quarter, which no pipeline shows at its start. On time is in, or before, the
    quarter in which a deal was first due by the history of the pipeline, which must tell it of nine tenths of won
    value: the due date in a deal itself has mostly been put off to the day on which it closed. It tells what was
    needed, not what will do: compare it with the pipeline index.

    Source: common practice in sales management, where coverage is 1 ÷ win rate; the rest is our own account of it.

    >>> worked("required_coverage", opportunities="outcome amount created_on expected_close_on closed_on / "
    ...        "won 40 2025-11-01 2026-02-10 2026-02-10 / won 40 2026-01-05 2026-05-05 2026-05-05 / "
    ...        "won 20 2026-07-01 2026-08-01 2026-08-01 / lost 100 2026-01-05 2026-05-05 2026-05-05 / "
    ...        "lost 999 2025-01-01 2025-09-30 2025-09-30", pipeline_history="as_of opportunity_id expected_close_on / "
    ...        "2025-11-30 1 2025-12-20 / 2025-12-31 1 2026-02-10 / 2026-01-31 2 2026-06-01")
    2.667 (4 cases, too few)
    """
    return Composed(
        coverage,
        (
            _of_a_year("amount", WON),
            _of_a_year("amount", WON_OR_LOST),
            _of_a_year("amount", f"{WON} AND within_a_quarter"),
            _of_a_year("amount", f"{WON} AND closed_in_time"),
            _of_a_year("amount", f"{WON} AND closed_in_time IS NOT NULL"),
        ),
    )


def velocity(deals: Numbers, won: Numbers, decided: Numbers, days: Numbers, dated: Numbers) -> Numbers:
    """Open deals × win rate × average won deal, over the mean days from opening to winning."""
    # Win rate × average won deal is what was won for each deal decided.
    return deals * (won / decided) / (days / dated)


@metric(
    category="effectiveness",
    unit="money_per_day",
    better="higher",
    absent="no won deal, or not twelve months of deals",
    at_least=5,
)
def pipeline_velocity() -> Composed:
    """What the deals open on the period's last day may bring a day: deals × win rate × average won deal ÷ cycle.

    Win rate, average and mean cycle are of the deals decided in the twelve months that end with the period; the cycle
    is that of won deals alone, by the formula, so it is quicker than all deals are. It moves with any of its four
    parts: see which. It has no interval, for what is open on a day is no sample of cases.

    Source: the sales velocity formula, common practice in sales management.

    >>> worked("pipeline_velocity", opportunities="outcome amount created_on closed_on / open 5 2026-09-01 - / "
    ...        "open 5 2026-09-02 - / won 30 2026-01-01 2026-01-11 / won 60 2026-01-01 2026-01-21 / "
    ...        "lost 70 2026-01-01 2026-09-01 / lost 70 2026-01-01 2026-09-01 / won 999 2025-01-01 2025-09-30")
    3 (4 cases, too few)
    """
    cycled = f"{WON} AND closed_on >= created_on"
    return Composed(
        velocity,
        (
            stock("opportunities", "1", since="created_on", until="closed_on", where=DATED),
            _of_a_year("amount", WON),
            _of_a_year("1", WON_OR_LOST),
            _of_a_year("closed_on - created_on", cycled),
            _of_a_year("1", cycled),
        ),
    )
