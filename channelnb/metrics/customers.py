"""Performance by customer: who is new, who stays, and how much of what they spent before they spend again."""

from __future__ import annotations

from dataclasses import replace

from channelnb.metrics.derived import derive
from channelnb.metrics.parts import Amount, Part, Ratio, Window, distinct, total
from channelnb.metrics.registry import metric

derive(
    "sales",
    "of_recurring_line",
    "products.recurring",
    needs=["sales.product_id", "products.recurring"],
    join="LEFT JOIN products ON products.product_id = f.product_id",
)
derive(
    "sales",
    "to_critical_account",
    "c.critical",
    needs=["sales.customer_id", "customers.critical"],
    join="LEFT JOIN customers AS c ON c.customer_id = f.customer_id",
)

_NOT_BEFORE = "no customer named in the sales, or not twelve months of sales before"


def _customers(window: Window, where: str = "is_revenue") -> Part:
    return distinct("sales", "customer_id", at="sold_on", where=where, window=window)


def _recurring(window: Window) -> Part:
    """What each customer bought of recurring lines."""
    bought = total("sales", "revenue", at="sold_on", where="is_revenue AND of_recurring_line", window=window)
    return replace(bought, per="customer_id")


@metric(category="performance", unit="count", better="higher", absent=_NOT_BEFORE)
def new_customers() -> Amount:
    """Customers who bought in the period and not in the look-back before it: 24 months unless the vendor's are 12.

    New is new to the group that is measured: to the partner by partner, to the vendor in all; so the
    partners' figures can add up to more than the vendor's. Sales must reach back twelve months at least.

    Source: customer acquisition, as in Farris, Bendle, Pfeifer and Reibstein, Marketing Metrics.

    >>> worked("new_customers", sales="customer_id sold_on revenue / C1 2024-06-30 5 / C2 2024-07-01 5 / "
    ...        "C1 2026-08-01 5 / C2 2026-08-01 5 / C3 2026-08-01 5 / C3 2026-09-01 5 / - 2026-09-01 5")
    2
    """
    return Amount(replace(_customers(Window.PERIOD), not_in=Window.LOOK_BACK))


@metric(category="performance", unit="money", better="higher", absent=_NOT_BEFORE)
def new_customer_revenue() -> Amount:
    """Revenue in the period from customers who did not buy in the look-back before it.

    New is new to the group that is measured, as with new customers: to the partner by partner, to the line by line,
    to the vendor in all; so an old customer's first purchase in a line is new to the line only. Sales that name no
    customer are left out.

    Source: customer acquisition, as in Farris, Bendle, Pfeifer and Reibstein, Marketing Metrics.

    >>> worked("new_customer_revenue", sales="customer_id sold_on revenue / C1 2025-07-01 5 / C1 2026-08-01 10 / "
    ...        "C2 2026-08-01 20 / C2 2026-09-01 -4 / - 2026-09-01 50")
    16
    """
    bought = total("sales", "revenue", at="sold_on", where="is_revenue")
    return Amount(replace(bought, per="customer_id", not_in=Window.LOOK_BACK))


@metric(category="performance", unit="share", better="higher", absent="no customer of a year earlier", at_least=5)
def customer_retention() -> Ratio:
    """Share of the customers of the twelve months before last who bought again in the last twelve.

    A customer who moved to another partner is lost to the first, and kept by the vendor.

    Source: retention rate, as in Farris, Bendle, Pfeifer and Reibstein, Marketing Metrics.

    >>> worked("customer_retention", sales="customer_id sold_on revenue / C1 2024-10-01 5 / C2 2025-09-30 5 / "
    ...        "C1 2026-09-30 5 / C3 2026-09-30 5")
    1 / 2 = 0.5 (2 cases, too few)
    """
    before = _customers(Window.PRIOR_T12)
    return Ratio(replace(before, also_in=Window.T12), before)


@metric(category="performance", unit="share", better="lower", absent="no customer of a year earlier", at_least=5)
def customer_churn() -> Ratio:
    """Share of the customers of the twelve months before last who bought nothing in the last twelve.

    It is what customer retention leaves. Whoever buys once in two years is counted as lost, and then as won again.

    Source: churn rate, as in Farris, Bendle, Pfeifer and Reibstein, Marketing Metrics.

    >>> worked("customer_churn", sales="customer_id sold_on revenue / C1 2024-10-01 5 / C2 2025-09-30 5 / "
    ...        "C4 2025-01-01 5 / C1 2026-09-30 5 / C3 2026-09-30 5")
    2 / 3 = 0.667 (3 cases, too few)
    """
    before = _customers(Window.PRIOR_T12)
    return Ratio(before - replace(before, also_in=Window.T12), before)


@metric(category="performance", unit="share", better="higher", absent="no recurring revenue of a year earlier")
def net_revenue_retention() -> Ratio:
    """What the customers of a year earlier spend on recurring lines now, over what they spent then.

    Twelve months against the twelve before, of lines that are marked as bought again each term. Whoever is new adds
    nothing, whoever buys more makes up for others who left: read it with gross revenue retention. A longer term paid
    at once looks like growth, and like loss a year later.

    Source: industry practice: net revenue retention of subscription businesses.

    >>> worked("net_revenue_retention", products="product_id recurring / A true / B false",
    ...        sales="customer_id product_id sold_on revenue / C1 A 2024-10-01 100 / C2 A 2025-01-01 50 / "
    ...              "C2 B 2025-01-01 70 / C1 A 2026-01-01 120 / C3 A 2026-01-01 40 / C1 B 2026-01-01 30")
    120 / 150 = 0.8
    """
    return Ratio(replace(_recurring(Window.T12), also_in=Window.PRIOR_T12), _recurring(Window.PRIOR_T12))


@metric(category="performance", unit="share", better="higher", absent="no recurring revenue of a year earlier")
def gross_revenue_retention() -> Ratio:
    """What the customers of a year earlier still spend on recurring lines, none more than it did then, over that.

    As net revenue retention, but growth of one customer does not hide the loss of another: it is 100 % at most.
    A customer with more returns than purchases counts as nothing, then as now.

    Source: industry practice: gross revenue retention of subscription businesses.

    >>> worked("gross_revenue_retention", products="product_id recurring / A true / B false",
    ...        sales="customer_id product_id sold_on revenue / C1 A 2024-10-01 100 / C2 A 2025-01-01 50 / "
    ...              "C2 B 2025-01-01 70 / C4 A 2025-01-01 -10 / C1 A 2026-01-01 120 / C2 A 2026-01-01 20")
    120 / 150 = 0.8
    """
    before = _recurring(Window.PRIOR_T12)
    # Of each no more than itself: what is above zero.
    positive = replace(before, at_most_in=Window.PRIOR_T12)
    return Ratio(replace(_recurring(Window.T12), at_most_in=Window.PRIOR_T12), positive)


@metric(category="performance", unit="count", better="higher", absent=_NOT_BEFORE)
def critical_accounts_won() -> Amount:
    """Critical accounts, named by the vendor, that bought in the period and not in the look-back before it.

    Whoever is critical today counts as critical all along. By partner, an account that only changed partners is won.

    Source: common practice in channel management (named-account programmes).

    >>> worked("critical_accounts_won", customers="customer_id critical / C1 true / C2 true / C3 false",
    ...        sales="customer_id sold_on revenue / C1 2025-07-01 5 / C1 2026-08-01 5 / C2 2026-08-01 5 / "
    ...              "C3 2026-08-01 5")
    1
    """
    critical = _customers(Window.PERIOD, "is_revenue AND to_critical_account")
    return Amount(replace(critical, not_in=Window.LOOK_BACK))
