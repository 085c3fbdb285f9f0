"""What was restated: the sales behind two snapshots, compared row by row, and each difference put down to a cause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from glob import escape
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from channelnb.book.book import Book
from channelnb.book.given import literal
from channelnb.book.landing import engine
from channelnb.fiscal import FiscalCalendar

LATE, CHANGED, DELETED, CURRENCY, MERGED = ("late", "changed", "deleted", "currency", "merged")
CAUSES = {
    LATE: "late rows",
    CHANGED: "changed rows",
    DELETED: "deleted rows",
    CURRENCY: "other exchange rates",
    MERGED: "merged firms",
}
"""Why revenue of a past period is another than it was, as a name and in words.

Late rows came in since, deleted rows have gone; changed rows have another amount, day, currency or firm
under the same id, or count otherwise. Rows that are the same are worth something else at other exchange
rates, or moved with the firm that merged into another.
"""

LEDGER = "ledger"
"""The table of a snapshot that holds the sales behind its figures."""

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("partner_id", "period", "cause")),
        *((name, pa.decimal128(38, 6)) for name in ("amount", "in_all")),
        *((name, pa.int64()) for name in ("rows", "rows_in_all")),
    ]
)
"""The columns of what `differences` returns."""

# Rows without an id are told apart by what they say, and equal ones by a running number: equal ones are
# interchangeable, so it does not matter which of them is which.
_LEDGER = """
SELECT sale_id,
    CASE WHEN sale_id IS NULL THEN CAST(row_number() OVER (
        PARTITION BY sale_id, original_partner_id, sold_on, original_currency, original_revenue
        ORDER BY is_revenue, recorded_on) AS INTEGER) END AS occurrence,
    sales.partner_id, original_partner_id, sold_on, recorded_on,
    original_currency AS currency, original_revenue AS amount, revenue,
    is_revenue AND sales.partner_id IS DISTINCT FROM t.distributor_id AS counts,
    is_revenue AND t.distributor_id IS NULL AS in_all
FROM sales LEFT JOIN kept.passed_on AS t ON t.fact = 'sales' AND t.partner_id = original_partner_id
ORDER BY original_partner_id, sold_on, sale_id, currency, amount, occurrence
"""


def write_ledger(book: Book, path: Path) -> None:
    """Write every sale that a book's figures rest on to a Parquet file; the same sales give the same bytes.

    One row is one sale: its id, or without one its number among equal rows; the firm whose it is now and
    the one whose it was; its days; what it was worth in its own currency (`amount`) and in the vendor's
    (`revenue`); whether it counts in its firm's revenue, and in that of all.
    """
    book.con.execute(f"COPY ({_LEDGER}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")


def closed_months(*ledgers: Path, on: date, like: str, calendar: FiscalCalendar) -> dict[date, str]:
    """The months of the periods that were over on a day, from the first sale in the ledgers on, each with its period.

    `like` is a period, of whose length the others are.
    """
    with duckdb.connect() as con:
        rows = con.execute(
            "SELECT min(sold_on) FROM read_parquet(?)", [[escape(str(path)) for path in ledgers]]
        ).fetchall()
    if rows[0][0] is None:
        return {}
    months = [month.start_time.date() for month in pd.period_range(rows[0][0], on, freq="M")]
    periods = {month: calendar.period_of(month, like=like) for month in months}
    return {month: period for month, period in periods.items() if calendar.end(period) <= on}


def differences(old: Path, new: Path, *, months: Mapping[date, str]) -> pa.Table:
    """How revenue changed from one ledger to another: one row for each partner, period and cause.

    Needs two files of `write_ledger`; `months` names the period of each month to compare. `amount` is the
    part of the change of the partner's revenue that the cause accounts for, `in_all` that of the whole
    channel's, in which nothing counts twice; `rows` and `rows_in_all` are the numbers of sales behind them, where
    a sale that moved between partners is in the latter of one of them only. The causes add up to the change,
    exactly, for each partner and period.
    """
    with engine(new.parent) as con:
        con.execute("CREATE TABLE months (month DATE, period VARCHAR)")
        if months:
            con.executemany("INSERT INTO months VALUES (?, ?)", [*months.items()])
        for name, path in (("old", old), ("new", new)):
            con.execute(f"CREATE VIEW {name} AS {_SIDE.format(path=literal(escape(str(path))))}")
        return con.sql(_COMPARED).to_arrow_table()


def of_all(restated: pd.DataFrame) -> pd.DataFrame:
    """What was restated in the whole channel: one row for each period and cause, of what was restated by partner.

    What moved between partners adds nothing, and is left out.

    >>> from decimal import Decimal
    >>> rows = {"partner_id": ["P1", "P2"], "period": "2026Q3", "cause": "late", "first_as_of": "2026-09-30"}
    >>> frame = pd.DataFrame(rows | {"in_all": [Decimal("1.50"), Decimal("2")], "rows_in_all": [1, 3]})
    >>> of_all(frame)[["cause", "amount", "rows"]].to_dict("records")
    [{'cause': 'late', 'amount': Decimal('3.50'), 'rows': 4}]
    """
    keys = ["period", "cause", "first_as_of"]
    whole = restated.groupby(keys, as_index=False).agg(amount=("in_all", "sum"), rows=("rows_in_all", "sum"))
    return whole[whole["amount"].ne(0)].reset_index(drop=True)


_SIDE = """
SELECT ledger.*, date_trunc('month', sold_on) AS month,
    CASE WHEN counts THEN revenue ELSE 0 END AS own, CASE WHEN in_all THEN revenue ELSE 0 END AS whole
FROM read_parquet({path}) AS ledger
"""

_DIFFERENT = """
    o.partner_id IS DISTINCT FROM n.partner_id OR o.original_partner_id IS DISTINCT FROM n.original_partner_id
    OR o.sold_on IS DISTINCT FROM n.sold_on OR o.currency IS DISTINCT FROM n.currency
    OR o.amount IS DISTINCT FROM n.amount OR o.own IS DISTINCT FROM n.own OR o.whole IS DISTINCT FROM n.whole
"""

# A row that moved and changed too goes one step at a time: first, as it was, to the firm that took it over,
# where it counts or, if that is the distributor whose rows hold it already, does not; then to what it is now.
_COMPARED = f"""
WITH pairs AS (
    SELECT o, n FROM (FROM old WHERE sale_id IS NOT NULL) AS o
        FULL JOIN (FROM new WHERE sale_id IS NOT NULL) AS n ON o.sale_id = n.sale_id
    WHERE {_DIFFERENT}
    UNION ALL
    SELECT o, n FROM (FROM old WHERE sale_id IS NULL) AS o
        FULL JOIN (FROM new WHERE sale_id IS NULL) AS n
        ON o.original_partner_id = n.original_partner_id AND o.sold_on = n.sold_on AND o.currency = n.currency
        AND o.amount = n.amount AND o.occurrence = n.occurrence
    WHERE {_DIFFERENT}
), told AS (
    SELECT o, n, row_number() OVER () AS pair, o.partner_id IS NULL AS late, n.partner_id IS NULL AS deleted,
        coalesce(o.original_partner_id = n.original_partner_id, false) AS one_firm,
        one_firm AND o.partner_id <> n.partner_id AS merged,
        one_firm AND o.sold_on = n.sold_on AND o.currency = n.currency AND o.amount = n.amount
            AND (merged OR o.counts = n.counts) AND o.in_all = n.in_all AS same,
        CASE WHEN NOT merged THEN o.own WHEN n.counts THEN o.revenue ELSE 0 END AS moved,
        CASE WHEN late THEN '{LATE}' WHEN deleted THEN '{DELETED}'
            WHEN same THEN '{CURRENCY}' ELSE '{CHANGED}' END AS cause
    FROM pairs
), steps AS (
    SELECT pair, o.partner_id AS partner_id, o.month AS month, '{MERGED}' AS cause, -o.own AS own, -o.whole AS whole
    FROM told WHERE merged
    UNION ALL
    SELECT pair, n.partner_id, o.month, '{MERGED}', moved, o.whole FROM told WHERE merged
    UNION ALL
    SELECT pair, CASE WHEN merged THEN n.partner_id ELSE o.partner_id END, o.month, cause, -moved, -o.whole
    FROM told WHERE NOT late
    UNION ALL
    SELECT pair, n.partner_id, n.month, cause, n.own, n.whole FROM told WHERE NOT deleted
), by_row AS (
    SELECT pair, partner_id, period, cause, sum(own) AS own, sum(whole) AS whole
    FROM steps JOIN months USING (month)
    GROUP BY ALL HAVING sum(own) <> 0 OR sum(whole) <> 0
), counted AS (
    SELECT *, whole <> 0 AND partner_id = min(partner_id) FILTER (WHERE whole <> 0)
        OVER (PARTITION BY pair, period, cause) AS once
    FROM by_row
)
SELECT partner_id, period, cause, sum(own) AS amount, sum(whole) AS in_all, count(*) AS rows,
    count(*) FILTER (WHERE once) AS rows_in_all
FROM counted GROUP BY partner_id, period, cause HAVING sum(own) <> 0 OR sum(whole) <> 0
ORDER BY partner_id, period, cause
"""
