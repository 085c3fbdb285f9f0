"""Performance: what was sold, against plan and the year before, and to whom."""

from __future__ import annotations

from dataclasses import replace

from channelnb.metrics.parts import Amount, Part, Ratio, Window, distinct, total
from channelnb.metrics.registry import metric


def _revenue(window: Window = Window.PERIOD) -> Part:
    return total("sales", "revenue", at="sold_on", where="is_revenue", window=window)


def _customers(window: Window) -> Part:
    return distinct("sales", "customer_id", at="sold_on", where="is_revenue", window=window)


@metric(category="performance", unit="money", better="higher", absent="no sales data")
def revenue() -> Amount:
    """Revenue net of discount of the sales in the period; returns count as negative.

    Each partner's is on one basis: sell-through for whoever buys from a distributor and reports it,
    else sell-in. Where what a distributor bought includes what its resellers report, a figure that holds
    both firms leaves the resellers' out, so that it is what the vendor sold.
    """
    return Amount(_revenue())


@metric(category="performance", unit="money", better="neither", absent="no sales data")
def sell_in() -> Amount:
    """What the vendor sold to the partner, returns taken off; sales that name no basis are counted here."""
    return Amount(total("sales", "revenue", at="sold_on", where="basis IS DISTINCT FROM 'sell_through'"))


@metric(category="performance", unit="money", better="neither", absent="no sales data")
def sell_through() -> Amount:
    """What the partner reported to have sold on to customers, returns taken off."""
    return Amount(total("sales", "revenue", at="sold_on", where="basis = 'sell_through'"))


@metric(category="performance", unit="money", better="neither", absent="no plan rate")
def revenue_at_plan_rates() -> Amount:
    """What revenue would be if each sale in another currency counted at the plan rate of its month.

    Sales in the vendor's own currency count as they are. There is none for fiscal years before the first plan rate.
    """
    return Amount(total("sales", "revenue_at_plan_rates", at="sold_on", where="is_revenue"))


@metric(category="performance", unit="money", better="neither", absent="no plan rate")
def currency_effect() -> Amount:
    """The part of revenue that exchange rates account for: revenue less revenue at plan rates.

    Its cases are the sales whose actual rate is not the planned one.
    """
    effect = "revenue - revenue_at_plan_rates"
    return Amount(total("sales", effect, at="sold_on", where="is_revenue AND revenue <> revenue_at_plan_rates"))


@metric(category="performance", unit="share", better="higher", absent="no plan")
def attainment() -> Ratio:
    """Revenue over the revenue planned for the same months; in a running period, over plan to date.

    The plan is the last version committed by the start of the quarter. Whoever has a plan and sold
    nothing attained 0 %; whoever has none has no attainment.
    """
    plan = replace(total("plans_in_force", "target_revenue", at="month"), to_date=True)
    return Ratio(_revenue(), plan)


@metric(category="performance", unit="share", better="higher", absent="no revenue a year earlier")
def growth_yoy() -> Ratio:
    """Change of revenue on the same months a year earlier, over the revenue of that year.

    There is none where the year before was zero or negative; the numerator holds the change in money. Of a
    running month as large a part of the same month a year earlier counts as has gone by.
    """
    before = replace(_revenue(Window.PRIOR_YEAR), to_date=True)
    return Ratio(_revenue() - before, before)


@metric(
    category="performance",
    unit="count",
    better="higher",
    absent="no customer named in the sales, or not twelve months of sales before",
)
def new_customers() -> Amount:
    """Customers who bought in the period and not in the 24 months before it.

    New is new to the group that is measured: to the partner by partner, to the vendor in all; so the
    partners' figures can add up to more than the vendor's. Sales must reach back twelve months at least.
    """
    return Amount(replace(_customers(Window.PERIOD), not_in=Window.LOOK_BACK))


@metric(category="performance", unit="share", better="higher", absent="no customer of a year earlier", at_least=5)
def customer_retention() -> Ratio:
    """Share of the customers of the twelve months before last who bought again in the last twelve.

    A customer who moved to another partner is lost to the first, and kept by the vendor.
    """
    before = _customers(Window.PRIOR_T12)
    return Ratio(replace(before, also_in=Window.T12), before)
