"""Profitability and concentration: what a partner leaves to the vendor and to itself, and on how few it all rests."""

from __future__ import annotations

from dataclasses import replace

from channelnb.metrics.concentration import fewest, fewest_share, largest_share
from channelnb.metrics.parts import Amount, Codes, Numbers, Part, Ratio, Spread, Terms, Window, each, total
from channelnb.metrics.registry import metric

_COSTED = "is_revenue AND cost IS NOT NULL"
_NO_COSTS = "no cost to serve, or a cost that is told of only from later on"


def _cost_to_serve() -> Part:
    return total("costs", "amount", at="month")


def _contribution() -> Terms:
    paid = replace(total("mdf_claims", "amount_paid", at="paid_on"), optional=True)
    rewarded = replace(total("incentives", "amount", at="paid_on"), optional=True)
    goods = total("sales", "revenue - cost - coalesce(rebate, 0)", at="sold_on", where=_COSTED)
    return goods - paid - rewarded - _cost_to_serve()


@metric(category="profitability", unit="money", better="higher", absent=_NO_COSTS)
def contribution() -> Amount:
    """What a partner leaves to the vendor: revenue less goods, rebates, MDF and incentives paid, and cost to serve.

    The allocation rule: costs are those booked on the partner, and none is allocated; what the vendor spends on all
    partners together is nobody's. Sales without a cost are left out; MDF and incentives count in the month in which
    they were paid, and as nothing where the source tells of none. No figure is told for periods before each of these
    records begins.

    Source: contribution margin, as in Horngren, Datar and Rajan, Cost Accounting; cost to serve as in Braithwaite and
    Samakh, The Cost-to-Serve Method, International Journal of Logistics Management, 1998.

    >>> worked("contribution", sales="sold_on revenue cost rebate / 2026-07-01 100 60 5 / 2026-08-01 50 - - / "
    ...        "2026-09-01 20 10 - / 2026-10-01 90 1 -",
    ...        mdf_claims="requested_on paid_on amount_paid / 2026-07-01 2026-07-20 4 / 2026-07-01 - 9",
    ...        costs="month amount / 2026-07-01 8 / 2026-09-01 2")
    31
    """
    return Amount(_contribution())


@metric(category="profitability", unit="share", better="higher", absent=_NO_COSTS)
def contribution_margin() -> Ratio:
    """Contribution over the revenue that it comes from.

    Sales without a cost are left out of both. A partner that sold nothing has none, whatever it cost.

    Source: contribution margin ratio, as in Horngren, Datar and Rajan, Cost Accounting.

    >>> worked("contribution_margin", sales="sold_on revenue cost rebate / 2026-07-01 100 60 5 / 2026-08-01 50 - -",
    ...        incentives="paid_on amount / 2026-07-31 5", costs="month amount / 2026-07-01 10")
    20 / 100 = 0.2
    """
    return Ratio(_contribution(), total("sales", "revenue", at="sold_on", where=_COSTED))


@metric(category="profitability", unit="money", better="lower", absent="no cost to serve")
def cost_to_serve() -> Amount:
    """What it cost the vendor to serve a partner in the period: people, support and whatever else was booked on it.

    Costs are those booked on the partner, and none is allocated. A partner on which nothing was booked cost nothing,
    which may say more of the books than of the partner.

    Source: Braithwaite and Samakh, The Cost-to-Serve Method, International Journal of Logistics Management, 1998.

    >>> worked("cost_to_serve", costs="month amount / 2026-06-01 7 / 2026-07-01 8 / 2026-09-01 2")
    10
    """
    return Amount(_cost_to_serve())


@metric(category="profitability", unit="share", better="lower", absent="no revenue, or no cost to serve")
def cost_to_serve_share() -> Ratio:
    """Cost to serve over revenue.

    Costs are those booked on the partner, and none is allocated. New partners cost before they sell.

    Source: Braithwaite and Samakh, The Cost-to-Serve Method, International Journal of Logistics Management, 1998.

    >>> worked("cost_to_serve_share", sales="sold_on revenue / 2026-07-01 60 / 2026-08-01 40 / 2026-06-30 9",
    ...        costs="month amount / 2026-07-01 8 / 2026-09-01 2 / 2026-06-01 9")
    10 / 100 = 0.1
    """
    return Ratio(_cost_to_serve(), total("sales", "revenue", at="sold_on", where="is_revenue"))


_RESOLD = "is_revenue AND resale_revenue IS NOT NULL"


def _partner_profit() -> Part:
    return total("sales", "resale_revenue - revenue + coalesce(rebate, 0)", at="sold_on", where=_RESOLD)


@metric(category="profitability", unit="money", better="higher", absent="no resale revenue", asked=True)
def partner_profit() -> Amount:
    """What the partner itself earns on the vendor's goods: what it sold them for, less what it paid, and the rebate.

    Of sales whose resale revenue is known only; the partner's own costs and services are not in it. What it paid is
    the sale's revenue: right for what the vendor sold to it, while a reseller's price from its distributor may be
    another.

    Source: common practice in channel management (partner profitability).

    >>> worked("partner_profit", sales="sold_on revenue resale_revenue rebate / 2026-07-01 100 130 2 / "
    ...        "2026-08-01 50 - 5 / 2026-09-01 10 9 -")
    31
    """
    return Amount(_partner_profit())


@metric(category="profitability", unit="share", better="higher", absent="no resale revenue", asked=True)
def partner_margin() -> Ratio:
    """What the partner itself earns on the vendor's goods, rebate included, over what it sold them for.

    Of sales whose resale revenue is known only.

    Source: common practice in channel management (partner profitability).

    >>> worked("partner_margin", sales="sold_on revenue resale_revenue rebate / 2026-07-01 80 95 5 / "
    ...        "2026-08-01 50 - 5 / 2026-09-01 5 5 -")
    20 / 100 = 0.2
    """
    return Ratio(_partner_profit(), total("sales", "resale_revenue", at="sold_on", where=_RESOLD))


def _revenue_per(entity: str) -> Part:
    return each("sales", "revenue", per=entity, at="sold_on", where="is_revenue", window=Window.T12)


def _top_3(codes: Codes, sums: Numbers, groups: int) -> tuple[Numbers, Numbers]:
    """The share of the three largest in the whole."""
    return largest_share(codes, sums, groups, k=3)


def _for_80(codes: Codes, sums: Numbers, groups: int) -> tuple[Numbers, Numbers]:
    """The smallest number that makes 80 % of the whole."""
    return fewest(codes, sums, groups, share=0.8)


def _share_for_80(codes: Codes, sums: Numbers, groups: int) -> tuple[Numbers, Numbers]:
    """The smallest share of those above zero that makes 80 % of the whole."""
    return fewest_share(codes, sums, groups, share=0.8)


_NO_YEAR = "no revenue above zero, or not twelve months of sales"


@metric(category="profitability", unit="share", better="lower", absent=f"{_NO_YEAR}, or no customer named")
def top_3_customer_share() -> Spread:
    """Share of the three largest customers in the revenue of twelve months.

    The whole is what was sold to customers that are named; one who returned more than it bought counts as nothing.
    Three customers or fewer make it 1.

    Source: concentration ratio (CR3), as in industrial economics.

    >>> worked("top_3_customer_share", sales="customer_id sold_on revenue / A 2026-01-01 40 / B 2026-01-01 30 / "
    ...        "C 2026-01-01 5 / C 2026-09-01 5 / D 2025-10-01 20 / E 2026-01-01 -50 / A 2025-09-30 99 / "
    ...        "- 2026-01-01 9")
    90 / 100 = 0.9
    """
    return Spread(_revenue_per("customer_id"), _top_3)


@metric(category="profitability", unit="share", better="lower", absent=_NO_YEAR)
def top_3_partner_share() -> Spread:
    """Share of the three largest partners in the revenue of twelve months.

    It is of groups of partners: a channel, a manager's, all. One that returned more than it bought counts as nothing.

    Source: concentration ratio (CR3), as in industrial economics.

    >>> worked("top_3_partner_share", sales="partner_id sold_on revenue / A 2026-01-01 40 / B 2026-01-01 20 / "
    ...        "C 2025-10-01 20 / D 2026-01-01 20 / E 2026-01-01 -10 / D 2025-09-30 70")
    80 / 100 = 0.8
    """
    return Spread(_revenue_per("partner_id"), _top_3)


@metric(category="profitability", unit="count", better="neither", absent=_NO_YEAR)
def partners_for_80() -> Spread:
    """The smallest number of partners that give 80 % of the revenue of twelve months.

    It is of groups of partners. One that returned more than it bought counts as nothing.

    Source: Juran, Quality Control Handbook, 1951: the vital few, after Pareto.

    >>> worked("partners_for_80", sales="partner_id sold_on revenue / A 2025-10-01 50 / B 2026-01-01 30 / "
    ...        "C 2026-01-01 15 / D 2026-01-01 5 / E 2026-01-01 -10")
    2
    """
    return Spread(_revenue_per("partner_id"), _for_80)


@metric(category="profitability", unit="share", better="neither", absent=_NO_YEAR)
def partners_for_80_share() -> Spread:
    """The smallest share of the partners with revenue that give 80 % of that of twelve months.

    It is of groups of partners; those whose revenue is not above zero are not among them. Where all are alike it
    is 80 %, and the less, the more rests on few.

    Source: Juran, Quality Control Handbook, 1951: the vital few, after Pareto.

    >>> worked("partners_for_80_share", sales="partner_id sold_on revenue / A 2025-10-01 50 / B 2026-01-01 29 / "
    ...        "C 2026-01-01 16 / D 2026-01-01 5 / E 2026-01-01 -10")
    3 / 4 = 0.75
    """
    return Spread(_revenue_per("partner_id"), _share_for_80)


@metric(category="profitability", unit="count", better="neither", absent=f"{_NO_YEAR}, or no salesperson named")
def people_for_80() -> Spread:
    """The smallest number of salespeople that give 80 % of the revenue of twelve months, also line by line.

    Of sales that are credited to a person. Whoever's returns exceed their sales counts as nothing.

    Source: Juran, Quality Control Handbook, 1951: the vital few, after Pareto.

    >>> worked("people_for_80", by="line", products="product_id line / A Disks / B Tapes",
    ...        sales="salesperson_id product_id sold_on revenue / S1 A 2026-01-01 60 / S2 A 2026-01-01 25 / "
    ...              "S3 A 2026-01-01 15 / - A 2026-01-01 90 / S3 B 2026-01-01 10 / S1 A 2025-01-01 99")
    Disks: 2
    Tapes: 1
    """
    return Spread(_revenue_per("salesperson_id"), _for_80)


@metric(category="profitability", unit="share", better="neither", absent=f"{_NO_YEAR}, or no salesperson named")
def people_for_80_share() -> Spread:
    """The smallest share of the salespeople with revenue that give 80 % of that of twelve months, also line by line.

    Of sales that are credited to a person; whoever's revenue is not above zero is not among them.

    Source: Juran, Quality Control Handbook, 1951: the vital few, after Pareto.

    >>> worked("people_for_80_share", sales="salesperson_id sold_on revenue / S1 2025-10-01 80 / S2 2026-01-01 10 / "
    ...        "S3 2026-01-01 6 / S4 2026-01-01 4 / S5 2026-01-01 -1")
    1 / 4 = 0.25
    """
    return Spread(_revenue_per("salesperson_id"), _share_for_80)
