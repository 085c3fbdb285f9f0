"""Checking and folding two million sales, beside a hand-written query of the same aggregates read as exactly.

Ours checks every column, what is required and the key, lands each table, reconciles it and makes the book's views.
The peer reads just the columns that its aggregates need, tests and casts them by the same rules, and drops a row
that fails. What a blank cell or a key that occurs twice would be, it does not ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import duckdb

import channelnb as cn
from bench.compare import Answer, Benchmark
from bench.sales_files import write_files
from channelnb.book.tables import CONTRACT
from channelnb.metrics.fold import fold
from channelnb.metrics.registry import METRICS

FOLDED = (
    *("revenue", "sell_in", "sell_through", "revenue_at_plan_rates", "currency_effect", "gross_margin"),
    *("growth_yoy", "new_customers"),
)
"""The metrics whose parts are folded here."""

QUARTER, AS_OF, OWN = "2026Q3", "DATE '2026-09-30'", "'EUR'"

_DAY = "regexp_full_match({0}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') AND TRY_CAST({0} AS DATE) IS NOT NULL"
_AMOUNT = "regexp_full_match({0}, '[+-]?[0-9]+([.][0-9]{{1,6}}0*)?') AND TRY_CAST({0} AS DECIMAL(38,6)) IS NOT NULL"
_FITS = " AND ".join(
    [
        _DAY.format("sold_on"),
        _AMOUNT.format("revenue"),
        f"(recorded_on IS NULL OR {_DAY.format('recorded_on')})",
        f"(cost IS NULL OR {_AMOUNT.format('cost')})",
    ]
)
_YEARS = "BETWEEN DATE '1900-01-01' AND DATE '2200-12-31'"
# The contract's rules for these columns, whatever the file; then those that the book knows of on its day.
_KNOWN = " AND ".join(
    [
        f"sold_on {_YEARS} AND (recorded_on IS NULL OR recorded_on {_YEARS})",
        "revenue IS NOT NULL AND length(partner_id) <= 200 AND (basis IS NULL OR basis IN ('sell_in', 'sell_through'))",
        *(
            f"({name} IS NULL OR length({name}) <= 200)"
            for name in ("manager_id", "salesperson_id", "customer_id", "product_id")
        ),
        f"greatest(sold_on, coalesce(recorded_on, sold_on)) <= {AS_OF}",
    ]
)
_TYPED = {
    "csv": """
CREATE TEMP TABLE typed AS SELECT * FROM (
    SELECT CAST(sold_on AS DATE) AS sold_on, CAST(recorded_on AS DATE) AS recorded_on,
           CAST(revenue AS DECIMAL(38,6)) AS revenue, CAST(cost AS DECIMAL(38,6)) AS cost,
           partner_id, basis, manager_id, salesperson_id, customer_id, product_id, currency
    FROM read_csv('{folder}/sales.csv', auto_detect=false, header=true, columns={{{columns}}}, delim=',', quote='"',
                  escape='"', new_line='\\n', store_rejects=true)
    WHERE {fits}
) WHERE {known}""",
    # The file says what type its columns are, and two looks at it cost less than a table.
    "parquet": "CREATE VIEW typed AS FROM read_parquet('{folder}/sales.parquet') WHERE {known}",
}
_RATES = """
CREATE TEMP TABLE rates AS
SELECT CAST(month AS DATE) AS month, currency,
       max(CAST(rate AS DECIMAL(18,9))) FILTER (kind = 'actual') AS actual,
       max(CAST(rate AS DECIMAL(18,9))) FILTER (kind = 'plan') AS plan
FROM '{folder}/fx_rates.{kind}' GROUP BY ALL"""
_ON_SELL_THROUGH = """
CREATE TEMP TABLE on_sell_through AS
SELECT partner_id FROM typed LEFT JOIN '{folder}/partners.{kind}' AS p USING (partner_id) GROUP BY partner_id
HAVING bool_or(basis = 'sell_through')
   AND (bool_or(p.distributor_id IS NOT NULL) OR bool_and(coalesce(basis = 'sell_through', false)))"""
_FOLDED = """
CREATE TEMP TABLE folded AS
SELECT partner_id, manager_id, salesperson_id, customer_id, line, CAST(date_trunc('month', sold_on) AS DATE) AS month,
       sum(revenue - cost) FILTER (told) AS margin, sum(revenue) FILTER (told AND cost IS NOT NULL) AS costed,
       count(cost) FILTER (told) AS costed_rows, sum(revenue) FILTER (told) AS revenue, count(*) FILTER (told) AS rows,
       sum(revenue) FILTER (basis IS DISTINCT FROM 'sell_through') AS sell_in,
       count(*) FILTER (basis IS DISTINCT FROM 'sell_through') AS sell_in_rows,
       sum(revenue) FILTER (basis = 'sell_through') AS sell_through,
       count(*) FILTER (basis = 'sell_through') AS sell_through_rows,
       sum(at_plan) FILTER (told) AS at_plan, count(at_plan) FILTER (told) AS at_plan_rows,
       sum(revenue - at_plan) FILTER (told AND revenue <> at_plan) AS effect,
       count(*) FILTER (told AND revenue <> at_plan) AS effect_rows, count(customer_id) FILTER (told) AS customer_rows
FROM (
    SELECT typed.* REPLACE ({revenue} AS revenue, {cost} AS cost), {at_plan} AS at_plan,
           basis IS NULL OR (basis = 'sell_through') = (partner_id IN (FROM on_sell_through)) AS told
    FROM typed LEFT JOIN rates
      ON rates.currency = typed.currency AND rates.month = CAST(date_trunc('month', sold_on) AS DATE)
) LEFT JOIN '{folder}/products.{kind}' AS products USING (product_id)
GROUP BY ALL"""


def ours(folder: Path) -> Answer:
    """Opens the book, with all its checks, and folds the sales."""
    with cn.open_book(folder, quarter=QUARTER) as book:
        parts = [part for name in FOLDED for part in METRICS[name].parts]
        (folded,) = fold(book, "sales", parts=parts).values()
        names = [column(part) for part in parts for column in (folded.value, folded.rows)]
        return _totals(book.con, folded.name, dict.fromkeys(names))


def peer(folder: Path, *, kind: str) -> Answer:
    """Makes the same groups and sums by hand."""
    parts = {
        "folder": folder,
        "kind": kind,
        "columns": ", ".join(f"'{name}': 'VARCHAR'" for name in CONTRACT["sales"].names),
        "fits": _FITS,
        "known": _KNOWN,
        "revenue": _converted("revenue", "actual"),
        "cost": _converted("cost", "actual"),
        "at_plan": _converted("revenue", "plan"),
    }
    with duckdb.connect() as con:
        for statement in (_TYPED[kind], _RATES, _ON_SELL_THROUGH, _FOLDED):
            con.execute(statement.format(**parts))
        names = [name for name, *_ in con.execute("DESCRIBE folded").fetchall()]
        return _totals(con, "folded", names[names.index("month") + 1 :])


def _converted(amount: str, rate: str) -> str:
    exact = f"CAST(round({amount} * {rate}, 2) AS DECIMAL(38,6))"
    return f"CASE WHEN typed.currency = {OWN} THEN {amount} ELSE {exact} END"


def _totals(con: duckdb.DuckDBPyConnection, table: str, names: Iterable[str]) -> Answer:
    """The groups, and the totals that the columns come to, each told once."""
    sums = ", ".join(f"CAST(sum({name}) AS DECIMAL(38,6))" for name in names)
    groups, *totals = con.execute(f"SELECT count(*), {sums} FROM {table}").fetchall()[0]
    return {"groups": str(groups), "totals": " ".join(sorted({str(total) for total in totals}))}


BENCHMARKS = {
    f"check-and-fold-{kind}": Benchmark(
        f"2 million sales checked and folded, {kind}",
        partial(write_files, kind=kind),
        ours,
        partial(peer, kind=kind),
        limit=2.0,
    )
    for kind in ("csv", "parquet")
}
