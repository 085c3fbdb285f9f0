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

DEALS: tuple[Rule, ...] = (_OVERDUE, _NO_SALE)
"""Deals that did not end as they should have."""
