"""Rules on plans: the same business planned at two levels, and versions that leave lines out."""

from __future__ import annotations

from channelnb.book.rules.rule import Rule

_TWICE = "The same months are planned at two levels"

_MANAGERS = Rule(
    name="plans_at_several_levels",
    severity="warning",
    table="plans",
    column="manager_id",
    needs=("plans.partner_id", "plans.manager_id"),
    reason=f"{_TWICE}: a manager's own plan counts only where none of its partners has one, so what it held beyond "
    "theirs is in no figure; beside partners of no known manager it counts in full, and maybe twice.",
    remedy="Give a plan to each of the manager's partners, or the manager of each partner; else mark the manager's "
    "rows in `plans` as draft.",
    # A partner without a manager, as far as is known, may be any manager's.
    sql="""
        WITH partners_own AS (
            SELECT DISTINCT month, coalesce(plan.manager_id, firm.manager_id) AS manager_id
            FROM plans_committed AS plan LEFT JOIN partners AS firm ON firm.partner_id = plan.original_partner_id
            WHERE plan.original_partner_id IS NOT NULL
        )
        SELECT manager_id AS id, count(*) AS rows, sum(target_revenue) AS money,
            concat(manager_id, ' and partners, from ', min(month), ' to ', max(month)) AS found
        FROM plans_committed AS plan
        WHERE original_partner_id IS NULL AND salesperson_id IS NULL AND EXISTS (
            FROM partners_own AS own
            WHERE own.month = plan.month AND coalesce(own.manager_id, plan.manager_id) = plan.manager_id
        )
        GROUP BY manager_id
    """,
)

_SALESPEOPLE = Rule(
    name="plans_at_several_levels",
    severity="note",
    table="plans",
    column="salesperson_id",
    needs=("plans.partner_id", "plans.salesperson_id"),
    reason=f"{_TWICE}: the partner's own plan counts, its people's only by person, and what the two differ by stands "
    "under (none).",
    remedy="Nothing, if that is meant; else keep one level in `plans`, and mark the rows of the other as draft.",
    sql="""
        SELECT original_partner_id AS id, count(*) AS rows, sum(target_revenue) AS money,
            concat(id, ' and its salespeople, from ', min(month), ' to ', max(month)) AS found
        FROM plans_committed AS plan
        SEMI JOIN (FROM plans_committed WHERE salesperson_id IS NULL) AS firms
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
