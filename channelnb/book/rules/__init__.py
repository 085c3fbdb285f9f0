"""The table of rules: everything that is looked for in a book, beyond what the contract refuses."""

from __future__ import annotations

from channelnb.book.rules.amounts import AMOUNTS
from channelnb.book.rules.deals import DEALS
from channelnb.book.rules.firms import FIRMS
from channelnb.book.rules.history import HISTORY
from channelnb.book.rules.names import NAMES
from channelnb.book.rules.plans import PLANS
from channelnb.book.rules.references import REFERENCES
from channelnb.book.rules.rule import SEVERITIES, Rule, Severity
from channelnb.book.rules.sales import SALES
from channelnb.book.rules.times import TIMES

RULES: tuple[Rule, ...] = (*REFERENCES, *NAMES, *FIRMS, *HISTORY, *SALES, *PLANS, *DEALS, *TIMES, *AMOUNTS)
"""Every rule; one name may stand for the same rule of several tables and columns."""

__all__ = ["RULES", "SEVERITIES", "Rule", "Severity"]
