"""Rules on firms and people: who sells when, for whom, and beside whom."""

from __future__ import annotations

from channelnb.book.rules.rule import Rule

_BEFORE_JOINED = Rule(
    name="sale_before_joined",
    severity="warning",
    table="sales",
    column="sold_on",
    needs=("sales", "partners.joined_on"),
    reason="Partners have sales from before the day on which they joined: one of the two dates is wrong, and "
    "growth and first-year figures with it.",
    remedy="Mend `joined_on` in `partners`, or `sold_on` or `partner_id` in `sales`.",
    # By the firm that the row was of, as one that merged may be older than the one that it became; and by all firms,
    # as one that joins after the book's day is not in `partners` yet.
    sql="""
        SELECT original_partner_id AS id, count(*) AS rows, sum(revenue) AS money,
            concat(id, ' joined on ', joined_on, ', first sale ', min(sold_on)) AS found
        FROM sales JOIN kept.partners ON kept.partners.partner_id = original_partner_id
        WHERE sold_on < joined_on GROUP BY original_partner_id, joined_on
    """,
)

_AFTER_LEFT = Rule(
    name="sale_after_left",
    severity="warning",
    table="sales",
    column="sold_on",
    needs=("sales", "partners.left_on"),
    reason="Partners have sales from after the day on which they left: they are counted, though nobody looks "
    "after them any more.",
    remedy="Mend `left_on` in `partners`, or say in `merged_into` who took the firm over.",
    sql="""
        SELECT partner_id AS id, count(*) AS rows, sum(revenue) AS money,
            concat(id, ' left on ', left_on, ', last sale ', max(sold_on)) AS found
        FROM sales JOIN partners USING (partner_id) WHERE sold_on > left_on GROUP BY partner_id, left_on
    """,
)

_TWO_PARTNERS = Rule(
    name="person_sells_for_two",
    severity="warning",
    table="sales",
    column="salesperson_id",
    needs=("sales.salesperson_id",),
    reason="One person has sales at two partners or more: a firm's figures by person then tell of a part of what "
    "the person sold, and two people may share an id.",
    remedy="Give the person an id at each firm, or mend `salesperson_id` in `sales`.",
    sql="""
        WITH sold AS (
            SELECT salesperson_id, partner_id, count(*) AS rows, sum(revenue) AS money
            FROM sales WHERE salesperson_id IS NOT NULL GROUP BY ALL
        )
        SELECT salesperson_id AS id, sum(rows) AS rows, sum(money) AS money,
            concat(salesperson_id, ' at ', string_agg(concat(partner_id, ' (', rows, ')'), ', ' ORDER BY rows DESC,
            partner_id)) AS found
        FROM sold GROUP BY salesperson_id HAVING count(*) > 1
    """,
)

_PARENT_AND_CHILD = Rule(
    name="parent_and_child_sell",
    severity="warning",
    table="sales",
    column="partner_id",
    needs=("sales", "partners.parent_id"),
    reason="A firm and the one that owns it sold to the same customer in the same month: one sale may have been "
    "reported by both. Where sales name no customer, any month in which both sold is listed.",
    remedy="Find out who reports what; leave one of the two rows out where they are one sale.",
    sql="""
        WITH pairs AS (
            SELECT partner_id AS child, parent_id AS parent FROM partners WHERE parent_id <> partner_id
        ),
        sold AS (
            SELECT partner_id, customer_id, date_trunc('month', sold_on) AS month, count(*) AS rows,
                sum(revenue) AS money
            FROM sales WHERE partner_id IN (SELECT child FROM pairs UNION SELECT parent FROM pairs) GROUP BY ALL
        )
        SELECT child AS id, sum(own.rows) AS rows, sum(own.money) AS money, concat(child, ' and its owner ', parent,
            ' in ', count(DISTINCT own.month), CASE WHEN count(DISTINCT own.month) = 1 THEN ' month' ELSE ' months' END,
            ', customer ' || min(own.customer_id)) AS found
        FROM pairs JOIN sold AS own ON own.partner_id = child
        SEMI JOIN sold AS owners ON owners.partner_id = parent AND owners.month = own.month
            AND owners.customer_id IS NOT DISTINCT FROM own.customer_id
        GROUP BY child, parent
    """,
)

_MIXED_BASIS = Rule(
    name="basis_mixed",
    severity="warning",
    table="sales",
    column="basis",
    needs=("sales.basis",),
    reason="One partner has both sell-in and sell-through: only one of them counts as its revenue, so that no goods "
    "count twice, and the rows on the other are in no figure.",
    remedy="Nothing, if the partner reports the same goods both ways; else mend `basis` in the mapping of `sales`.",
    sql="""
        SELECT original_partner_id AS id, count(*) FILTER (NOT is_revenue) AS rows,
            sum(revenue) FILTER (NOT is_revenue) AS money,
            concat(id, ': ', count(*) FILTER (is_revenue), ' rows count, ', rows, ' on ',
            min(basis) FILTER (NOT is_revenue), ' do not') AS found
        FROM sales GROUP BY id HAVING count(DISTINCT basis) > 1
    """,
)

FIRMS: tuple[Rule, ...] = (_BEFORE_JOINED, _AFTER_LEFT, _TWO_PARTNERS, _PARENT_AND_CHILD, _MIXED_BASIS)
"""Firms and people that sell when, or beside whom, they should not."""
