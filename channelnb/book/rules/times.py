"""Rules on time: periods that are not over, plans that stop, and dates that lie ahead or far from the others."""

from __future__ import annotations

from channelnb.book.contract import Table
from channelnb.book.rules.rule import Rule
from channelnb.book.tables import CONTRACT

LONELY_DAYS = 1000
"""A gap between dates that is longer than this sets apart what lies beyond it."""

_NOT_OVER = Rule(
    name="period_not_over",
    severity="note",
    table="sales",
    column="sold_on",
    needs=("sales",),
    reason="The period is not over: its revenue is that to date and is compared with the plan to date; what the "
    "last days bring is not in it.",
    remedy="Nothing, if that is meant; else wait for the period's end, or ask for the one before.",
    sql="""
        SELECT getvariable('period') AS id, count(*) AS rows, sum(revenue) AS money, concat(getvariable('period'),
            ' ends on ', getvariable('period_end'), ', the data are as known on ', getvariable('as_of')) AS found
        FROM sales WHERE sold_on >= getvariable('period_start') HAVING getvariable('as_of') < getvariable('period_end')
    """,
)


# Whose plan a row is: the finest of those that it names.
_PLAN_OF = {
    "partners": "partner_id IS NOT NULL AND salesperson_id IS NULL",
    "managers": "manager_id IS NOT NULL AND partner_id IS NULL AND salesperson_id IS NULL",
    "salespeople": "salesperson_id IS NOT NULL",
}


def _plan_stops(holder: Table) -> Rule:
    """Plans judged by fiscal quarter, as some vendors plan by quarter."""
    who = holder.key
    # By the firm that the plan was made for, as one that merged stops there.
    of = "original_partner_id" if who == "partner_id" else who
    place = "((month(month) - getvariable('first_month') + 12) % 12)"
    return Rule(
        name="plan_stops_mid_year",
        severity="warning",
        table="plans",
        column=who,
        needs=(f"plans.{who}", holder.name),
        reason="A plan covers only a part of its fiscal year: from where it stops, revenue has nothing to be held "
        "against, and the year's attainment reads high.",
        remedy="Add the missing months to `plans`, committed; nothing, if planning ends there on purpose.",
        # Who joined within the year begins late, and who left stops early: both are as they should be.
        sql=f"""
            WITH placed AS (
                SELECT {of} AS holder, line, target_revenue, {place} // 3 AS quarter,
                    CAST(month - to_months({place}) AS DATE) AS year_start
                FROM plans_in_force WHERE {_PLAN_OF[holder.name]}
            ),
            years AS (
                SELECT holder, line, year_start, max(quarter) AS last, max(quarter) - min(quarter) + 1 AS span,
                    count(DISTINCT quarter) AS quarters, count(*) AS rows, sum(target_revenue) AS money
                FROM placed WHERE year_start <= getvariable('period_start') GROUP BY ALL
            )
            SELECT holder AS id, sum(rows) AS rows, sum(money) AS money, concat(holder, ': ',
                arg_min(quarters, year_start), ' of 4 quarters of the fiscal year from ', min(year_start)) AS found
            FROM years JOIN {holder.name} ON {who} = holder
            WHERE (last < 3 OR quarters < span) AND coalesce(left_on >= year_start + INTERVAL 12 MONTH, true)
            GROUP BY holder
        """,
    )


def _known_later(table: Table) -> Rule:
    return Rule(
        name="dated_later",
        severity="note",
        table=table.name,
        column=table.dated,
        needs=(table.name,),
        reason="Rows are dated after the day as of which the data are read: they are left out, as they were not "
        "known then.",
        remedy="Nothing, if the data go on after the period; else mend the dates.",
        sql=f"""
            WITH counted AS (
                SELECT (SELECT count(*) FROM kept.{table.name}) AS every, (SELECT count(*) FROM {table.name}) AS known
            )
            SELECT '{table.name}' AS id, every - known AS rows,
                format('{{:,}} of {{:,}} rows', every - known, every) AS found
            FROM counted WHERE every > known
        """,
    )


def _far_date(table: Table) -> Rule:
    """Looks before rewinding: a sale of 2062 would be left out, and nobody would know."""
    return Rule(
        name="date_far_from_others",
        severity="warning",
        table=table.name,
        column=table.dated,
        needs=(f"{table.name}.{table.dated}",),
        reason="A few rows are dated years before or after all the others: the year may be a slip of the finger.",
        remedy=f"Mend `{table.dated}` of these rows in `{table.name}`.",
        sql=f"""
            WITH days AS (
                SELECT CAST({table.dated} AS DATE) AS day, count(*) AS rows
                FROM kept.{table.name} WHERE {table.dated} IS NOT NULL GROUP BY day
            ),
            counted AS (
                SELECT day, day - lag(day) OVER (ORDER BY day) AS gap, sum(rows) OVER () AS every,
                    sum(rows) OVER (ORDER BY day) - rows AS earlier
                FROM days
            ),
            cuts AS (SELECT day AS cut, earlier, every - earlier AS later, every FROM counted WHERE gap > {LONELY_DAYS})
            SELECT CAST(day AS VARCHAR) AS id, rows, concat(rows, CASE rows WHEN 1 THEN ' row' ELSE ' rows' END,
                ' of ', day) AS found
            FROM days WHERE EXISTS (
                FROM cuts WHERE (day < cut AND 20 * earlier <= every) OR (day >= cut AND 20 * later <= every)
            )
        """,
    )


TIMES: tuple[Rule, ...] = (
    _NOT_OVER,
    *(_plan_stops(CONTRACT[name]) for name in ("partners", "managers", "salespeople")),
    *(_known_later(table) for table in CONTRACT.values() if table.dated and table.known),
    *(_far_date(table) for table in CONTRACT.values() if table.dated),
)
"""What has not happened yet, stops early, or lies far off."""
