"""Freezing a quarter: everything that its reports need, computed once and written as Parquet with a hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from channelnb import changes, scoring
from channelnb.book.book import Book
from channelnb.book.tables import CONTRACT
from channelnb.chosen import Settings
from channelnb.fiscal import FiscalCalendar, length_of
from channelnb.knowledge import knowledge_of
from channelnb.metrics import readiness
from channelnb.metrics.known import CATALOGUE, described
from channelnb.metrics.measure import measure
from channelnb.metrics.mindshare import MINDSHARE
from channelnb.metrics.registry import METRICS
from channelnb.metrics.share_gap import share_gap
from channelnb.metrics.values import fold_all
from channelnb.peers.frame import among_peers
from channelnb.peers.groups import owners_of
from channelnb.planning.frames import planned
from channelnb.planning.promises.commitments import scored
from channelnb.related import BY_GROUP, members, related, whole_group
from channelnb.restatement import LEDGER, SCHEMA, closed_months, differences, write_ledger
from channelnb.snapshot import ABOUT, RESTATED, About, Snapshot
from channelnb.watch import COUNTED, watch

BY_YEAR = ["revenue", "attainment", "growth_yoy"]
BY_LINE = [
    *("revenue", "attainment", "growth_yoy", "open_pipeline", "pipeline_index", "certified_people"),
    "share_of_partner_sales",
]
BY_MANAGER = ["revenue", "attainment", "growth_yoy", "pipeline_index"]
BY_PERSON = ["revenue", "win_rate", "open_pipeline", "certified_people", *MINDSHARE]

_MEASURED = ["metric", "numerator", "denominator", "value", "n", "low", "high", "state", "reason"]


def _measured(*keys: str, metrics: list[str] | None = None) -> Callable[[Book], pd.DataFrame]:
    """Measures at a grain in each period as long as the book's, whose name is in the column ``period``."""

    def rows(book: Book) -> pd.DataFrame:
        length = length_of(_period(book))
        found = measure(book, metrics, by=[*keys, length], resample=False).rename(columns={length: "period"})
        # Of other periods nothing is told by rows that hold no figure.
        told = found[["numerator", "denominator", "value"]].notna().any(axis=1)
        return found[told | found["period"].eq(_period(book))].reset_index(drop=True)

    return rows


def _partner(book: Book) -> pd.DataFrame:
    """Every metric by partner and period; deals are resampled for the intervals of the book's period alone."""
    found = _measured("partner_id")(book)
    # What is of a market, or of leads kept direct, is of no partner, whatever the source gives.
    told = set(found.loc[found["state"].ne("not_measurable"), "metric"])
    of_none = [name for name, metric in METRICS.items() if name not in told and not readiness.lacks_of(book, metric)]
    found = found[~found["metric"].isin(of_none)].reset_index(drop=True)
    drawn = [name for name, metric in METRICS.items() if metric.resample]
    asked = measure(book, drawn, by=["partner_id"])[["partner_id", "metric", "low", "high"]]
    asked["period"] = _period(book)
    limits = found[["partner_id", "metric", "period"]].merge(asked, how="left", on=["partner_id", "metric", "period"])
    return found.assign(**{name: found[name].fillna(limits[name].astype(float)) for name in ("low", "high")})


def _watched(book: Book, partner: pd.DataFrame) -> pd.DataFrame:
    """Signs that a partner may be about to leave, for those who are there: one row for each partner."""
    period = _period(book)
    now, before = (partner[partner["period"].eq(one)] for one in (period, book.calendar.year_before(period)))
    if book.calendar.end(period) > book.as_of:
        # The leads of some weeks are no fewer than those of a whole quarter.
        before = before[~before["metric"].isin(COUNTED)]
    there = book.query("SELECT partner_id FROM partners WHERE survivor_id = partner_id AND left_on IS NULL")
    watched = watch(now, before)
    return watched[watched["partner_id"].isin(there["partner_id"])].reset_index(drop=True)


def _knowledge(book: Book, settings: Settings) -> dict[str, pd.DataFrame]:
    """What each person at a partner was found to know, in words and by area, beside `level`: all who were assessed."""
    people = measure(book, ["knowledge"], by=["partner_id", "salesperson_id", "area"], resample=False)
    level = measure(book, ["knowledge"], by=["area"], resample=False)
    # As with peers: an average of few firms, of one owner perhaps, or an exact one, would tell of the others' people.
    owners = owners_of(book.query("SELECT partner_id, group_id FROM partners"))
    known = people[people["value"].notna()]
    firms = known.assign(owner=known["partner_id"].map(owners)).groupby("area")["owner"].nunique()
    level = level[level["area"].isin(firms.index[firms > settings.min_peers])]
    level = level.assign(value=level["value"].round())
    found = knowledge_of(people.drop(columns="partner_id"), level)
    # A Parquet column holds one type: what is a tuple of words becomes lines of text.
    lists = ("strengths", "weaknesses", "next_steps")
    found = found.assign(**{name: ["\n".join(items) for items in found[name]] for name in lists})
    told = people[["partner_id", "salesperson_id"]].drop_duplicates().merge(found, on="salesperson_id")
    areas = people[people["state"].eq("ok")].assign(period=_period(book))
    areas = areas.merge(level[["area", "value"]].rename(columns={"value": "level"}), on="area")
    return {"knowledge": told, "knowledge_areas": areas.sort_values(["salesperson_id", "area"])}


def _share_gaps(book: Book, settings: Settings, by_line: pd.DataFrame) -> pd.DataFrame:
    """How far the vendor's share of a partner's sales is from its goal, in the lines that have one."""
    period = _period(book)
    rows = by_line[by_line["line"].isin(settings.goal_lines)].rename(columns={"period": length_of(period)})
    now, before = (rows[rows[length_of(period)].eq(one)] for one in (period, book.calendar.year_before(period)))
    return share_gap(now, before=before)


def _peers(book: Book, settings: Settings, partner: pd.DataFrame) -> pd.DataFrame:
    """Each partner beside its peers, in every metric of the period in which more or less is better."""
    period = _period(book)
    sold = partner[partner["metric"].eq("revenue") & partner["period"].isin(book.calendar.year_to(period))]
    yearly, now = sold.groupby("partner_id")["value"].sum(), partner[partner["period"].eq(period)]
    return among_peers(now, book.table("partners"), yearly, min_others=settings.min_peers)


def _deals(book: Book) -> pd.DataFrame:
    """Opportunities open at the book's date, with the line and customer that they are about."""
    if not book.has("opportunities"):
        return pd.DataFrame(columns=["partner_id", "opportunity_id", "amount", "expected_close_on"])
    line = "p.line" if book.has("products") else "NULL"
    product = "LEFT JOIN products p USING (product_id)" if book.has("products") else ""
    customer = "coalesce(c.name, o.customer_id)" if book.has("customers") else "o.customer_id"
    buyer = "LEFT JOIN customers c ON o.customer_id = c.customer_id" if book.has("customers") else ""
    return book.query(
        "SELECT o.partner_id, o.opportunity_id, CAST(o.amount AS DOUBLE) AS amount, o.created_on, "
        f"o.expected_close_on, o.stage, o.salesperson_id, {line} AS line, {customer} AS customer "
        f"FROM opportunities o {product} {buyer} WHERE o.outcome = 'open' ORDER BY o.opportunity_id"
    )


def _of_managers(key: str, *, length: str | None, metrics: list[str]) -> Callable[[Book], pd.DataFrame]:
    """Measures by manager; none where the source has no managers in the key's table."""

    def rows(book: Book) -> pd.DataFrame:
        if not book.has(*key.split(".")):
            return pd.DataFrame(columns=["manager_id", "period", *_MEASURED])
        by, whose = length or length_of(_period(book)), key.removeprefix("sales.")
        found = measure(book, metrics, by=[whose, by], resample=False)
        return found.rename(columns={whose: "manager_id", by: "period"})[["manager_id", "period", *_MEASURED]]

    return rows


def _table(name: str) -> Callable[[Book], pd.DataFrame]:
    def rows(book: Book) -> pd.DataFrame:
        return book.table(name) if book.has(name) else pd.DataFrame({"partner_id": pd.Series([], dtype="str")})

    return rows


_FRAMES: dict[str, Callable[[Book], pd.DataFrame]] = {
    "partners": _table("partners"),
    "people": _table("salespeople"),
    "managers": _table("managers"),
    "contacts": _table("contacts"),
    "notes": _table("notes"),
    "candidates": _table("candidates"),
    "deals": _deals,
    "promises": scored,
    "partner_year": lambda book: measure(book, BY_YEAR, by=["partner_id", "year"], resample=False),
    "partner": _partner,
    "partner_line": _measured("partner_id", "line", metrics=BY_LINE),
    "partner_person": _measured("partner_id", "salesperson_id", metrics=BY_PERSON),
    "related": related,
    "group": _measured("group_id", metrics=BY_GROUP),
    "resold": lambda book: _measured("distributor_id", metrics=["sell_through"])(book).rename(
        columns={"distributor_id": "partner_id"}
    ),
    "portfolio": _of_managers("partners.manager_id", length=None, metrics=BY_MANAGER),
    "portfolio_year": _of_managers("partners.manager_id", length="year", metrics=BY_YEAR),
    "credited": _of_managers("sales.manager_id", length=None, metrics=["revenue", "attainment"]),
    "channel": _measured("channel"),
    "total": _measured(),
}


def _period(book: Book) -> str:
    return book.period or book.calendar.quarter_of(book.as_of)


def freeze(
    book: Book,
    folder: Path,
    settings: Settings,
    *,
    firsts: Sequence[Snapshot] = (),
    before: Snapshot | None = None,
) -> Snapshot:
    """Compute what the reports of the book's period need and write it to `folder`.

    `firsts` are the snapshots from which this period, and others, were first reported: what was restated since
    is in the table ``restated``. `before` is the snapshot of the review before this one: what changed since is in
    the tables ``changes`` and ``changes_in_all``. The same book, settings, firsts and review before give the same
    bytes; `data_version` is their hash.
    """
    folder.mkdir(parents=True, exist_ok=True)
    about = About(
        vendor=book.vendor.name,
        currency=book.vendor.currency,
        first_month=book.calendar.first_month,
        period=_period(book),
        as_of=book.as_of.isoformat(),
        undated=", ".join(book.undated),
        absent=", ".join(name for name in CONTRACT if not book.has(name)),
        pipeline_target=settings.pipeline_target,
        pipeline_low=settings.pipeline_band[0],
        pipeline_high=settings.pipeline_band[1],
        min_peers=settings.min_peers,
    )
    about = _since(before, about)
    fold_all(book)
    frames: dict[str, pd.DataFrame | pa.Table] = {name: make(book) for name, make in _FRAMES.items()}
    frames[CATALOGUE] = described()
    frames["peers"] = _peers(book, settings, frames["partner"])
    frames |= {"watch": _watched(book, frames["partner"])} | _knowledge(book, settings)
    frames["share_gap"] = _share_gaps(book, settings, frames["partner_line"])
    frames |= readiness.frames(book, frames["partner"])
    firms, period = frames["related"], _period(book)
    frames |= scoring.frames(book, frames["partner"], settings.scorecards, period=period)
    frames["members"] = members(firms, frames["partner"], period=period)
    frames["group"] = whole_group(firms, frames["partners"], frames["group"], period=period)
    frames |= planned(book, settings, {name: made for name, made in frames.items() if isinstance(made, pd.DataFrame)})
    write_ledger(book, folder / f"{LEDGER}.parquet")
    frames |= _changes(before, about, {name: frames[name] for name in changes.READ})
    frames[RESTATED] = _restated(firsts, about, folder)
    _write(frames, folder)
    digest = hashlib.sha256(json.dumps(asdict(about), sort_keys=True).encode())
    for name in sorted({*frames, LEDGER}):
        digest.update(name.encode() + (folder / f"{name}.parquet").read_bytes())
    version = digest.hexdigest()[:16]
    content = {
        "about": asdict(about),
        "data_version": version,
        "rows": {
            name: {"in": load.rows_in, "used": load.rows_used, "rejected": load.rows_rejected}
            for name, load in sorted(book.loads.items())
        },
    }
    (folder / ABOUT).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return Snapshot(folder, about, version)


def _since(before: Snapshot | None, about: About) -> About:
    """What a snapshot is of, with the review before it: of which period, as known when, why it is not compared with."""
    if before is None:
        return about
    then = before.about
    differs = {
        changes.CURRENCY: then.currency != about.currency,
        changes.CALENDAR: then.first_month != about.first_month,
        changes.VERSION: not changes.tells(_told(before)),
    }
    apart = next((name for name, differ in differs.items() if differ), "")
    return replace(about, before=then.period, before_as_of=then.as_of, apart=apart)


def _told(before: Snapshot) -> dict[str, pd.DataFrame]:
    """What the review before told, as far as it can be compared."""
    return changes.readable({name: before.frame(name) for name in changes.READ if name in before.names})


def _changes(before: Snapshot | None, about: About, now: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """What changed since the review before, by partner and in all."""
    if before is None or about.apart:
        return {changes.CHANGES: changes.nothing(), changes.CHANGES_IN_ALL: changes.nothing()}
    both = _told(before), now
    told = changes.Reviews((about.before, about.period), about.over, FiscalCalendar(about.first_month))
    return {changes.CHANGES: changes.changed(*both, told), changes.CHANGES_IN_ALL: changes.changed_in_all(*both, told)}


def restated_since(old: Snapshot, new: Snapshot) -> pd.DataFrame:
    """How revenue of the periods that were over in one snapshot is told in a later one.

    One row for each partner, period and cause: `amount` is what the cause adds to the partner's revenue,
    `in_all` to the whole channel's, `rows` and `rows_in_all` the numbers of sales behind them, `first_as_of` the day
    up to which things were known at first. None where the later one is in another currency, or knows less.

    >>> from tempfile import TemporaryDirectory
    >>> from channelnb.book.book import open_book
    >>> firms = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> def frozen(folder: str, *revenue: str) -> Snapshot:
    ...     sales = pd.DataFrame({"partner_id": "P1", "sold_on": "2026-08-01", "revenue": revenue})
    ...     with open_book({"partners": firms, "sales": sales}, quarter="2026Q3") as book:
    ...         return freeze(book, Path(folder), Settings())
    >>> with TemporaryDirectory() as one, TemporaryDirectory() as other:
    ...     found = restated_since(frozen(one, "5", "7"), frozen(other, "5", "7", "0.50"))
    >>> found[["partner_id", "period", "cause", "rows"]].to_dict("records")
    [{'partner_id': 'P1', 'period': '2026Q3', 'cause': 'late', 'rows': 1}]
    """
    rows: pd.DataFrame = _restated([old], new.about, new.folder).to_pandas()
    return rows


def _restated(firsts: Sequence[Snapshot], about: About, folder: Path) -> pa.Table:
    """What was restated since: each period against its own first report, others against the report known earliest.

    The period told of is compared with a report of its own alone: its first one must say what a second run says.
    """
    known = [
        first
        for first in firsts
        if first.about.currency == about.currency
        and first.about.as_of <= about.as_of
        and (first.folder / f"{LEDGER}.parquet").is_file()
    ]
    report_of = {first.about.period: first for first in reversed(known)}
    earliest = min(known, key=lambda first: (first.about.as_of, first.about.period), default=None)
    by_default = {about.period: None}
    calendar, new = FiscalCalendar(about.first_month), folder / f"{LEDGER}.parquet"
    found = [SCHEMA.append(pa.field("first_as_of", pa.string())).empty_table()]
    for first in known:
        old, day = first.folder / f"{LEDGER}.parquet", first.about.as_of
        closed = closed_months(old, new, on=date.fromisoformat(day), like=about.period, calendar=calendar)
        months = {m: p for m, p in closed.items() if report_of.get(p, by_default.get(p, earliest)) is first}
        rows = differences(old, new, months=months).cast(SCHEMA)
        found.append(rows.append_column("first_as_of", pa.array([day] * len(rows), pa.string())))
    return pa.concat_tables(found).sort_by([(name, "ascending") for name in ("partner_id", "period", "cause")])


def _write(frames: Mapping[str, pd.DataFrame | pa.Table], folder: Path) -> None:
    # DuckDB's own writer keeps exact decimals and, unlike pandas, puts no frame metadata in the file.
    with duckdb.connect() as con:
        con.execute("SET threads = 1")
        for name, frame in frames.items():
            con.register("rows", frame)
            con.execute("COPY (SELECT * FROM rows) TO ? (FORMAT parquet)", [str(folder / f"{name}.parquet")])
