"""What each table and column of the contract is for: the metrics that read it."""

from __future__ import annotations

from channelnb.book.contract import Table
from channelnb.book.describe import holds
from channelnb.book.tables import CONTRACT
from channelnb.errors import unknown
from channelnb.glance import Listing
from channelnb.metrics.registry import METRICS


def metrics_of(table: str, column: str = "") -> tuple[str, ...]:
    """The metrics that read a table, or a column of it, by name, in the order of the catalogue.

    >>> metrics_of("deals_worked"), metrics_of("managers", "capacity")
    (('share_of_deals_worked',), ())
    """
    return tuple(readers().get((table, column), ()))


def readers() -> dict[tuple[str, str], list[str]]:
    """The metrics that read each column, by table and column, and each table, by its name and "".

    >>> readers()["deals_worked", ""]
    ['share_of_deals_worked']
    """
    found: dict[tuple[str, str], list[str]] = {}
    for name, metric in METRICS.items():
        read = {need for part in metric.parts for need in part.needs}
        for place in read | {(table, "") for table, _ in read}:
            found.setdefault(place, []).append(name)
    return found


def contract(table: str | None = None) -> Listing:
    """The contract: one row for each table, or, where one is named, one for each of its columns.

    A table's row says whether every source needs it, how many columns it has, and what it is for; a column's row
    what it may hold. `unlocks` is what can't be told without it. Raises UnknownName for a name that is no table.

    >>> contract("tiers")[["column", "required", "holds"]]
         column  required                  holds
    0      tier      True                   text
    1    metric      True                   text
    2  at_least      True  a number such as 12.5
    """
    if table is None:
        return Listing([_about_table(one) for one in CONTRACT.values()])
    if table not in CONTRACT:
        raise unknown("table", table, CONTRACT)
    return Listing(
        [
            {
                "column": column.name,
                "required": column.required,
                "holds": holds(CONTRACT[table], column),
                "about": column.about,
                "unlocks": ", ".join(metrics_of(table, column.name)),
            }
            for column in CONTRACT[table].columns
        ]
    )


def _about_table(table: Table) -> dict[str, object]:
    return {
        "table": table.name,
        "required": table.required,
        "columns": len(table.columns),
        "about": table.about,
        "unlocks": table.unlocks,
        "metrics": ", ".join(metrics_of(table.name)),
    }
