"""Performance: what was sold, against plan and the year before, and to whom."""

from __future__ import annotations

from dataclasses import replace

from channelnb.metrics.parts import Amount, Part, Ratio, Window, distinct, total
from channelnb.metrics.registry import metric


def _revenue(window: Window = Window.PERIOD) -> Part:
    return total("sales", "revenue", at="sold_on", window=window)


def _customers(window: Window) -> Part:
    return distinct("sales", "customer_id", at="sold_on", window=window)


@metric(category="performance", unit="money", better="higher", absent="no sales data")
def revenue() -> Amount:
    """Revenue net of discount of the sales in the period; returns count as negative.

    Sell-in and sell-through are both in it where a source has both: they must not describe the
    same goods twice.
    """
    return Amount(_revenue())


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

    There is none where the year before was zero or negative; the numerator holds the change in money.
    """
    return Ratio(_revenue() - _revenue(Window.PRIOR_YEAR), _revenue(Window.PRIOR_YEAR))


@metric(category="performance", unit="count", better="higher", absent="no customer named in the sales")
def new_customers() -> Amount:
    """Customers who bought in the period and not in the 24 months before it.

    New is new to the group that is measured: to the partner by partner, to the vendor in all; so the
    partners' figures can add up to more than the vendor's.
    """
    return Amount(replace(_customers(Window.PERIOD), not_in=Window.LOOK_BACK))


@metric(category="performance", unit="share", better="higher", absent="no customer of a year earlier", at_least=5)
def customer_retention() -> Ratio:
    """Share of the customers of the twelve months before last who bought again in the last twelve.

    A customer who moved to another partner is lost to the first, and kept by the vendor.
    """
    before = _customers(Window.PRIOR_T12)
    return Ratio(replace(before, also_in=Window.T12), before)
