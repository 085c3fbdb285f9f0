"""Rules on what was sold: rows given twice, an export that stops, goods that may count at two tiers."""

from __future__ import annotations

from channelnb.book.rules.rule import Rule

QUIET_DAYS = 28
"""How long no sale may come before an export seems to have stopped."""
SOLD_MONTHS = 3
"""In how many months there must be sales before one without any is odd."""

_IDENTICAL = Rule(
    name="identical_rows",
    severity="warning",
    table="sales",
    column="",
    needs=("sales",),
    reason="Sales without an id of their own are alike in every column given: they may be one sale that was "
    "exported twice, and each counts.",
    remedy="Give `sale_id` in `sales`, so that a row given twice is rejected; nothing, if they are sales of their own.",
    # Rows beyond the first are what may be too much.
    sql="""
        WITH alike AS (SELECT *, count(*) AS "#times" FROM sales WHERE sale_id IS NULL GROUP BY ALL)
        SELECT concat(original_partner_id, ' ', sold_on) AS id, "#times" - 1 AS rows, revenue * ("#times" - 1) AS money,
            concat(original_partner_id, ' on ', sold_on, ', ', printf('%.2f', CAST(revenue AS DOUBLE)), ': ', "#times",
            ' times') AS found
        FROM alike WHERE "#times" > 1
    """,
)

_STOP = Rule(
    name="sales_stop",
    severity="warning",
    table="sales",
    column="sold_on",
    needs=("sales",),
    reason="The last sale lies a month or more before the day as of which the data are read: the export may stop "
    "early, and the period's figures read low.",
    remedy="Export `sales` again up to the period's end; nothing, if nothing was sold.",
    sql=f"""
        SELECT max(sold_on)::VARCHAR AS id, count(*) FILTER (sold_on >= getvariable('period_start')) AS rows,
            concat('the last sale is of ', max(sold_on), ', the data are as known on ', getvariable('as_of')) AS found
        FROM sales
        HAVING max(sold_on) < date_trunc('month', getvariable('as_of'))
            AND getvariable('as_of') - max(sold_on) >= {QUIET_DAYS}
            AND count(DISTINCT date_trunc('month', sold_on)) >= {SOLD_MONTHS}
    """,
)

_TWO_TIER = Rule(
    name="two_tier_without_basis",
    severity="warning",
    table="sales",
    column="basis",
    needs=("sales", "partners.distributor_id"),
    reason="Partners buy from a distributor that has sales of its own, and their rows do not say on which basis they "
    "are: what the distributor bought and what they sold on may be the same goods, counted twice.",
    remedy="Give `basis` in `sales`: sell_in for what the distributor buys, sell_through for what is sold on.",
    sql="""
        SELECT firm.partner_id AS id, count(*) AS rows, sum(revenue) AS money,
            concat(firm.partner_id, ' buys from ', distributor_id, ', ', rows, ' rows without a basis') AS found
        FROM sales JOIN partners AS firm ON firm.partner_id = sales.original_partner_id
        WHERE basis IS NULL AND distributor_id <> firm.partner_id
            AND distributor_id IN (SELECT original_partner_id FROM sales)
            AND getvariable('distributor_sell_in') <> 'net'
        GROUP BY firm.partner_id, distributor_id
    """,
)

SALES: tuple[Rule, ...] = (_IDENTICAL, _STOP, _TWO_TIER)
"""Sales that may count twice, or are not there."""
