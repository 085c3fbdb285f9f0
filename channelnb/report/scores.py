"""The partner's scores on a page: by category with their range, and the metrics that they are made of."""

from __future__ import annotations

from typing import Any

import pandas as pd

from channelnb.fiscal import day_text
from channelnb.frames import records
from channelnb.metrics.known import KNOWN
from channelnb.narrative import pictures
from channelnb.narrative import scores as said
from channelnb.narrative.facts import CHANGE, TARGET, Fact
from channelnb.narrative.sentence import Stated, defined, named, say, stated
from channelnb.numbers import percent, value_text, whole_number
from channelnb.report.blocks import paragraph
from channelnb.report.charts import draw, score_panels
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import metric_fact, narrative, shown_figure, spoken, told
from channelnb.scorecards import CATEGORIES
from channelnb.scoring import ALL, MOVE, SCORE
from channelnb.slice import Slice

_HOW = (
    "A metric's score is how much of its target was reached, at most all of it; where less is better it is full up to "
    "the target and nil at twice the target. The range is exact: it is what the score can be with each weight up to "
    "20 % higher or lower."
)

_PERIODS = 8
_TITLES = {ALL: "In all"}
_READ_BY = "Each dot is a score; the thin line through it is what it can be with each weight up to "
_JOINED = " higher or lower. From {length} to {length} dots are joined where the same metrics counted."


def scores(partner: Slice) -> Shown:
    """The partner's scores of the period, and what they are made of; nothing where no scorecard is in force.

    >>> from channelnb.snapshot import About
    >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
    >>> scores(Slice(about, "v1", "internal", "P1", {"scores": pd.DataFrame({"period": []})})).text
    ''
    """
    period = partner.about.period
    rows = partner.frames["scores"]
    rows = rows[rows["period"].eq(period)]
    if rows.empty:
        return together([])
    facts, before = partner.facts, partner.calendar.shift(period, -1)
    extremes = said.extremes(facts, period)
    sentences = [
        said.in_all(facts, period, before, so_far=not partner.over),
        *([extremes] if extremes else []),
        *said.left_out(facts, period),
        *said.not_compared(facts, period, before),
    ]
    card = records(rows)[0]
    channel = ("the scorecard of the channel ", named(card["scorecard"])) if card["scorecard"] else ()
    since = day_text(card["since"])
    scored_by = say(
        "Scored by ", *(channel or ("the default scorecard",)), f", in force since {since}. ", defined(_HOW)
    )
    return together(
        [
            narrative(sentences, partner.about.currency),
            _by_category(partner, rows, before),
            _over_time(partner),
            _by_metric(partner),
            paragraph(spoken(scored_by, partner.about.currency)),
        ]
    )


def _by_category(partner: Slice, rows: pd.DataFrame, before: str) -> Shown:
    """The score of each category and in all, with range and change."""
    facts, period = partner.facts, partner.about.period
    shown = []
    for row in records(rows):
        category = str(row["category"])
        score = facts.of(SCORE, period, category=category, unit="score")
        change = facts.of(SCORE, period, role=CHANGE, category=category, unit="points")
        shown.append(
            {
                "category": "In all" if category == ALL else category.capitalize(),
                "score": _kept(said.score_of(score)),
                "range": spoken(say(*said.range_of(score)), "") if score.low is not None else "\N{EN DASH}",
                "change": _kept(_signed(change)) if change.known else "\N{EN DASH}",
                "metrics": f"{row['n']} of {row['of']}",
            }
        )
    formats = {
        "category": ColumnFormat("Category"),
        "score": ColumnFormat("Score", "number"),
        "range": ColumnFormat("Range", "number"),
        "change": ColumnFormat(f"Change on {before}", "number"),
        "metrics": ColumnFormat("Metrics scored", "number"),
    }
    return table(pd.DataFrame(shown), id="scores", columns=formats, caption=f"Scores of {period}, from 0 to 100")


def _over_time(partner: Slice) -> Shown:
    """The scores of the last periods, a small picture for each category; nothing where there is one period alone."""
    facts, currency = partner.facts, partner.about.currency
    rows = partner.frames["scores"]
    periods = sorted(rows.loc[rows["score"].notna() & rows["period"].le(partner.about.period), "period"].unique())
    periods = [str(period) for period in periods][-_PERIODS:]
    if len(periods) < 2:
        return Shown("")
    drawn = _drawn(partner, rows[rows["period"].isin(periods)])
    return draw(
        score_panels,
        drawn,
        alt=spoken(pictures.scores_over_time(facts, periods), currency),
        caption=told(_READ_BY, defined(percent(MOVE)), _JOINED.format(length=partner.length)),
        table=_by_period(partner, periods),
        panels=drawn["category"].nunique(),
        height=3.6,
    )


def _drawn(partner: Slice, rows: pd.DataFrame) -> pd.DataFrame:
    """One row per category that ever had a score, and period: the score, its ends, and whether it can be compared."""
    metrics, calendar = partner.frames["score_metrics"], partner.calendar
    scored = [name for name in (ALL, *CATEGORIES) if rows.loc[rows["category"].eq(name), "score"].notna().any()]
    return pd.DataFrame(
        [
            {
                **{name: row[name] for name in ("period", "score", "low", "high")},
                "category": _TITLES.get(category, category.capitalize()),
                "joined": said.comparable(metrics, category, row["period"], calendar.shift(row["period"], -1)),
            }
            for category in scored
            for row in records(rows[rows["category"].eq(category)].sort_values("period"))
        ]
    )


def _by_period(partner: Slice, periods: list[str]) -> Shown:
    """The scores behind the small pictures, each with its range."""
    shown = [
        {"period": period} | {category: _with_ends(partner, category, period) for category in (ALL, *CATEGORIES)}
        for period in periods
    ]
    formats = {"period": ColumnFormat(partner.length.capitalize())} | {
        category: ColumnFormat(_TITLES.get(category, category.capitalize()), "number")
        for category in (ALL, *CATEGORIES)
    }
    return table(pd.DataFrame(shown), id="scores-by-period", columns=formats, caption="Scores, and their ranges")


def _with_ends(partner: Slice, category: str, period: str) -> Shown:
    fact = partner.facts.of(SCORE, period, category=category, unit="score")
    score = _kept(said.score_of(fact)) if fact.known else Shown("\N{EN DASH}", (fact,), "\N{EN DASH}")
    if fact.low is None or fact.high is None or not fact.known:
        return score
    ends = f"{whole_number(fact.low)}\N{EN DASH}{whole_number(fact.high)}"
    return Shown(f"{score.html} <small>{ends}</small>", score.facts, f"{score.text}, {ends}")


def _by_metric(partner: Slice) -> Shown:
    """Each metric behind the scores: its value, its target, and how much of its category it counts for."""
    facts, period, currency = partner.facts, partner.about.period, partner.about.currency
    rows = partner.frames["score_metrics"]
    shown: list[dict[str, Any]] = []
    for row in records(rows[rows["period"].eq(period)]):
        metric, category = KNOWN[row["metric"]], str(row["category"])
        target = facts.of(metric.name, period, role=TARGET, unit=metric.unit, category=category)
        score = facts.of(SCORE, period, category=category, scored=metric.name, unit="score")
        at_most = "at most " if metric.better == "lower" else ""
        shown.append(
            {
                "metric": metric.label,
                "category": category.capitalize(),
                "value": shown_figure(metric_fact(facts, metric, period), currency),
                "target": _kept(stated(target, at_most + value_text(target.value or 0.0, metric.unit, currency))),
                "share": "\N{EN DASH}" if pd.isna(row["share"]) else percent(row["share"], digits=0),
                "score": _kept(said.score_of(score)) if score.known else "left out",
            }
        )
    formats = {
        "metric": ColumnFormat("Metric"),
        "score": ColumnFormat("Score", "number"),
        "value": ColumnFormat(period, "number"),
        "target": ColumnFormat("Target", "number"),
        "share": ColumnFormat("Of its category", "number"),
        "category": ColumnFormat("Category"),
    }
    return table(pd.DataFrame(shown), id="score-metrics", columns=formats, caption="What the scores are made of")


def _signed(change: Fact) -> Stated:
    value = change.value or 0.0
    size = whole_number(abs(value))
    sign = "" if size == "0" else "+" if value > 0 else "\N{MINUS SIGN}"
    return stated(change, sign + size)


def _kept(figure: Stated) -> Shown:
    """A figure written in its own way, with its fact among those of the page."""
    return Shown(figure.html, (figure.fact,) if figure.fact else (), figure.text)
