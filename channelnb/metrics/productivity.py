"""What revenue leaves, and how much of it comes to each head."""

from __future__ import annotations

from channelnb.metrics.parts import Part, Ratio, Window, stock, total
from channelnb.metrics.registry import metric


def _heads(column: str) -> Part:
    return stock("headcounts", column, since="joined_on", until="left_on")


def _revenue_of_a_year() -> Part:
    return total("sales", "revenue", at="sold_on", where="is_revenue", window=Window.T12)


@metric(category="effectiveness", unit="share", better="higher", absent="no cost of sales")
def gross_margin() -> Ratio:
    """Revenue less the vendor's cost of what was sold, over that revenue.

    Sales without a cost are left out of both, so it holds of the part of revenue whose cost is known.

    Source: standard ratio of financial accounting.

    >>> worked("gross_margin", sales="sold_on revenue cost / 2026-08-01 100 60 / 2026-08-02 100 90 / 2026-08-03 500 -")
    50 / 200 = 0.25
    """
    costed = "is_revenue AND cost IS NOT NULL"
    return Ratio(
        total("sales", "revenue - cost", at="sold_on", where=costed),
        total("sales", "revenue", at="sold_on", where=costed),
    )


@metric(
    category="effectiveness",
    unit="money_per_head",
    better="higher",
    absent="no number of employees, or not twelve months of sales",
)
def revenue_per_employee() -> Ratio:
    """Revenue of the twelve months that end with the period, per person employed by the partner on its last day.

    It counts all of the firm's people, whatever they sell; compare firms of like size and kind only. The headcount
    is the one that held on that day where the partner's history tells it, else that of today.

    Source: common practice in channel management.

    >>> worked("revenue_per_employee", quarter="2026Q1", sales="sold_on revenue / 2025-04-01 60 / 2026-03-31 20",
    ...        partners="partner_id employees / P1 10",
    ...        partner_history="partner_id valid_from employees / P1 2024-01-01 4 / P1 2026-04-01 8")
    80 / 4 = 20
    """
    return Ratio(_revenue_of_a_year(), _heads("employees"))


@metric(
    category="effectiveness",
    unit="money_per_head",
    better="higher",
    absent="no number of salespeople, or not twelve months of sales",
)
def revenue_per_salesperson() -> Ratio:
    """Revenue of the twelve months that end with the period, per person who sells at the partner on its last day.

    Technical people are left out; whoever sells for other vendors too counts in full. Compare firms of like size. The
    headcount is the one that held on that day where the partner's history tells it, else that of today.

    Source: common practice in channel management.

    >>> worked("revenue_per_salesperson", sales="sold_on revenue / 2025-09-30 7 / 2025-10-01 60 / 2026-09-30 20",
    ...        partners="partner_id employees sales_staff / P1 10 4")
    80 / 4 = 20
    """
    return Ratio(_revenue_of_a_year(), _heads("sales_staff"))
