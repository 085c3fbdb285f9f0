"""What a source's data can and cannot say: what was found, what can be measured, what would unlock more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from channelnb.book.book import Book
from channelnb.book.contract import DATE, INTEGER, MONEY, NUMBER, QUARTER, Table
from channelnb.book.rules import RULES, SEVERITIES
from channelnb.book.tables import CONTRACT
from channelnb.fiscal import length_of
from channelnb.metrics.fold import lacking
from channelnb.metrics.keys import resolve
from channelnb.metrics.measure import measure
from channelnb.metrics.parts import contract_table
from channelnb.metrics.registry import METRICS, Metric
from channelnb.metrics.unlocks import readers
from channelnb.metrics.values import missing

NEARLY_ALL = 0.95
"""The share of rows from which a column counts as filled in."""

ALL = "all of it"
"""What stands as it is today of a table without dates."""

_REVISED = frozenset({DATE, MONEY, NUMBER, INTEGER})
_PLAN_RATES = "fx_rates: plan rates"

# What pages show beside the metrics, and the column that each rests on.
_PAGES = {
    ("sales", "product_id"): "figures by line",
    ("sales", "salesperson_id"): "figures by person",
    ("sales", "customer_id"): "customers won and kept",
    ("products", "line"): "figures by line",
    ("opportunities", "expected_close_on"): "deals due and overdue",
    ("partners", "manager_id"): "each partner beside its manager",
}


def frames(book: Book, partner: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The frames of a snapshot that tell of readiness, by name.

    `partner` holds every metric of the catalogue by partner_id and period, as the snapshot has it.
    """
    found = book.check()
    return {
        "readiness_tables": tables(book),
        "readiness_columns": columns(book),
        "readiness_metrics": metrics(book, partner),
        "readiness_unlocks": unlocks(book),
        "readiness_rules": rules(book),
        # A Parquet column holds one type: row numbers and ids become text.
        "readiness_findings": found.assign(
            first_rows=[", ".join(map(str, first)) for first in found["first_rows"]]
        ).astype(dict.fromkeys(("table", "column", "rule", "severity", "found", "reason", "remedy"), "str")),
    }


def measured(book: Book) -> pd.DataFrame:
    """Every metric by partner in each period as long as the book's: what `frames` and `metrics` need."""
    length = length_of(period_of(book))
    return measure(book, by=["partner_id", length]).rename(columns={length: "period"})


def period_of(book: Book) -> str:
    """The period that a book is asked for; without one, the quarter that holds its day."""
    return book.period or book.calendar.quarter_of(book.as_of)


def tally(findings: pd.DataFrame) -> str:
    """How many findings there are of each severity, in words.

    >>> tally(pd.DataFrame({"severity": ["error", "note", "note"]})), tally(pd.DataFrame({"severity": []}))
    ('1 error and 2 notes', 'nothing suspicious')
    """
    counts = findings["severity"].value_counts()
    said = [f"{counts[name]} {name}{'s' if counts[name] > 1 else ''}" for name in SEVERITIES if name in counts]
    *first, last = said or ["nothing suspicious"]
    return f"{', '.join(first)} and {last}" if first else last


def rules(book: Book) -> pd.DataFrame:
    """What was looked for: one row for each name in the table of rules, in its order.

    `looked_at` counts the columns and tables in which a rule was looked for, `not_given` those that it
    could not be looked for in, as the source does not give what it needs.

    >>> from channelnb.book.book import open_book
    >>> firms = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> sales = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["10.50"]})
    >>> found = rules(open_book({"partners": firms, "sales": sales}, quarter="2026Q3")).set_index("rule")
    >>> found.loc[["sale_before_joined", "period_not_over"], ["looked_at", "not_given"]].values.tolist()
    [[0, 1], [1, 0]]
    """
    asked = pd.DataFrame(
        [{"rule": rule.name, "reason": rule.reason, "applies": rule.applies(book.has)} for rule in RULES]
    )
    by_rule = asked.groupby("rule", sort=False)
    found = by_rule.agg(reason=("reason", "first"), looked_at=("applies", "sum"), places=("applies", "size"))
    return found.assign(not_given=found["places"] - found["looked_at"]).drop(columns="places").reset_index()


def tables(book: Book) -> pd.DataFrame:
    """What became of each table of the contract: one row for each, given or not.

    Rows in, used, rejected, and of those used known on the book's day; how many of its columns are
    given; what it unlocks; and what of it stands as it is today, whatever the day.

    >>> from channelnb.book.book import open_book
    >>> firms = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> sales = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["10.50"]})
    >>> found = tables(open_book({"partners": firms, "sales": sales}, quarter="2026Q3")).set_index("table")
    >>> found.loc[["sales", "leads"], ["given", "rows_used", "columns_given"]].values.tolist()
    [[True, 1, 3], [False, 0, 0]]
    """
    read_by = readers()
    return pd.DataFrame([_table(book, table, read_by) for table in CONTRACT.values()])


def _table(book: Book, table: Table, read_by: Mapping[tuple[str, str], Sequence[str]]) -> dict[str, object]:
    load = book.loads.get(table.name)
    given = load.columns if load else ()
    known = book.con.execute(f"SELECT count(*) FROM {table.name}").fetchall()[0][0] if load else 0
    return {
        "table": table.name,
        "given": load is not None,
        "file": load.file if load else "",
        "rows_in": load.rows_in if load else 0,
        "rows_used": load.rows_used if load else 0,
        "rows_rejected": load.rows_rejected if load else 0,
        "rows_known": known,
        "columns_given": len(given),
        "columns": len(table.columns),
        "metrics": ", ".join(read_by.get((table.name, ""), ())),
        "unlocks": table.unlocks,
        # Of partners the book itself can tell: their history may hold what was true when.
        "as_today": ", ".join(book.undated if table.name == "partners" else as_today(table, given)),
    }


def as_today(table: Table, given: Iterable[str]) -> tuple[str, ...]:
    """The columns, of those given, that carry no date, so that they stand as they are today in a report on the past.

    They are all columns (`ALL`) of a table without dates; of one whose rows are told more of as time goes by, the
    amounts, measures and dates that may be revised on the way; none where a row, once made, stays as it is.

    >>> as_today(CONTRACT["opportunities"], ["opportunity_id", "amount", "outcome", "created_on", "closed_on"])
    ('amount',)
    >>> as_today(CONTRACT["sales"], ["sold_on", "partner_id", "revenue"]), as_today(CONTRACT["tiers"], ["tier"])
    ((), ('all of it',))
    """
    given = list(given)
    if not table.known:
        by_quarter = any(column.kind == QUARTER for column in table.columns)
        return (ALL,) if given and not by_quarter else ()
    if not table.later:
        return ()
    told = {*table.later, *(name for before in table.later.values() for name in before)}
    revised = [table.by_name[name] for name in given if name not in told and name not in table.known]
    return tuple(column.name for column in revised if column.kind in _REVISED)


def columns(book: Book) -> pd.DataFrame:
    """Each column of the tables given: one row for each, with the share of rows in which it is filled in.

    `metrics` are those that read it, `page` what else of a page rests on it; an `event` is blank until it happens.

    >>> from channelnb.book.book import open_book
    >>> firms = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> sales = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["10.50"]})
    >>> found = columns(open_book({"partners": firms, "sales": sales}, quarter="2026Q3"))
    >>> found[found["column"].isin(["revenue", "cost"])][["column", "given", "filled"]].values.tolist()
    [['revenue', True, 1.0], ['cost', False, 0.0]]
    """
    read_by = readers()
    return pd.DataFrame([row for name in book.loads for row in _columns(book, CONTRACT[name], read_by)])


def thin(columns: pd.DataFrame) -> pd.Series:
    """Which columns metrics read, though many rows leave them blank; those of events to come are left out.

    >>> row = {"given": True, "filled": 0.5, "event": False, "metrics": "revenue"}
    >>> thin(pd.DataFrame([row, row | {"event": True}])).tolist()
    [True, False]
    """
    return columns["given"] & ~columns["event"] & (columns["filled"] < NEARLY_ALL) & (columns["metrics"] != "")


def _columns(book: Book, table: Table, read_by: Mapping[tuple[str, str], Sequence[str]]) -> list[dict[str, object]]:
    load = book.loads[table.name]
    ends = {part.until for metric in METRICS.values() for part in metric.parts if part.table == table.name}
    counts = ", ".join(f'count("{name}")' for name in load.columns)
    filled = dict(
        zip(load.columns, book.con.execute(f"SELECT {counts} FROM kept.{table.name}").fetchall()[0], strict=True)
    )
    return [
        {
            "table": table.name,
            "column": column.name,
            "required": column.required,
            "given": column.name in filled,
            "filled": filled.get(column.name, 0) / load.rows_used if load.rows_used else 0.0,
            # What has not happened yet is blank as it should be.
            "event": column.name in table.later or column.name in ends,
            "metrics": ", ".join(read_by.get((table.name, column.name), ())),
            "page": _PAGES.get((table.name, column.name), ""),
        }
        for column in table.columns
    ]


def metrics(book: Book, partner: pd.DataFrame) -> pd.DataFrame:
    """Whether each metric of the catalogue can be measured, and for how many partners: one row for each.

    `partner` is what `measured` gives. The counts are of partners by state, in the book's period, or the
    first not over for a metric that looks ahead. `state` is not_measurable where the source gives no such data
    (`lacks` names the tables and columns), no_data where there is no figure of a partner or in all, else ok.

    >>> from channelnb.book.book import open_book
    >>> firms = pd.DataFrame({"partner_id": ["P1", "P2"], "name": ["Ada", "Bea"], "channel": "reseller"})
    >>> sales = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["10.50"]})
    >>> book = open_book({"partners": firms, "sales": sales}, quarter="2026Q3")
    >>> found = metrics(book, measured(book)).set_index("metric")
    >>> found.loc[["revenue", "growth_yoy", "gross_margin"], ["state", "ok", "lacks"]].values.tolist()
    [['ok', 2, ''], ['no_data', 0, ''], ['not_measurable', 0, 'sales.cost']]
    """
    firms = set(book.query("SELECT partner_id FROM partners WHERE survivor_id = partner_id")["partner_id"])
    rows = partner[partner["partner_id"].isin(firms)]
    return pd.DataFrame(
        [_metric(book, metric, rows[rows["metric"] == name], len(firms)) for name, metric in METRICS.items()]
    )


def _metric(book: Book, metric: Metric, rows: pd.DataFrame, firms: int) -> dict[str, object]:
    period = period_of(book)
    if metric.forward:
        tomorrow = (pd.Timestamp(book.as_of) + pd.Timedelta(days=1)).date()
        period = max(period, book.calendar.period_of(tomorrow, like=period))
    states = rows.loc[rows["period"] == period, "state"]
    counts = states.value_counts()
    ok, too_few = (int(counts.get(state, 0)) for state in ("ok", "too_few"))
    lacks = lacks_of(book, metric)
    told = ok + too_few > 0
    if not told and not lacks:
        # Some are of no partner: of a market, say, or of leads kept direct.
        told = bool(measure(book, [metric.name], resample=False)["state"].isin(["ok", "too_few"]).any())
    return {
        "metric": metric.name,
        "label": metric.label,
        "category": metric.category,
        "period": period,
        "state": "not_measurable" if lacks else "ok" if told else "no_data",
        "partners": firms,
        "ok": ok,
        "too_few": too_few,
        "lacks": ", ".join(lacks),
        "absent": metric.absent,
    }


def lacks_of(book: Book, metric: Metric) -> tuple[str, ...]:
    """The tables, and columns of tables, without which a metric cannot be told partner by partner.

    >>> from channelnb.book.book import open_book
    >>> firms = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> sales = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["10.50"]})
    >>> book = open_book({"partners": firms, "sales": sales}, quarter="2026Q3")
    >>> lacks_of(book, METRICS["gross_margin"]), lacks_of(book, METRICS["win_rate"])
    (('sales.cost',), ('opportunities',))
    """
    found: dict[str, None] = {}
    for part in metric.parts:
        if part.optional:
            continue
        table = contract_table(part.table)
        lacks = lacking(book, part)
        absent = [owner for owner in (table, *(owner for owner, _ in lacks)) if not book.has(owner)]
        if absent or lacks:
            found |= dict.fromkeys(absent) | {f"{owner}.{name}": None for owner, name in lacks if owner not in absent}
        elif missing(book, part):
            found[_PLAN_RATES] = None
        elif resolve(book, part.table, "partner_id") is None and "partner_id" in CONTRACT[table].by_name:
            found[f"{table}.partner_id"] = None
    return tuple(found)


def unlocks(book: Book) -> pd.DataFrame:
    """What the source does not give, and what it would unlock: one row for each table or column, the most useful first.

    `metrics` are those that it alone would unlock, `together` those that need others too, `also` what else it
    is for.

    >>> from channelnb.book.book import open_book
    >>> firms = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> sales = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["10.50"]})
    >>> unlocks(open_book({"partners": firms, "sales": sales}, quarter="2026Q3"))["give"].tolist()[0]
    'opportunities'
    """
    alone: dict[str, list[str]] = {}
    others: dict[str, list[str]] = {}
    for name, metric in METRICS.items():
        lacks = lacks_of(book, metric)
        for item in lacks:
            (alone if len(lacks) == 1 else others).setdefault(item, []).append(name)
    also = _also(book)
    items = dict.fromkeys([*alone, *others, *also])
    order = sorted(items, key=lambda item: (-len(alone.get(item, [])), -len(others.get(item, []))))
    return pd.DataFrame(
        [
            {
                "give": item,
                "metrics": ", ".join(alone.get(item, [])),
                "together": ", ".join(others.get(item, [])),
                "also": also.get(item, ""),
            }
            for item in order
        ],
        columns=["give", "metrics", "together", "also"],
    ).astype("str")


def _also(book: Book) -> dict[str, str]:
    """What tables and columns that the source does not give are for, beside metrics."""
    absent = {table.name: table.unlocks for table in CONTRACT.values() if not book.has(table.name)}
    pages = {
        f"{table}.{column}": page
        for (table, column), page in _PAGES.items()
        if book.has(table) and not book.has(table, column)
    }
    traits = any(name.startswith("trait_") for name in book.loads["partners"].extra)
    return {**pages, **({} if traits else {"partners.trait_…": "what sets high performers apart"}), **absent}
