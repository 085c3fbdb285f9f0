"""What was sold, planned and forecast."""

from __future__ import annotations

from channelnb.book.contract import DATE, Table
from channelnb.book.tables.columns import CURRENCY, column, money, number, one_of

SALES = (
    Table(
        "sales",
        "One row per sale, or line of one.",
        "revenue and everything that rests on it",
        (
            column("sold_on*", "day of the sale"),
            column("partner_id*", "the firm that sold"),
            money("revenue*", "net of discount"),
            column("sale_id", "the sale's own id"),
            column("recorded_on", "day the sale was entered; later than sold_on for late reports"),
            one_of("basis", "sell_in sell_through", "to the partner, or by it to a customer"),
            one_of("kind", "new renewal expansion", "what kind of business"),
            column("manager_id", "the vendor's person credited"),
            column("salesperson_id", "the partner's person credited"),
            column("product_id", "what was sold"),
            column("customer_id", "to whom"),
            column("opportunity_id", "the deal that it closes"),
            number("units", "pieces"),
            money("list_price", "row total at list price"),
            money("cost", "what it cost the vendor, row total"),
            money("discount", "discount given, row total"),
            money("rebate", "rebate due, row total"),
            money("resale_revenue", "what the partner sold it for, row total"),
            CURRENCY,
        ),
        key="sale_id",
        dated="sold_on",
        known="greatest(sold_on, coalesce(recorded_on, sold_on))",
        required=True,
        derived=("is_revenue", "original_revenue", "revenue_at_plan_rates"),
    ),
    Table(
        "plans",
        "Revenue planned for a month; versions are kept.",
        "attainment and the pipeline index",
        (
            column("month*", "first day of the month planned"),
            money("target_revenue*", "revenue planned"),
            column("partner_id", "for a partner"),
            column("manager_id", "for a manager of the vendor"),
            column("salesperson_id", "for a person at the partner"),
            column("line", "for a product line"),
            money("target_profit", "profit planned"),
            column("version", "name of the version"),
            column("made_on", "day the version was made"),
            column("made_by", "who made it"),
            one_of("status", "draft committed", "only committed plans count"),
            CURRENCY,
        ),
        known="made_on",
    ),
    Table(
        "forecasts",
        "Revenue that a partner or manager foretold.",
        "forecast accuracy and bias",
        (
            column("as_of*", "day the forecast was made", DATE),
            column("partner_id*", "the firm"),
            column("month*", "first day of the month foretold"),
            money("amount*", "revenue foretold"),
            column("line", "product line"),
            column("made_by", "who made it"),
            CURRENCY,
        ),
        known="as_of",
    ),
)
