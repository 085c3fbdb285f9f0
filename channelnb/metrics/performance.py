"""Performance: what was sold, against plan and the time before, and by whom."""

from __future__ import annotations

from dataclasses import replace

from channelnb.metrics.parts import Amount, Part, Ratio, Window, distinct, total
from channelnb.metrics.registry import metric


def _revenue(window: Window = Window.PERIOD) -> Part:
    return total("sales", "revenue", at="sold_on", where="is_revenue", window=window)


@metric(category="performance", unit="money", better="higher", absent="no sales data")
def revenue() -> Amount:
    """Revenue net of discount of the sales in the period; returns count as negative.

    Each partner's is on one basis: sell-through for whoever buys from a distributor and reports it,
    else sell-in. Where what a distributor bought includes what its resellers report, a figure that holds
    both firms leaves the resellers' out, so that it is what the vendor sold.

    Source: common practice in channel management.

    >>> worked("revenue", sales="sold_on revenue / 2026-06-30 9 / 2026-07-01 50 / 2026-09-30 -20 / 2026-08-15 12.5")
    42.5
    """
    return Amount(_revenue())


@metric(category="performance", unit="money", better="neither", absent="no sales data")
def sell_in() -> Amount:
    """What the vendor sold to the partner, returns taken off; sales that name no basis are counted here.

    Sell-in fills the partner's shelves: it runs ahead of what customers buy, and is never added to sell-through.

    Source: common practice in channel management.

    >>> worked("sell_in", sales="sold_on basis revenue / 2026-07-01 sell_in 50 / 2026-07-02 sell_through 30 / "
    ...        "2026-07-03 - 8 / 2026-06-30 sell_in 5")
    58
    """
    return Amount(total("sales", "revenue", at="sold_on", where="basis IS DISTINCT FROM 'sell_through'"))


@metric(category="performance", unit="money", better="neither", absent="no sales data")
def sell_through() -> Amount:
    """What the partner reported to have sold on to customers, returns taken off.

    It is as complete as partners' reports are, and is never added to sell-in.

    Source: common practice in channel management.

    >>> worked("sell_through", sales="sold_on basis revenue / 2026-07-01 sell_in 50 / 2026-07-02 sell_through 30 / "
    ...        "2026-07-03 - 8 / 2026-10-01 sell_through 5")
    30
    """
    return Amount(total("sales", "revenue", at="sold_on", where="basis = 'sell_through'"))


@metric(category="performance", unit="money", better="neither", absent="no plan rate")
def revenue_at_plan_rates() -> Amount:
    """What revenue would be if each sale in another currency counted at the plan rate of its month.

    Sales in the vendor's own currency count as they are. There is none for fiscal years before the first plan rate.

    Source: constant-currency reporting, as common in annual reports.

    >>> worked("revenue_at_plan_rates", sales="sold_on revenue currency / 2026-07-01 10 CHF / 2026-08-01 5 -",
    ...        fx_rates="month currency kind rate / 2026-07-01 CHF actual 3 / 2026-07-01 CHF plan 2 / "
    ...                 "2026-01-01 CHF plan 2")
    25
    """
    return Amount(total("sales", "revenue_at_plan_rates", at="sold_on", where="is_revenue"))


@metric(category="performance", unit="money", better="neither", absent="no plan rate")
def currency_effect() -> Amount:
    """The part of revenue that exchange rates account for: revenue less revenue at plan rates.

    Its cases are the sales whose actual rate is not the planned one.

    Source: constant-currency reporting, as common in annual reports.

    >>> worked("currency_effect", sales="sold_on revenue currency / 2026-07-01 10 CHF / 2026-08-01 5 -",
    ...        fx_rates="month currency kind rate / 2026-07-01 CHF actual 3 / 2026-07-01 CHF plan 2 / "
    ...                 "2026-01-01 CHF plan 2")
    10
    """
    effect = "revenue - revenue_at_plan_rates"
    return Amount(total("sales", effect, at="sold_on", where="is_revenue AND revenue <> revenue_at_plan_rates"))


@metric(category="performance", unit="share", better="higher", absent="no plan")
def attainment() -> Ratio:
    """Revenue over the revenue planned for the same months; in a running period, over plan to date.

    The plan is the last version committed by the start of the quarter. Whoever has a plan and sold
    nothing attained 0 %; whoever has none has no attainment.

    Source: common practice in sales management (quota attainment).

    >>> worked("attainment", sales="sold_on revenue / 2026-07-10 60 / 2026-10-01 90",
    ...        plans="month target_revenue made_on status / 2026-07-01 80 2026-06-01 committed / "
    ...              "2026-07-01 10 2026-07-02 committed / 2026-07-01 9 2026-06-20 draft")
    60 / 80 = 0.75
    """
    plan = replace(total("plans_in_force", "target_revenue", at="month"), to_date=True)
    return Ratio(_revenue(), plan)


@metric(category="performance", unit="share", better="higher", absent="no revenue a year earlier")
def growth_yoy() -> Ratio:
    """Change of revenue on the same months a year earlier, over the revenue of that year.

    There is none where the year before was zero or negative; the numerator holds the change in money. Of a
    running month as large a part of the same month a year earlier counts as has gone by.

    Source: common practice in financial reporting, where growth on a base of zero or less is not meaningful.

    >>> worked("growth_yoy", sales="sold_on revenue / 2025-07-01 40 / 2025-10-01 70 / 2026-06-30 5 / 2026-08-01 50")
    10 / 40 = 0.25
    """
    before = replace(_revenue(Window.PRIOR_YEAR), to_date=True)
    return Ratio(_revenue() - before, before)


@metric(category="performance", unit="share", better="higher", absent="no revenue in the period before")
def growth_qoq() -> Ratio:
    """Change of revenue on the period before, as long as this one, over the revenue of that period.

    For a quarter it is the quarter before, for a month the month before: seasons are in it, so read it beside
    growth on the year. There is none where the period before was zero or negative; the numerator holds the change
    in money. Of a running period's last month as large a part of its like before counts as has gone by.

    Source: common practice in financial reporting, where growth on a base of zero or less is not meaningful.

    >>> worked("growth_qoq", sales="sold_on revenue / 2026-03-31 90 / 2026-04-01 30 / 2026-06-30 50 / 2026-07-01 60")
    -20 / 80 = -0.25
    """
    before = replace(_revenue(Window.PRIOR_PERIOD), to_date=True)
    return Ratio(_revenue() - before, before)


@metric(category="performance", unit="share", better="neither", absent="no revenue")
def line_mix() -> Ratio:
    """A line's share of the group's revenue in the period, measured by line.

    Without `line` among the keys it is 1. Sales whose product is not known are a line of their own, "(none)". A line
    of which more was returned than sold has a negative share, and the others add up to more than 1.

    Source: sales mix, as in Horngren, Datar and Rajan, Cost Accounting.

    >>> worked("line_mix", by="line", products="product_id line / A Disks / B Tapes",
    ...        sales="sold_on product_id revenue / 2026-07-01 A 30 / 2026-08-01 B 10 / 2026-01-01 B 99")
    Disks: 30 / 40 = 0.75
    Tapes: 10 / 40 = 0.25
    """
    return Ratio(_revenue(), replace(_revenue(), across=("line",)))


@metric(category="performance", unit="share", better="higher", absent="no partner with sales a year ago", at_least=5)
def partner_retention() -> Ratio:
    """Share of the partners with sales in the twelve months before last that had some in the last twelve, too.

    It is of groups of partners: by channel, by manager, in all. Customers may stay when a partner goes: customer
    retention in the same group is that of these partners' customers. By `manager_id` a partner whose sales are
    credited to another manager now is lost to the first; `partners.manager_id` groups them by today's manager.

    Source: retention rate, as in Farris, Bendle, Pfeifer and Reibstein, Marketing Metrics; here of partners.

    >>> worked("partner_retention", sales="partner_id sold_on revenue / P1 2024-10-01 5 / P2 2025-09-30 5 / "
    ...        "P3 2025-01-01 5 / P1 2025-10-01 5 / P3 2026-09-30 5 / P4 2026-08-01 5")
    2 / 3 = 0.667 (3 cases, too few)
    """
    before = distinct("sales", "partner_id", at="sold_on", where="is_revenue", window=Window.PRIOR_T12)
    return Ratio(replace(before, also_in=Window.T12), before)
