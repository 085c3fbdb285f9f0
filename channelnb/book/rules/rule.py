"""What a rule is: an SQL query for rows that are legal and yet suspicious, and what to make of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""From figures that are wrong until it is mended, over figures that may mislead, to what is worth knowing."""


@dataclass(frozen=True)
class Rule:
    """One thing to look for in a book.

    `sql` is a SELECT over the book's views, one row for each suspicious case: `id` (the row's key, or what
    it is about), `found` (in words), and where they can be told `rows` (how many rows of `table` the case is,
    one if left out) and `money` (in the vendor's currency). `kept.sales` is the table `sales` before it was
    rewound. It may ask ``getvariable`` for `as_of`, `first_month`, `distributor_sell_in`, `period`,
    `period_start` and `period_end`. `needs` names the tables (``partners``) and columns (``sales.units``)
    without which it says nothing.
    """

    name: str
    severity: Severity
    table: str
    column: str
    needs: tuple[str, ...]
    reason: str
    remedy: str
    sql: str

    def applies(self, has: Callable[..., bool]) -> bool:
        """Does a book (by its `has`) hold what the rule needs?

        >>> rule = Rule("a", "note", "sales", "units", ("sales.units",), "", "", "")
        >>> rule.applies(lambda table, *columns: table == "sales" and columns == ("units",))
        True
        """
        return all(has(*need.split(".")) for need in self.needs)
