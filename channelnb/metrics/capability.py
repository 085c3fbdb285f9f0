"""Capability: what a partner's people are able to do."""

from __future__ import annotations

from channelnb.metrics.parts import Amount, stock
from channelnb.metrics.registry import metric


@metric(category="capability", unit="count", better="higher", absent="no record of certificates")
def certified_people() -> Amount:
    """People who hold at least one certificate on the period's last day.

    A person certified in three lines counts once, and once in each line when measured by line.
    """
    return Amount(stock("certifications", "salesperson_id", since="earned_on", until="expires_on", distinct=True))
