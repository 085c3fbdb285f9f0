"""What was sold in a period and in the same part of the year before, by kind, and which deals were lost."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from channelnb.book.book import Book
from channelnb.book.given import literal
from channelnb.metrics.keys import given
from channelnb.metrics.rows import rows_of
from channelnb.planning.bridges.span import Span, line_of, reaches_back, sales_of

NEW, LOST, LOOSE, CHAIN = "new", "lost", "loose", "chain"
"""The kinds of sales: of new and of lost customers, of no deal, and all others: units × their size."""
LOST_DEALS = "lost_deals"
DEALS, WIN_RATE, PRICE = "deals", "win_rate", "price"
"""Steps that may not be parted; of `DEALS` where sales name no deal, so that sales are counted instead."""

SHOWN = ["partner_id", "line", "year", "kind", "own", "mean", "gross", "units", "n"]


@dataclass(frozen=True)
class Told:
    """What the source tells: whether sales name deals, and why customers, lost deals and prices cannot be parted.

    `gross` is SQL for what a sale `f` was worth before discount.
    """

    by_deal: bool
    customers: str
    lost_deals: str
    price: str
    gross: str

    @classmethod
    def by(cls, book: Book, span: Span) -> Told:
        """What a book tells of a span and the year before it."""
        sales = given(book, "sales")
        by_deal = "opportunity_id" in sales
        no_customers = "" if "customer_id" in sales else "table sales has no column customer_id"
        customers = no_customers or reaches_back(book, span.until.replace(day=1), months=23)
        lost = "" if book.has("opportunities", "closed_on") else "the source has no opportunities with closed_on"
        if "discount" in sales:
            gross, price = "f.revenue + coalesce(f.discount, 0)", ""
        elif "list_price" in sales:
            gross, price = "coalesce(f.list_price, f.revenue)", ""
        else:
            gross, price = "f.revenue", "table sales has neither discount nor list_price"
        return cls(by_deal, customers, lost if by_deal else "", price, gross)

    @property
    def reasons(self) -> dict[str, str]:
        """Why steps are part of others, by step."""
        return {
            DEALS: "" if self.by_deal else "table sales has no column opportunity_id",
            WIN_RATE: self.lost_deals,
            NEW: self.customers,
            PRICE: self.price,
        }


def sales_by_kind(book: Book, span: Span, told: Told) -> pd.DataFrame:
    """Both years' sales: one row per partner, line, year (1 is this one) and kind.

    `own` is revenue, `mean` the same at the mean of both years' exchange rates, `gross` that before discount, `units`
    the deals, or sales where these name none, `n` the sales, `unrated` those whose rates are not known in both years.
    """
    deal, units = ("opportunity_id", "max(weight)") if told.by_deal else ("NULL", "sum(weight)")
    loose = "opportunity_id IS NULL" if told.by_deal else "revenue < 0"
    bought = "false" if told.customers else "customer_id IS NOT NULL"
    kind = (
        f"CASE WHEN {bought} AND year = 1 AND NOT early THEN '{NEW}' "
        f"WHEN {bought} AND year = 0 AND NOT late THEN '{LOST}' WHEN {loose} THEN '{LOOSE}' ELSE '{CHAIN}' END"
    )
    # Exact decimals, so that the order in which they are added makes no difference.
    exact = "DECIMAL(38,6)"
    amounts = {"own": "CAST(revenue AS DOUBLE)", "mean": "revenue * rated", "gross": "gross * rated"}
    sums = ", ".join(f"sum(CAST({sql} * weight AS {exact})) AS {name}" for name, sql in amounts.items())
    counted = f"CAST({units} AS {exact}) AS units, count(*) AS n, count(*) FILTER (WHERE unrated) AS unrated"
    whole = ", ".join(f"CAST(sum({name}) AS DOUBLE) AS {name}" for name in (*amounts, "units", "n", "unrated"))
    keys = "partner_id, line, year, kind"
    return book.query(
        f"{_sales_told(book, span, told)} SELECT {keys}, {whole} FROM (SELECT {keys}, deal, {sums}, {counted} "
        f"FROM (SELECT *, {deal} AS deal, {kind} AS kind FROM placed) GROUP BY {keys}, deal) GROUP BY ALL ORDER BY ALL"
    )


def _sales_told(book: Book, span: Span, told: Told) -> str:
    """SQL for `told`, sales of both twelve months, `bought`, who bought when, and `placed`, those of both periods.

    `weight` is the part of a sale that counts, `rated` what turns its amount into that at the mean of both rates.
    """
    columns = "customer_id opportunity_id discount list_price original_currency"
    now, then = f"month >= {span.opening()}", f"month BETWEEN {span.opening(12)} AND {span.month(12)}"
    rates = "SELECT currency, month, any_value(rate) AS rate FROM fx_rates WHERE coalesce(kind, 'actual') = 'actual'"
    none = "SELECT NULL::VARCHAR AS currency, NULL::DATE AS month, NULL::DOUBLE AS rate"
    rate = f"CASE WHEN original_currency = {literal(book.vendor.currency)} THEN 1 ELSE theirs.rate / ours.rate END"
    apart = f"CASE WHEN {now} THEN -12 ELSE 12 END"
    return (
        f"WITH told AS (SELECT f.partner_id, {line_of(book, 'sales')} AS line, f.customer_id, f.opportunity_id, "
        f"CAST(date_trunc('month', f.sold_on) AS DATE) AS month, f.revenue, {told.gross} AS gross, f.original_currency "
        f"{sales_of(book, columns)} AND f.sold_on BETWEEN {span.month(23)} AND last_day({span.month()})), "
        f"bought AS (SELECT partner_id, customer_id, bool_or(month > {span.month(12)}) AS late, "
        f"bool_or(month <= {span.month(12)}) AS early, bool_or({now}) AS this_time, bool_or({then}) AS last_time "
        "FROM told WHERE customer_id IS NOT NULL GROUP BY ALL), "
        f"fx AS ({f'{rates} GROUP BY ALL' if book.has('fx_rates') else none}), "
        f"dated AS (SELECT *, CASE WHEN {now} THEN 1 ELSE 0 END AS year, "
        f"CAST(month + to_months({apart}) AS DATE) AS like_month, "
        f"CASE WHEN month = {span.month(12)} THEN {span.share!r} ELSE 1 END AS weight "
        f"FROM told WHERE {now} OR {then}), "
        f"rated AS (SELECT dated.*, CAST({rate} AS DOUBLE) AS other FROM dated "
        "LEFT JOIN fx AS ours ON ours.currency = original_currency AND ours.month = dated.month "
        "LEFT JOIN fx AS theirs ON theirs.currency = original_currency AND theirs.month = like_month), "
        "placed AS (SELECT *, CASE WHEN unrated THEN 1 ELSE (1 + other) / 2 END AS rated FROM ("
        "SELECT *, bool_or(other IS NULL) OVER (PARTITION BY partner_id) AS unrated FROM rated) "
        "LEFT JOIN bought USING (partner_id, customer_id)) "
    )


def deals_lost(book: Book, span: Span, told: Told) -> pd.DataFrame:
    """Deals lost in both years, in the columns of sales, but for those of customers whose sales are new or lost."""
    if not told.by_deal or told.lost_deals:
        return pd.DataFrame(columns=SHOWN)
    words = {"opportunity_id", "partner_id", "outcome", "closed_on", "customer_id", "line"}
    month, now = "CAST(date_trunc('month', f.closed_on) AS DATE)", f"f.closed_on >= {span.opening()}"
    share = f"CASE WHEN {month} = {span.month(12)} THEN {span.share!r} ELSE 1 END"
    told_apart = (
        "false" if told.customers else f"CASE WHEN {now} THEN this_time AND NOT early ELSE last_time AND NOT late END"
    )
    return book.query(
        f"{_sales_told(book, span, told)} SELECT f.partner_id, {line_of(book, 'opportunities')} AS line, "
        f"CASE WHEN {now} THEN 1 ELSE 0 END AS year, '{LOST_DEALS}' AS kind, 0.0 AS own, 0.0 AS mean, 0.0 AS gross, "
        f"CAST(sum(CAST({share} AS DECIMAL(38,6))) AS DOUBLE) AS units, CAST(count(*) AS DOUBLE) AS n "
        f"FROM {rows_of(book, 'opportunities', words)} AS f "
        "LEFT JOIN bought ON bought.partner_id = f.partner_id AND bought.customer_id = f.customer_id "
        f"WHERE f.outcome = 'lost' AND (f.closed_on BETWEEN {span.opening()} AND {span.end} "
        f"OR {month} BETWEEN {span.opening(12)} AND {span.month(12)}) AND NOT coalesce({told_apart}, false) "
        "GROUP BY ALL ORDER BY ALL"
    )
