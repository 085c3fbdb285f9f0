"""The readiness report, cell by cell: whether the data can be trusted, what they tell, and what would unlock more."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from channelnb.book.tables import CONTRACT
from channelnb.fiscal import day_text
from channelnb.frames import records
from channelnb.metrics.readiness import ALL, thin
from channelnb.narrative import readiness
from channelnb.narrative.facts import Fact, Facts
from channelnb.narrative.figures import Markup
from channelnb.narrative.sentence import Piece, listed, mid_sentence, say, stated
from channelnb.report.blocks import Card, callout, cards, labelled, lead, mark, sentences
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import narrative, spoken
from channelnb.snapshot import Snapshot

__all__ = ["as_today", "metrics", "rules", "summary", "tables", "trust", "unlocks"]

_NAME = re.compile("`([^`]*)`")
_TONES = {"error": ("up", "bad"), "warning": ("up", "neutral"), "note": ("level", "neutral")}


@dataclass(frozen=True)
class _Page:
    """A snapshot's frames that tell of readiness, and their facts."""

    snapshot: Snapshot
    facts: Facts

    @property
    def period(self) -> str:
        return self.snapshot.about.period

    @property
    def currency(self) -> str:
        return self.snapshot.about.currency

    def frame(self, name: str) -> pd.DataFrame:
        return self.snapshot.frame(f"readiness_{name}")

    def of(self, metric: str, **grain: str) -> Fact:
        return self.facts.of(metric, self.period, **grain)

    def line(self, *pieces: Piece) -> Shown:
        return spoken(say(*pieces), self.currency)


def _page(snapshot: Snapshot) -> _Page:
    names = ("tables", "columns", "metrics", "findings", "rules")
    frames = {f"readiness_{name}": snapshot.frame(f"readiness_{name}") for name in names}
    return _Page(snapshot, readiness.gather(frames, period=snapshot.about.period))


def summary(snapshot: Snapshot) -> Shown:
    """The page's summary: how much can be measured, whether it can be trusted, and what to do next."""
    page = _page(snapshot)
    rejected = page.of("rows_rejected")
    lost = stated(rejected, f"{int(rejected.value or 0):,}" if rejected.value else "none")
    figures = [
        Card("Metrics measured", page.of("metrics_measurable"), page.line("of ", page.of("metrics"))),
        Card(
            "Rows used",
            page.of("rows_used"),
            page.line("of ", page.of("rows_in"), " that came in; ", lost, " rejected"),
        ),
        Card(
            "Errors in the data",
            page.of("findings", severity="error"),
            page.line("and ", page.of("findings", severity="warning"), " warnings, which may mislead"),
        ),
    ]
    opening = lead(page.line(*readiness.finding(page.facts, page.period).pieces))
    return together([opening, cards(figures, currency=page.currency), *_next(page)])


def _next(page: _Page) -> list[Shown]:
    """What there is to decide: when the gravest error is mended, or else whether to give what unlocks most."""
    findings, more = page.frame("findings"), page.frame("unlocks")
    errors = findings[findings["severity"] == "error"]
    if len(errors):
        first = records(errors)[0]
        said = f"Mend first: {_what(first)} ({_where(first)}). {first['remedy']}"
        whether = "Whether reports are handed out before the data are mended, and who mends them by when."
        return [callout(_coded(said), tone="bad"), labelled("To decide", sentences([whether]))]
    useful = records(more[more["metrics"] != ""])
    if not useful:
        return []
    gain = [mid_sentence(label) for label in _labels(page, useful[0]["metrics"])]
    unlocks = callout(f"What would unlock most: {_item(useful[0]['give'])}. It brings {listed(gain)}.")
    return [unlocks, labelled("To decide", sentences(["Whether this is exported too, and who sees to it by when."]))]


def trust(snapshot: Snapshot) -> Shown:
    """What is wrong with the data or suspicious in them, the gravest first, and what to do about it."""
    page = _page(snapshot)
    said = [readiness.rows(page.facts, page.period), *readiness.severities(page.facts, page.period)]
    findings = page.frame("findings")
    if findings.empty:
        return narrative(said, page.currency)
    shown = [_finding(page, row) for row in records(findings)]
    formats = {
        "what": ColumnFormat("What"),
        "severity": ColumnFormat("Severity"),
        "where": ColumnFormat("Where"),
        "rows": ColumnFormat("Rows", "count"),
        "found": ColumnFormat("The first of them"),
        "why": ColumnFormat("Why it matters"),
        "remedy": ColumnFormat("What to do"),
    }
    caption = "What the data get wrong, or may, the gravest first"
    return together(
        [narrative(said, page.currency), table(pd.DataFrame(shown), id="findings", columns=formats, caption=caption)]
    )


def _finding(page: _Page, row: dict[str, Any]) -> dict[str, Any]:
    column = row["column"] if isinstance(row["column"], str) else ""
    arrow, tone = _TONES[row["severity"]]
    rule = str(row["rule"])
    found = f"row {row['first_rows']}: {row['found']}" if " " in rule else row["found"]
    return {
        "what": _what(row),
        "severity": mark(row["severity"], arrow=arrow, tone=tone),
        "where": _where(row),
        "rows": page.of("finding_rows", table=row["table"], rule=rule, column=column),
        "found": found,
        "why": _coded(row["reason"]),
        "remedy": _coded(row["remedy"]),
    }


def _what(row: dict[str, Any]) -> str:
    """What is wrong, in a few words: a reject's rule says what the cell broke."""
    words = str(row["rule"]).replace("_", " ")
    return words[:1].upper() + words[1:]


def _coded(text: str) -> Markup:
    """A text whose words between backticks are names in the data.

    >>> _coded("Mend `line`.").html
    'Mend <code>line</code>.'
    """
    html = _NAME.sub(r"<code>\1</code>", escape(text))
    return Markup(html, text.replace("`", ""))


def rules(snapshot: Snapshot) -> Shown:
    """What was looked for, whether anything was found or not, and what could not be looked for."""
    page = _page(snapshot)
    shown = [
        {
            "what": _what(row),
            "why": _coded(row["reason"]),
            "places": page.of("places_looked_at", rule=row["rule"]),
            "rows": page.of("rows_found", rule=row["rule"]),
        }
        for row in records(page.frame("rules"))
    ]
    formats = {
        "what": ColumnFormat("What"),
        "why": ColumnFormat("Why it matters"),
        "places": ColumnFormat("Columns and tables looked at", "count"),
        "rows": ColumnFormat("Rows found", "count"),
    }
    caption = "What was looked for in the data, beside what the contract refuses"
    return table(pd.DataFrame(shown), id="rules", columns=formats, caption=caption)


def _where(row: dict[str, Any]) -> str:
    known = isinstance(row["column"], str) and row["column"]
    return f"{row['column']} in {row['table']}" if known else str(row["table"])


def metrics(snapshot: Snapshot) -> Shown:
    """Each metric: for how many partners it can be told, and why not for the others."""
    page = _page(snapshot)
    frame = page.frame("metrics")
    order = frame.sort_values("ok", ascending=False, kind="stable")
    formats = {
        "metric": ColumnFormat("Metric"),
        "category": ColumnFormat("Category"),
        "measured": ColumnFormat("Partners with a figure", "count"),
        **({"few": ColumnFormat("With too few cases", "count")} if order["too_few"].any() else {}),
        "why": ColumnFormat("Why not for the others"),
    }
    partners = int(frame["partners"].max())
    caption = f"What can be measured for {page.period}, and for how many of {partners:,} partners"
    whole = set(frame.loc[readiness.of_the_whole(frame), "metric"])
    shown = pd.DataFrame([_metric(page, row, by_partner=row["metric"] not in whole) for row in records(order)])
    return together(
        [
            narrative(readiness.measurable(order, period=page.period), page.currency),
            table(shown, id="metrics", columns=formats, caption=caption),
        ]
    )


def _metric(page: _Page, row: dict[str, Any], *, by_partner: bool) -> dict[str, Any]:
    lacks = [_item(item) for item in row["lacks"].split(", ") if item]
    few = page.of("partners_too_few", of_metric=row["metric"])
    ahead = "" if row["period"] == page.period else f" ({row['period']})"
    return {
        "metric": f"{row['label']}{ahead}",
        "category": row["category"],
        "measured": page.of("partners_measured", of_metric=row["metric"]),
        "few": few if row["too_few"] else None,
        "why": _why(row, lacks) if by_partner else "not measured by partner, only for the channel as a whole",
    }


def _why(row: dict[str, Any], lacks: list[str]) -> str:
    if lacks:
        return f"needs {listed(lacks)}"
    return str(row["absent"]) if row["partners"] > row["ok"] + row["too_few"] else ""


def unlocks(snapshot: Snapshot) -> Shown:
    """What the source does not give: what would unlock metrics, the most useful first, and what else there could be."""
    page = _page(snapshot)
    frame = page.frame("unlocks")
    if frame.empty:
        return callout("The source gives all that the reports ask for.", tone="good")
    useful = (frame[["metrics", "together"]] != "").any(axis=1)
    parts = [_gains(page, frame[useful])] if useful.any() else []
    others = frame[~useful].assign(give=[_item(give) for give in frame.loc[~useful, "give"]])
    if len(others):
        formats = {"give": ColumnFormat("Give"), "also": ColumnFormat("And see on the pages")}
        parts.append(table(others, id="more", columns=formats, caption="What else reports could tell"))
    return together(parts)


def _gains(page: _Page, frame: pd.DataFrame) -> Shown:
    shown = [
        {
            "give": _item(row["give"]),
            "metrics": listed(_labels(page, row["metrics"])) or None,
            "together": listed(_labels(page, row["together"])) or None,
        }
        for row in records(frame)
    ]
    formats = {"give": ColumnFormat("Give"), "metrics": ColumnFormat("And get")}
    if any(row["together"] for row in shown):
        formats["together"] = ColumnFormat("Together with others, also")
    return table(pd.DataFrame(shown), id="unlocks", columns=formats, caption="What would unlock most")


def _labels(page: _Page, names: str) -> list[str]:
    labels = page.frame("metrics").set_index("metric")["label"]
    return [str(labels.get(name, name)) for name in names.split(", ") if name]


def _item(give: str) -> str:
    """A table, or a column with what it holds, in words.

    >>> _item("leads"), _item("sales.cost")
    ('leads', 'cost in sales (what it cost the vendor, row total)')
    """
    name, _, column = give.partition(".")
    known = CONTRACT[name].by_name.get(column) if name in CONTRACT else None
    if known is not None:
        return f"{column} in {name} ({known.about})"
    return f"{column} in {name}" if column else name.replace("_", " ")


def tables(snapshot: Snapshot) -> Shown:
    """What came in: each table with its rows in, used and rejected, and how many of its columns are given."""
    page = _page(snapshot)
    frame = page.frame("tables")
    shown = [
        {
            "table": row["table"].replace("_", " "),
            "file": row["file"],
            **{name: page.of(name, table=row["table"]) for name in ("rows_in", "rows_used", "rows_rejected")},
            "columns": f"{row['columns_given']} of {row['columns']}",
        }
        for row in records(frame[frame["given"]])
    ]
    formats = {
        "table": ColumnFormat("Table"),
        "file": ColumnFormat("From"),
        "rows_in": ColumnFormat("Rows in", "count"),
        "rows_used": ColumnFormat("Used", "count"),
        "rows_rejected": ColumnFormat("Rejected", "count"),
        "columns": ColumnFormat("Columns given", "count"),
    }
    caption = "What came in, table by table: rows in are rows used plus rows rejected"
    return together([table(pd.DataFrame(shown), id="tables", columns=formats, caption=caption), *_thin(page)])


def _thin(page: _Page) -> list[Shown]:
    columns = page.frame("columns")
    rows = records(columns[thin(columns)])
    said = [
        say(
            f"{row['column']} in {row['table']} is filled in for ",
            page.of("column_filled", table=row["table"], column=row["column"]),
            " of the rows only, though metrics read it.",
        )
        for row in rows
    ]
    return [narrative(said, page.currency)] if said else []


def as_today(snapshot: Snapshot) -> Shown:
    """What of the data carries no date, so that a report on the past shows it as it is today."""
    page = _page(snapshot)
    frame = page.frame("tables")
    whole = [name.replace("_", " ") for name in frame.loc[frame["as_today"] == ALL, "table"]]
    part = frame[~frame["as_today"].isin(["", ALL])]
    day = day_text(snapshot.about.as_of)
    said = [
        f"What carries a date is shown as it was known on {day}; what carries none, as it is today.",
        *([f"All of these is as it is today: {listed(whole)}."] if whole else []),
    ]
    if part.empty:
        return sentences(said)
    shown = part[["table", "as_today"]].map(lambda text: text.replace("_", " "))
    formats = {"table": ColumnFormat("Table"), "as_today": ColumnFormat("As it is today")}
    caption = "Columns that cannot be taken back to an earlier day"
    return together([sentences(said), table(shown, id="as-today", columns=formats, caption=caption)])
