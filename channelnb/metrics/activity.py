"""Activity: pipeline at hand and what becomes of leads."""

from __future__ import annotations

from channelnb.metrics.parts import Amount, Ratio, count, stock
from channelnb.metrics.registry import metric


@metric(category="activity", unit="money", better="higher", absent="no record of opportunities")
def open_pipeline() -> Amount:
    """Value, not weighted, of the opportunities that are open on the period's last day.

    Amounts are as known today. Deals with no opening date count as open all along; deals decided
    without a closing date never do.
    """
    is_open = "outcome = 'open' OR closed_on IS NOT NULL"
    return Amount(stock("opportunities", "amount", since="created_on", until="closed_on", where=is_open))


@metric(category="activity", unit="share", better="higher", absent="no lead", at_least=5)
def lead_acceptance() -> Ratio:
    """Share of the leads given to the partner in the period that it accepted.

    Leads given late in a period may yet be accepted, so the newest period reads low.
    """
    return Ratio(
        count("leads", at="assigned_at", where="accepted_at IS NOT NULL"),
        count("leads", at="assigned_at"),
    )
