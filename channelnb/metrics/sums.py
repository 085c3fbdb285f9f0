"""SQL for sums, counts, stocks and last days, by keys and period, from a fold."""

from __future__ import annotations

import calendar

from channelnb.metrics.fold import Fold
from channelnb.metrics.grain import Grain
from channelnb.metrics.parts import STOCKS, Part
from channelnb.metrics.periods import end, within


def sums_sql(parts: tuple[Part, ...], grain: Grain, fold: Fold, periods: str) -> str:
    """The SELECT of what parts of one fold come to, by keys and period; they share a dating and a window.

    The fold is brought to the keys first, so that windows that overlap add up few rows.
    """
    first = parts[0]
    dates = "f.placed, f.ended" if first.window in STOCKS else "f.placed"
    # The joins are the same for all parts that count goods once; the condition stands in each part's own column.
    joins = next((found[0] for found in map(grain.once, parts) if found[0]), "")
    columns = ", ".join(sql for i, part in enumerate(parts) for sql in _brought(part, i, grain, fold))
    brought = f"SELECT {grain.named}{dates}, {columns} FROM {fold.name} AS f {grain.joins} {joins} GROUP BY ALL"
    window = within(first.window, "f.placed", "f.ended")
    told = ", ".join(sql for i, part in enumerate(parts) for sql in _told(part, i, grain))
    return (
        f"SELECT {grain.names}p.label AS period, {told} FROM ({brought}) AS f "
        f"JOIN {periods} AS p ON {window} GROUP BY ALL"
    )


def _brought(part: Part, place: int, grain: Grain, fold: Fold) -> tuple[str, str]:
    value, rows = f"f.{fold.value(part)}", f"f.{fold.rows(part)}"
    _, single = grain.once(part)
    aggregate = "max" if part.aggregate == "days_since" else "sum"
    once = (lambda sql: sql) if single == "true" else (lambda sql: f"CASE WHEN {single} THEN {sql} END")
    return f"{aggregate}({once(value)}) AS v{place}", f"sum({once(rows)}) AS n{place}"


def _told(part: Part, place: int, grain: Grain) -> tuple[str, str]:
    value, rows = f"f.v{place}", f"sum(f.n{place})"
    if part.aggregate == "days_since":
        figure = f"date_diff('day', max({value}), any_value(p.closes))"
    else:
        figure = f"sum({_to_date(part, grain)}{value})"
    found = f"CAST(CASE WHEN {rows} > 0 THEN {figure} END AS DOUBLE) AS value_{place}"
    return found, f"CAST(nullif({rows}, 0) AS DOUBLE) AS n_{place}"


def _to_date(part: Part, grain: Grain) -> str:
    """The share of the running month that has gone by, as a factor of its value, or of its like before."""
    day = grain.book.as_of
    days = calendar.monthrange(day.year, day.month)[1]
    if not part.to_date or day.day == days:
        return ""
    running = f"f.placed = p.{end(part.window)} AND p.known = DATE '{day.replace(day=1)}'"
    return f"CASE WHEN {running} THEN {day.day / days} ELSE 1 END * "
