"""SQL that shows a landed table as it was known on a day."""

from __future__ import annotations

from datetime import date

from channelnb.book.contract import QUARTER, TIMESTAMP, Table
from channelnb.book.given import literal, quoted
from channelnb.fiscal import FiscalCalendar

# A budget is set before its quarter begins; what else is told by quarter is known once it has begun.
_AHEAD = frozenset({"mdf_budgets"})


def rewound(table: Table, rows: str, *, columns: dict[str, str], as_of: date, calendar: FiscalCalendar) -> str:
    """The SELECT of a table's rows as they were known on `as_of`.

    `rows` is what to select from, `columns` its columns and their types: those that the contract
    has and the source didn't give become NULL, those that it hasn't are kept.

    >>> from channelnb.book.tables import CONTRACT
    >>> given = {"tier": "VARCHAR", "metric": "VARCHAR", "at_least": "DOUBLE"}
    >>> rewound(CONTRACT["tiers"], "kept.tiers", columns=given, as_of=date(2026, 9, 30), calendar=FiscalCalendar())
    'SELECT "tier", "metric", "at_least" FROM (SELECT "tier", "metric", "at_least" FROM kept.tiers)'
    """
    day = f"DATE '{as_of}'"
    whole = [
        quoted(c.name) if c.name in columns else f"CAST(NULL AS {c.sql_type}) AS {quoted(c.name)}" for c in table.columns
    ]
    extra = [quoted(name) for name in columns if name not in table.by_name]
    told = _as_told(table, day)
    shown = [f"{told[c.name]} AS {quoted(c.name)}" if c.name in told else quoted(c.name) for c in table.columns]
    where = _known_by(table, day, calendar.quarter_of(as_of))
    inner = f"SELECT {', '.join(whole + extra)} FROM {rows}"
    return f"SELECT {', '.join(shown + extra)} FROM ({inner}){f' WHERE {where}' if where else ''}"


def last_day(table: Table) -> str:
    """SQL for the last day on which something is told in a row that is placed in time; "" for other tables.

    An event that changes what a row says (a deal closed, a claim paid) counts as much as the row itself.
    """
    if not table.dated:
        return ""
    events = [name for name, said in table.later.items() if said and name not in said]
    days = [f"CAST({table.known or table.dated} AS DATE)", *(f"CAST({quoted(name)} AS DATE)" for name in events)]
    return f"greatest({', '.join(days)})"


def _as_told(table: Table, day: str) -> dict[str, str]:
    """The columns that read otherwise before a later event, and the SQL of what they read."""
    cases: dict[str, list[str]] = {}
    for event, before in table.later.items():
        is_time = table.by_name[event].kind == TIMESTAMP
        later = f"{f'CAST({quoted(event)} AS DATE)' if is_time else quoted(event)} > {day}"
        for name, value in {event: "NULL", **before}.items():
            cases.setdefault(name, []).append(f"WHEN {later} THEN {value}")
    return {name: f"CASE {' '.join(whens)} ELSE {quoted(name)} END" for name, whens in cases.items()}


def _known_by(table: Table, day: str, quarter: str) -> str:
    if table.known:
        return f"coalesce({table.known} <= {day}, true)"
    labels = [c.name for c in table.columns if c.kind == QUARTER]
    if labels and table.name not in _AHEAD:
        return f"{quoted(labels[0])} <= {literal(quarter)}"
    return ""


def plans_in_force(first_month: int) -> str:
    """The SELECT of the plans that count, over the view `plans`.

    For each partner, manager, person, line and month: the latest committed version made by the first
    day of that month's fiscal quarter, else the earliest one made later. A plan without a day is as
    old as can be, one without a status is committed.
    """
    quarter = f"CAST(month - to_months((month(month) - {first_month} + 12) % 12 % 3) AS DATE)"
    return (
        f"SELECT * EXCLUDE (in_time) FROM (SELECT *, coalesce(made_on <= {quarter}, true) AS in_time FROM plans "
        "WHERE coalesce(status, 'committed') = 'committed') "
        # Rows that tie are lines of one version: all of them count.
        "QUALIFY rank() OVER (PARTITION BY partner_id, manager_id, salesperson_id, line, month ORDER BY in_time DESC, "
        "CASE WHEN in_time THEN made_on END DESC NULLS LAST, CASE WHEN in_time THEN version END DESC NULLS LAST, "
        "made_on, version) = 1"
    )
