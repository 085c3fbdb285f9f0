"""Rules on plans: the same business planned at two levels, and versions that leave lines out."""

from __future__ import annotations

from channelnb.book.rules.rule import Rule

_TWICE = "The same months are planned at two levels: measures add all plans up, so targets count twice and attainment "
_KEEP = "Keep one level in `plans`, the finest that is complete; mark the rows of the other as draft."

_MANAGERS = Rule(
    name="plans_at_several_levels",
    severity="error",
    table="plans",
    column="manager_id",
    needs=("plans.partner_id", "plans.manager_id"),
    reason=f"{_TWICE}reads low.",
    remedy=_KEEP,
    # A partner without a manager, as far as is known, may be any manager's.
    sql="""
        WITH partners_own AS (
            SELECT DISTINCT month, coalesce(plan.manager_id, firm.manager_id) AS manager_id
            FROM plans_in_force AS plan LEFT JOIN partners AS firm ON firm.partner_id = plan.original_partner_id
            WHERE plan.original_partner_id IS NOT NULL
        )
        SELECT manager_id AS id, count(*) AS rows, sum(target_revenue) AS money,
            concat(manager_id, ' and partners, from ', min(month), ' to ', max(month)) AS found
        FROM plans_in_force AS plan
        WHERE original_partner_id IS NULL AND salesperson_id IS NULL AND EXISTS (
            FROM partners_own AS own
            WHERE own.month = plan.month AND coalesce(own.manager_id, plan.manager_id) = plan.manager_id
        )
        GROUP BY manager_id
    """,
)

_SALESPEOPLE = Rule(
    name="plans_at_several_levels",
    severity="error",
    table="plans",
    column="salesperson_id",
    needs=("plans.partner_id", "plans.salesperson_id"),
    reason=f"{_TWICE}reads low.",
    remedy=_KEEP,
    sql="""
        SELECT original_partner_id AS id, count(*) AS rows, sum(target_revenue) AS money,
            concat(id, ' and its salespeople, from ', min(month), ' to ', max(month)) AS found
        FROM plans_in_force AS plan
        SEMI JOIN (FROM plans_in_force WHERE salesperson_id IS NULL) AS firms
            ON firms.original_partner_id = plan.original_partner_id AND firms.month = plan.month
        WHERE salesperson_id IS NOT NULL GROUP BY id
    """,
)

_LINES = Rule(
    name="plan_leaves_lines_out",
    severity="note",
    table="plans",
    column="line",
    needs=("plans.line",),
    reason="A later version of a plan has fewer lines than the one before: a version is taken as the whole plan, so "
    "the lines that it leaves out are planned no more.",
    remedy="Nothing, if that is meant; else give all lines in each version of `plans`.",
    # A row without a line plans for all of them.
    sql="""
        WITH versions AS (
            SELECT original_partner_id, manager_id, salesperson_id, month, made_on, version, count(*) AS rows,
                list_sort(list(DISTINCT line) FILTER (line IS NOT NULL)) AS lines, bool_or(line IS NULL) AS whole
            FROM plans WHERE coalesce(status, 'committed') = 'committed' GROUP BY ALL
        ),
        beside AS (
            SELECT *, lag(lines) OVER (PARTITION BY original_partner_id, manager_id, salesperson_id, month
                ORDER BY made_on NULLS FIRST, version NULLS FIRST) AS before
            FROM versions
        )
        SELECT coalesce(salesperson_id, original_partner_id, manager_id) AS id, sum(rows) AS rows,
            concat(id, ' in ', min(month), ': ', array_to_string(arg_min(gone, month), ', '), ' left out') AS found
        FROM (SELECT *, list_filter(before, lambda line: NOT list_contains(lines, line)) AS gone FROM beside)
        WHERE NOT whole AND len(lines) < len(before) GROUP BY id
    """,
)

PLANS: tuple[Rule, ...] = (_MANAGERS, _SALESPEOPLE, _LINES)
"""Plans that count twice, or not at all."""
