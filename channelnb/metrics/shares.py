"""Performance as a share of what there is: of a partner's sales, of a customer's spend, of a market."""

from __future__ import annotations

from channelnb.metrics.derived import FIRST_MONTH, SALES_FROM, derive, year_start
from channelnb.metrics.parts import Ratio, Window, once, stock, total
from channelnb.metrics.registry import metric

_PRODUCT = "LEFT JOIN products ON products.product_id = f.product_id"
_CUSTOMER = "LEFT JOIN customers AS c ON c.customer_id = f.customer_id"


def _year_over(year: str) -> str:
    """SQL for the day after a fiscal year: before it, a total of that year is not whole."""
    return year_start(f"(CAST({year} AS INTEGER) + 1)")


# A total stands from the end of its year until that of a later one takes its place; firms that merged may have
# several of one year. A year of which sales do not tell from its first day is left out of both sides.
_UNTIL = (
    f"min({_year_over('{year}')}) OVER (PARTITION BY partner_id, line ORDER BY CAST({{year}} AS INTEGER) "
    "RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)"
)
_FISCAL_YEAR = f"year(f.sold_on) + CASE WHEN {FIRST_MONTH} > 1 AND month(f.sold_on) >= {FIRST_MONTH} THEN 1 ELSE 0 END"
_TOTALS = (
    f"SELECT DISTINCT partner_id, line, CAST(year AS INTEGER) AS year, {year_start('year')} AS begins, "
    f"{_year_over('year')} AS stands_from, {_UNTIL.replace('{year}', 'year')} AS stands_until FROM {{wallet}}"
)
_TOLD_OF = (
    f"{_PRODUCT}\nLEFT JOIN ({_TOTALS}) AS w "
    f"ON w.partner_id = f.partner_id AND w.line = products.line AND w.year = {_FISCAL_YEAR}"
)
_NEEDS = ["sales.product_id", "products.line", "wallet.line", "wallet.year"]
_REACHED = f"w.begins >= {SALES_FROM}"
derive(
    "sales", "told_from", f"CASE WHEN f.is_revenue AND {_REACHED} THEN w.stands_from END", needs=_NEEDS, join=_TOLD_OF
)
derive("sales", "told_until", "w.stands_until", needs=_NEEDS, join=_TOLD_OF)
derive(
    "wallet",
    "stands_from",
    f"CASE WHEN {year_start('f.year')} >= {SALES_FROM} THEN {_year_over('f.year')} END",
    needs=["wallet.year", "sales.sold_on"],
)
derive("wallet", "stands_until", _UNTIL.replace("{year}", "f.year"), needs=["wallet.year", "wallet.line"])
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
    absent="no partner's total of a finished year in a line of which sales tell, too",
    asked=True,
)
def share_of_partner_sales() -> Ratio:
    """The vendor's share of what its partners sell in a line: its revenue of twelve months over the partners' totals.

    A total is the partner's whole revenue in the line, the vendor's goods included, of the last fiscal year that was
    over by the period's end; ours is the revenue of that same year, so the share moves once a year. Lines and years of
    which a partner told nothing are left out of both sides. Sell-in is at the price that the partner paid, its total at
    the price that it asked, so the share reads low. Each firm counts with its own revenue, resellers and
    distributors alike.

    Source: share of wallet, as in Keiningham, Aksoy, Buoye and Cooil, Harvard Business Review, October 2011.

    >>> worked("share_of_partner_sales", products="product_id line / A Disks / B Tapes",
    ...        wallet="line year total_revenue / Disks 2024 100 / Disks 2025 200 / Disks 2026 900",
    ...        sales='''product_id sold_on revenue / A 2024-01-31 7 / A 2025-01-01 30 / A 2025-12-31 50
    ...        A 2026-01-01 9 / B 2025-09-30 9''')
    80 / 200 = 0.4
    """
    ours = stock("sales", "revenue", since="told_from", until="told_until", where="told_from IS NOT NULL")
    whole = "stands_from IS NOT NULL"
    return Ratio(ours, stock("wallet", "total_revenue", since="stands_from", until="stands_until", where=whole))


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
