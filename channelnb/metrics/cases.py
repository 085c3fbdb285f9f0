"""SQL for what is looked at case by case: times from one event to another, and figures of which a median is taken."""

from __future__ import annotations

from channelnb.book.book import Book
from channelnb.metrics.grain import Grain
from channelnb.metrics.parts import Part
from channelnb.metrics.periods import within
from channelnb.metrics.rows import rows_of

_SECONDS = {"days": 86_400.0, "hours": 3_600.0}


def cases_sql(book: Book, part: Part, grain: Grain, periods: str) -> str:
    """The SELECT of a part's cases, by keys and period: how long each took, or what it comes to.

    `value_0` is the figure, `n_0` is 1 where it is known and 0 where all that is known is that it is more.
    """
    timed = part.aggregate in _SECONDS
    shown = {
        "case_month": f"CAST(date_trunc('month', CAST({part.at} AS DATE)) AS DATE)",
        "case_at": f"CAST({part.at} AS TIMESTAMP)",
        **({"case_end": f"CAST({part.until} AS TIMESTAMP)"} if timed else {"case_value": f"CAST({part.of} AS DOUBLE)"}),
    }
    words = {*part.words, *grain.columns(part)}
    columns = ", ".join(f"{sql} AS {name}" for name, sql in shown.items())
    source = f"SELECT *, {columns} FROM {rows_of(book, part.table, words)} WHERE {part.where or 'true'}"
    # What goes on at the end of the period's last day has lasted until the day was over.
    close = "CAST(p.closes AS TIMESTAMP) + INTERVAL 1 DAY"
    over = f"coalesce(case_end < {close}, false)"
    value, happened = "case_value", "1"
    if timed:
        ended = f"CASE WHEN {over} THEN case_end ELSE {close} END"
        value = f"(epoch({ended}) - epoch(case_at)) / {_SECONDS[part.aggregate]}"
        happened = f"CASE WHEN {over} THEN 1 ELSE 0 END"
    return (
        f"SELECT * FROM (SELECT {grain.named}p.label AS period, {value} AS value_0, CAST({happened} AS DOUBLE) AS n_0 "
        f"FROM ({source}) AS f JOIN {periods} AS p ON {within(part.window, 'case_month')} AND case_at < {close} "
        f"{grain.joins}) WHERE {'value_0 >= 0' if timed else 'value_0 IS NOT NULL'}"
    )
