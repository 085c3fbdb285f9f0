"""Rules on deals: those that should have been closed, and those that should have become sales."""

from __future__ import annotations

from channelnb.book.rules.rule import Rule

OVERDUE_DAYS = 90
"""How long past its day an open deal is merely late."""
INVOICED_WITHIN_DAYS = 14
"""How long after it is won a deal may wait for its sale."""

_OVERDUE = Rule(
    name="deal_long_overdue",
    severity="warning",
    table="opportunities",
    column="expected_close_on",
    needs=("opportunities.expected_close_on",),
    reason=f"Open deals are more than {OVERDUE_DAYS} days past the day on which they were due: the open pipeline "
    "holds what nobody works on any more.",
    remedy="Have the partner close them or give them a new date; close those that nobody knows of.",
    sql=f"""
        SELECT opportunity_id AS id, amount AS money, concat(opportunity_id, ' was due on ', expected_close_on, ', ',
            getvariable('as_of') - expected_close_on, ' days ago') AS found
        FROM opportunities
        WHERE outcome = 'open' AND expected_close_on < getvariable('as_of') - {OVERDUE_DAYS}
    """,
)

_NO_SALE = Rule(
    name="won_without_sale",
    severity="warning",
    table="opportunities",
    column="opportunity_id",
    needs=("opportunities.closed_on", "sales.opportunity_id"),
    reason="Deals were won, and no sale names them: revenue is missing, or the win rate counts what never came.",
    remedy="Give `opportunity_id` in `sales`, or ask the partner what became of the deal.",
    # Deals from before sales named any deal prove nothing, nor do those of the last few days.
    sql=f"""
        SELECT opportunity_id AS id, amount AS money,
            concat(opportunity_id, ', won by ', partner_id, ' on ', closed_on) AS found
        FROM opportunities
        ANTI JOIN (SELECT DISTINCT opportunity_id FROM sales WHERE opportunity_id IS NOT NULL) USING (opportunity_id)
        WHERE outcome = 'won' AND closed_on <= getvariable('as_of') - {INVOICED_WITHIN_DAYS}
            AND closed_on >= (SELECT min(sold_on) FROM sales WHERE opportunity_id IS NOT NULL)
    """,
)

_WITHOUT_DATE = Rule(
    name="decided_without_date",
    severity="warning",
    table="opportunities",
    column="closed_on",
    needs=("opportunities.closed_on",),
    reason="Deals were decided, and no date tells when: they are in no period's win rate, deal size or sales cycle.",
    remedy="Give `closed_on` for every deal that was won, lost or ended without a decision.",
    sql="""
        SELECT opportunity_id AS id, amount AS money,
            concat(opportunity_id, ', ', outcome, ', has no closed_on') AS found
        FROM opportunities WHERE outcome <> 'open' AND closed_on IS NULL
    """,
)

_CLOSED_FIRST = Rule(
    name="closed_before_created",
    severity="warning",
    table="opportunities",
    column="closed_on",
    needs=("opportunities.created_on", "opportunities.closed_on"),
    reason="Deals were decided before they were opened: one of the two dates is wrong, and the sales cycle with it.",
    remedy="Mend `created_on` or `closed_on` of these rows in `opportunities`.",
    sql="""
        SELECT opportunity_id AS id, amount AS money,
            concat(opportunity_id, ' was opened on ', created_on, ' and decided on ', closed_on) AS found
        FROM opportunities WHERE closed_on < created_on
    """,
)

_OPEN_BUT_CLOSED = Rule(
    name="open_with_closing_date",
    severity="warning",
    table="opportunities",
    column="outcome",
    needs=("opportunities.closed_on",),
    reason="Deals are open, and yet the day on which they were decided has passed: they are in the open pipeline, and "
    "in no win rate.",
    remedy="Give the outcome of these deals; a day on which a deal is due belongs in `expected_close_on`.",
    # What is decided after the book's day has no closing date in it yet.
    sql="""
        SELECT opportunity_id AS id, amount AS money,
            concat(opportunity_id, ' is open, and was decided on ', closed_on) AS found
        FROM opportunities WHERE outcome = 'open' AND closed_on <= getvariable('as_of')
    """,
)

DEALS: tuple[Rule, ...] = (_OVERDUE, _NO_SALE, _WITHOUT_DATE, _CLOSED_FIRST, _OPEN_BUT_CLOSED)
"""Deals that did not end as they should have."""
