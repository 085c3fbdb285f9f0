"""A partner's plans as they were made: which versions there are, which is in force, and how two of them differ."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from channelnb.book.book import Book
from channelnb.fiscal import FiscalCalendar

COMMITTED, DRAFT = "committed", "draft"
VERSIONS = ["partner_id", "version", "made_on", "made_by", "status", "line", "month", "target_revenue", "in_force"]
PROFITS = ["partner_id", "version", "made_on", "made_by", "status", "line", "month", "target_profit"]
_KEYS = ["partner_id", "version", "made_on", "made_by", "status", "line", "month"]

_KINDS = {
    **dict.fromkeys(("partner_id", "version", "made_by", "status", "line"), "str"),
    **dict.fromkeys(("made_on", "month"), "datetime64[us]"),
    **dict.fromkeys(("target_revenue", "target_profit"), "float64"),
    "in_force": "bool",
}


def read_versions(book: Book) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Every version of every partner's plan known at the book's date: the committed ones, the drafts, and the profits.

    One row of the first two is a version's line and month, in the vendor's currency; `line` and `version` are "" where
    the source has none, `in_force` says that the row is what revenue of its month is held against. A plan without a
    status is committed. A draft may not have been shown to the partner yet, and `target_profit`, of the third, is
    for the vendor alone.
    """
    if not book.has("plans", "partner_id"):
        empty = pd.DataFrame(columns=list(_KINDS)).astype(_KINDS)
        return empty[VERSIONS], empty[VERSIONS], empty[PROFITS]
    # The same query over both: a row counts where it is among the plans in force as well.
    kept, counts = (
        "SELECT partner_id, coalesce(version, '') AS version, made_on, coalesce(made_by, '') AS made_by, "
        f"coalesce(status, '{COMMITTED}') AS status, coalesce(line, '') AS line, month, "
        "CAST(sum(target_revenue) AS DOUBLE) AS target_revenue, CAST(sum(target_profit) AS DOUBLE) AS target_profit "
        f"FROM {table} WHERE partner_id IS NOT NULL GROUP BY ALL ORDER BY ALL"
        for table in ("plans", "plans_in_force")
    )
    rows = book.query(kept)
    in_force = book.query(counts)[_KEYS].assign(in_force=True)
    rows = rows.merge(in_force, on=_KEYS, how="left", validate="one_to_one")
    rows["in_force"] = rows["in_force"].eq(True)
    rows = rows.astype(_KINDS).sort_values(_KEYS, ignore_index=True)
    parts = (rows[rows["status"].ne(DRAFT)], rows[rows["status"].eq(DRAFT)], rows[rows["target_profit"].notna()])
    committed, drafts, profits = (part.reset_index(drop=True) for part in parts)
    return committed[VERSIONS], drafts[VERSIONS], profits[PROFITS]


def every_version(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The rows of `plan_versions` and of `plan_drafts`, which a partner's own edition has none of.

    >>> rows = pd.DataFrame({"version": ["v1"]})
    >>> len(every_version({"plan_versions": rows, "plan_drafts": rows}))
    2
    """
    drafts = frames["plan_drafts"]
    return pd.concat([frames["plan_versions"], drafts], ignore_index=True) if len(drafts) else frames["plan_versions"]


def known(versions: pd.DataFrame) -> pd.DataFrame:
    """The versions among one partner's rows of `plan_versions`, one row each, the latest first.

    A row has version, made_on, made_by, status, first and last month, `revenue` in all, and `in_force`: how many of
    its months count.

    >>> row = {"version": "v1", "made_on": "2026-06-01", "made_by": "Ann", "status": "draft", "line": "Disks"}
    >>> rows = pd.DataFrame([row | {"month": pd.Timestamp("2026-10-01"), "target_revenue": 5.0, "in_force": False}])
    >>> known(rows)[["version", "status", "revenue", "in_force"]].to_dict("records")
    [{'version': 'v1', 'status': 'draft', 'revenue': 5.0, 'in_force': 0}]
    """
    months = versions["month"].where(versions["in_force"].astype(bool))
    groups = versions.assign(counts=months).groupby(["made_on", "version", "made_by", "status"], dropna=False)
    rows = groups.agg(
        first=("month", "min"), last=("month", "max"), revenue=("target_revenue", "sum"), in_force=("counts", "nunique")
    )
    columns = ["version", "made_on", "made_by", "status", "first", "last", "revenue", "in_force"]
    return rows.reset_index().sort_values(["made_on", "version"], ascending=False, ignore_index=True)[columns]


def compared(one: pd.DataFrame, other: pd.DataFrame, *, by: list[str]) -> pd.DataFrame:
    """Two plans side by side, one row for each key of either: `one`, `other` and `change`, the other less the one.

    Needs rows of one partner with the keys (of line, month, year) and `revenue`; only months that both have are
    compared, so that a longer plan is not more. What one of them does not plan is 0 in it.

    >>> one = pd.DataFrame({"month": ["2027-01", "2027-02"], "line": "Disks", "revenue": [5.0, 9.0]})
    >>> other = pd.DataFrame({"month": ["2027-01"], "line": "Disks", "revenue": [7.0]})
    >>> compared(one, other, by=["line"]).to_dict("records")
    [{'line': 'Disks', 'one': 5.0, 'other': 7.0, 'change': 2.0}]
    """
    shared = set(one["month"]) & set(other["month"])
    sums = [
        rows[rows["month"].isin(shared)].groupby(by)["revenue"].sum().astype("float64").round(2)
        for rows in (one, other)
    ]
    found = pd.concat(sums, axis=1, keys=["one", "other"]).fillna(0.0).sort_index()
    return found.assign(change=(found["other"] - found["one"]).round(2)).reset_index()


def in_force(versions: pd.DataFrame, *, calendar: FiscalCalendar) -> pd.DataFrame:
    """What counts as a partner's plan, as line, month, fiscal year and revenue.

    >>> row = {"line": "Disks", "month": pd.Timestamp("2026-10-01"), "target_revenue": 5.0}
    >>> rows = pd.DataFrame([row | {"in_force": True}, row | {"in_force": False}])
    >>> len(in_force(rows, calendar=FiscalCalendar()))
    1
    """
    rows = versions[versions["in_force"].astype(bool)]
    return _yearly(rows.rename(columns={"target_revenue": "revenue"}), calendar)


def latest_draft(versions: pd.DataFrame, *, after: pd.Period, calendar: FiscalCalendar) -> pd.DataFrame:
    """The months from one on of the draft that was made last, as line, month, fiscal year and revenue; empty if none.

    >>> row = {"line": "Disks", "month": pd.Timestamp("2026-10-01"), "target_revenue": 5.0, "in_force": False}
    >>> rows = pd.DataFrame([row | {"version": "v2", "made_on": pd.Timestamp("2026-09-01"), "status": "draft"}])
    >>> latest_draft(rows, after=pd.Period("2026-10"), calendar=FiscalCalendar())["revenue"].tolist()
    [5.0]
    """
    rows = versions[versions["status"].eq(DRAFT) & (pd.to_datetime(versions["month"]) >= after.start_time)]
    if len(rows):
        last = rows.sort_values(["made_on", "version"], na_position="first").iloc[-1]
        same_day = rows["made_on"].eq(last["made_on"]) | (rows["made_on"].isna() & pd.isna(last["made_on"]))
        rows = rows[same_day & rows["version"].eq(last["version"])]
    return _yearly(rows.rename(columns={"target_revenue": "revenue"}), calendar)


def _yearly(rows: pd.DataFrame, calendar: FiscalCalendar) -> pd.DataFrame:
    year = [calendar.year_of(month) for month in rows["month"]]
    return rows.assign(year=pd.Series(year, index=rows.index, dtype="str"))[["line", "month", "year", "revenue"]]
