"""Effectiveness and efficiency: what becomes of deals, and what revenue costs."""

from __future__ import annotations

from channelnb.metrics.parts import Ratio, Window, count, stock, total
from channelnb.metrics.registry import metric

# A firm that merged on no known day was never one of its own: its people are its survivor's.
_A_FIRM = "survivor_id = partner_id OR left_on IS NOT NULL"


@metric(category="effectiveness", unit="share", better="higher", absent="no decided deal", at_least=5)
def win_rate() -> Ratio:
    """Share of the opportunities decided in the period, won or lost, that were won.

    Open ones are left out, so it is an optimistic view of a young pipeline; so are those that ended
    in no decision.
    """
    return Ratio(
        count("opportunities", at="closed_on", where="outcome = 'won'"),
        count("opportunities", at="closed_on", where="outcome IN ('won', 'lost')"),
    )


@metric(category="effectiveness", unit="money", better="higher", absent="no won deal")
def average_won_deal() -> Ratio:
    """Average value of the opportunities won in the period.

    One large deal moves it; read it with the number of deals.
    """
    won = "outcome = 'won'"
    return Ratio(
        total("opportunities", "amount", at="closed_on", where=won), count("opportunities", at="closed_on", where=won)
    )


@metric(category="effectiveness", unit="share", better="higher", absent="no cost of sales")
def gross_margin() -> Ratio:
    """Revenue less the vendor's cost of what was sold, over that revenue.

    Sales without a cost are left out of both.
    """
    costed = "is_revenue AND cost IS NOT NULL"
    return Ratio(
        total("sales", "revenue - cost", at="sold_on", where=costed),
        total("sales", "revenue", at="sold_on", where=costed),
    )


@metric(category="effectiveness", unit="index", better="higher", absent="no plan")
def pipeline_index() -> Ratio:
    """Open pipeline, not weighted, that is due in a coming period, over the revenue planned for it.

    Overdue deals are left out: they are due in no coming period. In a running period the pipeline is
    what is still due, the plan that of the whole period.
    """
    return Ratio(
        total("opportunities", "amount", at="expected_close_on", where="outcome = 'open'", window=Window.DUE),
        total("plans_in_force", "target_revenue", at="month", window=Window.WHOLE),
    )


@metric(
    category="effectiveness",
    unit="money_per_head",
    better="higher",
    absent="no number of employees, or not twelve months of sales",
)
def revenue_per_employee() -> Ratio:
    """Revenue of the twelve months that end with the period, per person employed by the partner.

    It counts all of the firm's people, whatever they sell; compare firms of like size and kind only.
    """
    return Ratio(
        total("sales", "revenue", at="sold_on", where="is_revenue", window=Window.T12),
        stock("partners", "employees", since="joined_on", until="left_on", where=_A_FIRM),
    )
