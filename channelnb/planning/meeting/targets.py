"""Targets of the next period that a run names: typed kinds, each bound to what is measured."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from channelnb.book.book import Book
from channelnb.chosen import Settings
from channelnb.planning.maker import Made, Maker
from channelnb.planning.meeting.target_kinds import DEFAULT, TARGET_KINDS
from channelnb.planning.sides.funds import FUNDS

NEXT_TARGETS, UPDATES = "next_targets", "updates"
"""The tables of a snapshot that hold the targets of the next period, and what the vendor has to tell."""

COLUMNS = {
    **dict.fromkeys(("partner_id", "period", "target", "unit"), "str"),
    "place": "int64",
    **dict.fromkeys(("value", "reached", "in_place", "funds_open"), "float64"),
}
"""The columns of the table of targets, and what is in them."""


def next_targets(book: Book, settings: Settings, made: Made) -> dict[str, pd.DataFrame]:
    """The targets of the period after the book's, and what the vendor has to tell, for each partner that is there.

    A row of ``next_targets`` is a partner and target: `value`, what was `reached` in the book's period, and what is
    `in_place` for the next one already (planned activities, campaigns that run on or are planned), if that can be
    told. Of development funds `funds_open` says what can still be granted in that period: what is left of funds that
    are open in it, and what is asked for and not decided; NaN where no table tells of funds. A row of ``updates`` is a
    partner and text. Both are empty where the run names none.
    """
    firms = made["partners"]
    there = firms.loc[firms["survivor_id"].eq(firms["partner_id"]), ["partner_id"]].sort_values("partner_id")
    texts = pd.DataFrame({"place": range(len(settings.updates)), "text": list(settings.updates)}).astype(
        {"text": "str"}
    )
    updates = there.merge(texts, how="cross").sort_values(["partner_id", "place"], ignore_index=True)
    return {NEXT_TARGETS: _targets(book, settings, made, there), UPDATES: updates}


def _targets(book: Book, settings: Settings, made: Made, there: pd.DataFrame) -> pd.DataFrame:
    given = pd.DataFrame(settings.next_targets, columns=["partner_id", "target", "value"])
    usual, own = given[given["partner_id"].eq(DEFAULT)], given[~given["partner_id"].eq(DEFAULT)]
    every = there.merge(usual.drop(columns="partner_id"), how="cross")
    # What is set for a partner comes before what is set for all.
    rows = pd.concat([own[own["partner_id"].isin(there["partner_id"])], every])
    rows = rows.drop_duplicates(["partner_id", "target"])
    if rows.empty:
        return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in COLUMNS.items()})
    period = book.period or book.calendar.quarter_of(book.as_of)
    after = book.calendar.shift(period, 1)
    order = {name: place for place, name in enumerate(TARGET_KINDS)}
    parts = [
        part.assign(
            period=after,
            place=order[str(name)],
            unit=TARGET_KINDS[str(name)].unit,
            reached=part["partner_id"].map(_reached(book, made, str(name), period)),
            in_place=part["partner_id"].map(_in_place(book, made, str(name), after)),
            funds_open=part["partner_id"].map(_funds_open(book, made, str(name), after)),
        )
        for name, part in rows.groupby("target")
    ]
    return pd.concat(parts)[list(COLUMNS)].astype(COLUMNS).sort_values(["partner_id", "place"], ignore_index=True)


def _reached(book: Book, made: Made, name: str, period: str) -> pd.Series:
    if name in _SUMS:
        return _summed(book, name, period)
    return _sum(made["partner"], TARGET_KINDS[name].metrics, period)


def _sum(measured: pd.DataFrame, metrics: tuple[str, ...], period: str) -> pd.Series:
    rows = measured[measured["metric"].isin(metrics) & measured["period"].eq(period)]
    return rows.groupby("partner_id")["value"].sum(min_count=1)


def _in_place(book: Book, made: Made, name: str, after: str) -> pd.Series:
    kind = TARGET_KINDS[name]
    period = book.calendar.shift(after, -1)
    if kind.ahead:
        return _sum(made["partner"], kind.ahead, period)
    if not kind.activity or not book.has("activities", "status"):
        return pd.Series(dtype="float64")
    first, last = book.calendar.start(after), book.calendar.end(after)
    planned = book.query(
        f"SELECT partner_id, count(*) AS planned FROM activities WHERE kind = '{kind.activity}' AND status = 'planned' "
        f"AND held_on BETWEEN DATE '{max(first, book.as_of + timedelta(days=1))}' AND DATE '{last}' "
        "GROUP BY partner_id ORDER BY partner_id"
    )
    firms = made["partners"]["partner_id"]
    return planned.set_index("partner_id")["planned"].reindex(firms, fill_value=0).astype("float64")


def _funds_open(book: Book, made: Made, name: str, after: str) -> pd.Series:
    """What can still be granted to each partner in the next period; of targets that take no funds nothing."""
    if name != FUNDED or not book.has("mdf_budgets"):
        return pd.Series(dtype="float64")
    rows = made[FUNDS]
    begins, ends = (pd.to_datetime(rows[column]) for column in ("begins_on", "expires_on"))
    first, last = (pd.Timestamp(day) for day in (book.calendar.start(after), book.calendar.end(after)))
    left = rows["left"].where((begins <= last) & (ends.isna() | (ends >= first)), 0.0)
    sums = (left + rows["pending"]).groupby(rows["partner_id"]).sum()
    return sums.reindex(made["partners"]["partner_id"], fill_value=0.0).astype("float64")


FUNDED = "mdf_secured"
"""The target that takes development funds."""

_SUMS = {
    "registered": ("opportunities", "amount", "registered_on", "true"),
    FUNDED: ("mdf_claims", "amount_approved", "decided_on", "decision = 'approved'"),
}
"""What no metric tells: the table, amount, day and condition that it is summed from."""


def _summed(book: Book, name: str, period: str) -> pd.Series:
    """What each partner reached in a period, as known today; 0 for one of which the table has no row in it."""
    table, amount, day, where = _SUMS[name]
    if not book.has(table, day, amount):
        return pd.Series(dtype="float64")
    first, last = book.calendar.start(period), min(book.calendar.end(period), book.as_of)
    rows = book.query(
        f"SELECT partner_id, CAST(coalesce(sum({amount}), 0) AS DOUBLE) AS amount "
        "FROM (SELECT partner_id FROM partners) "
        f"LEFT JOIN (SELECT partner_id, {amount} FROM {table} WHERE {where} AND {day} BETWEEN DATE '{first}' "
        f"AND DATE '{last}') USING (partner_id) GROUP BY partner_id ORDER BY partner_id"
    )
    return rows.set_index("partner_id")["amount"]


MAKER = Maker(next_targets, (NEXT_TARGETS, UPDATES), for_the_partner=(NEXT_TARGETS, UPDATES))
