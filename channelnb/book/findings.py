"""What the rules find in a book, and what it rejected: one row for each table, column and rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import duckdb
import pandas as pd

from channelnb.book.given import literal
from channelnb.book.rules import SEVERITIES, Rule
from channelnb.book.slips import would_be
from channelnb.book.tables import CONTRACT
from channelnb.errors import MissingRate

COLUMNS = ["table", "column", "rule", "severity", "rows", "cases", "money", "first_rows", "found", "reason", "remedy"]
"""The columns of a book's check."""
SHOWN = 5
"""How many of the first rows, or cases, are named."""
_TOLD = 3
WITHOUT_RATE = "currency_without_rate"
"""The rule that an amount's currency has a rate; without one there is no book, so it is no query."""

_REJECTED = "The row breaks the contract, so it is left out of every figure and kept among the rejects."
_MEND = "Mend it in the source or in its mapping; the reject's `original` holds the whole row."

# What every rule yields, so that one need name only what it has to say.
_SHAPE = (
    "SELECT NULL::VARCHAR AS id, NULL::VARCHAR AS found, NULL::BIGINT AS rows, NULL::DOUBLE AS money WHERE false "
    "UNION ALL BY NAME"
)


def found_by(
    con: duckdb.DuckDBPyConnection,
    rules: Iterable[Rule],
    *,
    has: Callable[..., bool],
    asked: dict[str, date | int | str],
) -> pd.DataFrame:
    """What rules find: one row for each that finds anything, in the order of the rules.

    `has` tells which tables and columns the book holds, `asked` are the variables that a rule may ask for. `rows` are
    those of the table, `cases` what they are about (ids, firms, pairs), `money` their amount where a rule tells it.
    """
    for name, value in asked.items():
        con.execute(f"SET VARIABLE {name} = {_literal(value)}")
    return _frame([row for rule in rules if rule.applies(has) for row in _run(con, rule)])


def of_rejects(rejects: pd.DataFrame) -> pd.DataFrame:
    """Rejects as findings; `first_rows` are the numbers of the source's rows.

    >>> cells = {"table": "sales", "column": "sold_on", "rule": "missing", "row": [3, 7], "found": None}
    >>> of_rejects(pd.DataFrame(cells))[["rows", "first_rows", "severity"]].to_dict("records")
    [{'rows': 2, 'first_rows': [3, 7], 'severity': 'error'}]
    """
    by_rule = rejects.groupby(["table", "column", "rule"], dropna=False, sort=False)
    told = by_rule.agg(
        rows=("row", "nunique"),
        cases=("row", "nunique"),
        first_rows=("row", lambda rows: rows.head(SHOWN).tolist()),
        found=("found", "first"),
    ).reset_index()
    remedies = [_remedy(rule, found) for rule, found in zip(told["rule"], told["found"], strict=True)]
    return told.assign(severity="error", money=float("nan"), reason=_REJECTED, remedy=remedies)[COLUMNS]


def _remedy(rule: str, found: object) -> str:
    meant = would_be(rule, found) if isinstance(found, str) else ""
    return f"{found} would be {meant}. {_MEND}" if meant else _MEND


def of_missing_rates(missing: Iterable[MissingRate]) -> pd.DataFrame:
    """Exchange rates that are missing, as findings: one row for each table and currency; `first_rows` are months.

    >>> missing = [MissingRate("costs", "EUR", date(2026, month, 1), "actual", rows=2) for month in (7, 8)]
    >>> of_missing_rates(missing)[["table", "rows", "cases", "first_rows"]].to_dict("records")
    [{'table': 'costs', 'rows': 4, 'cases': 2, 'first_rows': ['2026-07', '2026-08']}]
    """
    by_place: dict[tuple[str, str], list[MissingRate]] = {}
    for one in missing:
        by_place.setdefault((one.table, one.currency), []).append(one)
    return most_severe_first(_frame([_without_rate(table, own) for (table, _), own in by_place.items()]))


def _without_rate(table: str, missing: list[MissingRate]) -> dict[str, Any]:
    # The same rows may lack both the actual and the planned rate of their month.
    rows = {one.month: one.rows for one in missing}
    return {
        "table": table,
        "column": "currency",
        "rule": WITHOUT_RATE,
        "severity": "error",
        "rows": sum(rows.values()),
        "cases": len(rows),
        "money": float("nan"),
        "first_rows": list(dict.fromkeys(_month(one) for one in missing))[:SHOWN],
        "found": _listed([_told(one) for one in missing], len(missing)),
        "reason": "Amounts are in a currency for which a month has no exchange rate: no figure can be told.",
        "remedy": "Add a row to `fx_rates` for each: month, currency, kind and rate.",
    }


def _told(one: MissingRate) -> str:
    return f"{one.kind} rate of {one.currency} in {_month(one)} ({one.rows:,} row{'' if one.rows == 1 else 's'})"


def _month(one: MissingRate) -> str:
    return f"{one.month:%Y-%m}" if one.month else "any month"


def most_severe_first(*findings: pd.DataFrame) -> pd.DataFrame:
    """Findings in one frame: errors, warnings, notes; in each the tables in the contract's order.

    >>> rates = of_missing_rates([MissingRate("costs", "EUR", None, "actual", rows=2)])
    >>> note = rates.assign(table="sales", severity="note")
    >>> most_severe_first(note, rates)[["severity", "table"]].values.tolist()
    [['error', 'costs'], ['note', 'sales']]
    """
    places = {name: place for place, name in enumerate(CONTRACT)}
    every = pd.concat([frame for frame in findings if len(frame)] or [_frame([])], ignore_index=True)
    order = pd.DataFrame({"severity": every["severity"].map(SEVERITIES.index), "table": every["table"].map(places)})
    return every.loc[order.sort_values(["severity", "table"], kind="stable").index].reset_index(drop=True)


def _run(con: duckdb.DuckDBPyConnection, rule: Rule) -> list[dict[str, Any]]:
    first = f"arg_min({{'id': id, 'found': found}}, (-coalesce(rows, 1), coalesce(id, '')), {SHOWN})"
    (rows, cases, money, told) = con.execute(
        f"SELECT sum(coalesce(rows, 1))::BIGINT, count(*), sum(money), {first} FROM ({_SHAPE} ({rule.sql}))"
    ).fetchall()[0]
    if not cases:
        return []
    row = {name: getattr(rule, name) for name in ("table", "column", "severity", "reason", "remedy")}
    counts = {"rows": rows, "cases": cases, "money": money}
    said = {"first_rows": [case["id"] for case in told], "found": _listed([case["found"] for case in told], cases)}
    return [row | {"rule": rule.name} | counts | said]


def _listed(found: list[str], cases: int) -> str:
    more = [f"{cases - _TOLD:,} more"] if cases > _TOLD else []
    return "; ".join([*found[:_TOLD], *more])


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"rows": "int64", "cases": "int64", "money": "float64"})


def _literal(value: date | int | str) -> str:
    return f"DATE '{value}'" if isinstance(value, date) else str(value) if isinstance(value, int) else literal(value)
