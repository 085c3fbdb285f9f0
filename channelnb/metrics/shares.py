"""Performance as a share of what there is: of a partner's sales, of a customer's spend, of a market."""

from __future__ import annotations

from channelnb.metrics.derived import derive, year_start
from channelnb.metrics.parts import Ratio, Window, once, stock, total
from channelnb.metrics.registry import metric

_PRODUCT = "LEFT JOIN products ON products.product_id = f.product_id"
_CUSTOMER = "LEFT JOIN customers AS c ON c.customer_id = f.customer_id"


def _year_over(year: str) -> str:
    """SQL for the day after a fiscal year: before it, a total of that year is not whole."""
    return year_start(f"(CAST({year} AS INTEGER) + 1)")


# A total stands until that of a later year takes its place; firms that merged may have several of one year.
derive("wallet", "stands_from", _year_over("f.year"), needs=["wallet.year"])
derive(
    "wallet",
    "stands_until",
    f"min({_year_over('f.year')}) OVER (PARTITION BY f.partner_id, f.line ORDER BY CAST(f.year AS INTEGER) "
    "RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)",
    needs=["wallet.year", "wallet.line"],
)
# Of a firm's own revenue, whichever it is, since a firm's own total is what it is held against.
derive(
    "sales",
    "in_wallet_from",
    "CASE WHEN f.is_revenue THEN w.known_from END",
    needs=["sales.product_id", "products.line", "wallet.line", "wallet.year"],
    join=f"{_PRODUCT}\nLEFT JOIN (SELECT partner_id, line, min({_year_over('year')}) AS known_from FROM {{wallet}} "
    "GROUP BY ALL) AS w ON w.partner_id = f.partner_id AND w.line = products.line",
)
derive(
    "sales",
    "customer_spend",
    "nullif(greatest(c.total_spend, 0), 0)",
    needs=["sales.customer_id", "customers.total_spend"],
    join=_CUSTOMER,
)
derive(
    "sales",
    "in_a_market",
    "market.line IS NOT NULL",
    needs=[
        *("sales.product_id", "products.line", "sales.customer_id", "customers.region", "customers.segment"),
        *("markets.region", "markets.segment", "markets.line"),
    ],
    join=f"{_PRODUCT}\n{_CUSTOMER}\nLEFT JOIN (SELECT DISTINCT region, segment, line FROM markets) AS market "
    "ON market.region = c.region AND market.segment = c.segment AND market.line = products.line",
)


@metric(
    category="performance",
    unit="share",
    better="higher",
    absent="no partner's total of a finished year in a line, or not twelve months of sales",
    asked=True,
)
def share_of_partner_sales() -> Ratio:
    """The vendor's share of what its partners sell in a line: revenue of twelve months over the partners' totals.

    A total is the partner's whole revenue in the line, the vendor's goods included, of the last fiscal year that was
    over by the period's end. Lines of which a partner told nothing by then are left out of both sides. The
    twelve months may run up to a year later than that year, so growth alone raises the share; sell-in is at the price
    that the partner paid, its total at the price that it asked, so the share reads low. Each firm counts with its own
    revenue, resellers and distributors alike.

    Source: share of wallet, as in Keiningham, Aksoy, Buoye and Cooil, Harvard Business Review, October 2011.

    >>> worked("share_of_partner_sales", products="product_id line / A Disks / B Tapes",
    ...        wallet="line year total_revenue / Disks 2024 100 / Disks 2025 200 / Disks 2026 900",
    ...        sales="product_id sold_on revenue / A 2025-09-30 7 / A 2025-10-01 30 / A 2026-09-30 50 / B 2026-09-30 9")
    80 / 200 = 0.4
    """
    # A sale is among the last twelve months' from its own month until a year later, but not before its line is told of.
    month = "date_trunc('month', sold_on)"
    since, until = f"greatest({month}, in_wallet_from)", f"{month} + to_months(12)"
    ours = stock("sales", "revenue", since=since, until=until, where="in_wallet_from IS NOT NULL")
    # Adds nothing, but can't be told where sales don't reach back twelve months.
    all_twelve = total("sales", "0", at="sold_on", window=Window.T12)
    return Ratio(ours + all_twelve, stock("wallet", "total_revenue", since="stands_from", until="stands_until"))


@metric(
    category="performance",
    unit="share",
    better="higher",
    absent="no customer whose spend is known, or not twelve months of sales",
    asked=True,
)
def share_of_customer_spend() -> Ratio:
    """The vendor's share of what its customers spend in a year, with anybody: revenue of twelve months over the spend.

    It is of customers who bought in these months and whose spend is known, each counted once; who left is not in it.
    By line, too, the spend is the customer's whole. A customer of two partners is in the spend of both, and once in
    all.

    Source: share of wallet, as in Keiningham, Aksoy, Buoye and Cooil, Harvard Business Review, October 2011.

    >>> worked("share_of_customer_spend", customers="customer_id total_spend / C1 100 / C2 - / C3 60 / C4 500",
    ...        sales="customer_id sold_on revenue / C1 2025-10-01 20 / C1 2026-07-01 10 / C2 2026-07-01 90 / "
    ...              "C3 2026-08-01 10 / C4 2025-09-30 9")
    40 / 160 = 0.25
    """
    known = "is_revenue AND customer_spend IS NOT NULL"
    return Ratio(
        total("sales", "revenue", at="sold_on", where=known, window=Window.T12),
        once("sales", "customer_spend", per="customer_id", at="sold_on", where=known, window=Window.T12),
    )


@metric(
    category="performance",
    unit="share",
    better="higher",
    absent="no market's potential, or not twelve months of sales",
)
def market_penetration() -> Ratio:
    """Revenue of twelve months in the markets whose potential is known, over that potential.

    A market is a region, a segment and a line; what is sold to customers of others counts in neither side. It is
    measured by line, `customers.segment`, `customers.region` or in all: a market belongs to no partner. Potential
    is as it is known today, in every period.

    Source: common practice: sales over market potential, as in Kotler and Keller, Marketing Management.

    >>> worked("market_penetration", by="customers.segment", products="product_id line / A Disks / B Tapes",
    ...        customers="customer_id region segment / C1 north bank / C2 north shop / C3 south bank",
    ...        markets="region segment line potential / north bank Disks 100 / north shop Disks 50 / "
    ...                "north bank Shelves 300",
    ...        sales="customer_id product_id sold_on revenue / C1 A 2025-10-01 30 / C1 A 2026-07-01 10 / "
    ...              "C1 B 2026-07-01 7 / C3 A 2026-07-01 8 / C1 A 2025-09-30 9")
    bank: 40 / 400 = 0.1
    shop: 0 / 50 = 0
    """
    sold = total("sales", "revenue", at="sold_on", where="is_revenue AND in_a_market", window=Window.T12)
    return Ratio(sold, stock("markets", "potential", since=""))
