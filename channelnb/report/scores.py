"""The partner's scores on a page: by category with their range, and the metrics that they are made of."""

from __future__ import annotations

from typing import Any

import pandas as pd

from channelnb.frames import records
from channelnb.metrics.known import KNOWN
from channelnb.narrative import scores as said
from channelnb.narrative.facts import CHANGE, TARGET, Fact
from channelnb.narrative.sentence import Stated, defined, named, say, stated
from channelnb.numbers import percent, value_text, whole_number
from channelnb.report.blocks import paragraph
from channelnb.report.page import day_text
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import metric_fact, narrative, shown_figure, spoken
from channelnb.scoring import ALL
from channelnb.slice import Slice

_HOW = (
    "A metric's score is how much of its target was reached, at most all of it; where less is better it is full up to "
    "the target and nil at twice the target. The range is exact: it is what the score can be with each weight up to "
    "20 % higher or lower."
)


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
        score = facts.of(said.SCORE, period, category=category, unit="score")
        change = facts.of(said.SCORE, period, role=CHANGE, category=category, unit="points")
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


def _by_metric(partner: Slice) -> Shown:
    """Each metric behind the scores: its value, its target, and how much of its category it counts for."""
    facts, period, currency = partner.facts, partner.about.period, partner.about.currency
    rows = partner.frames["score_metrics"]
    shown: list[dict[str, Any]] = []
    for row in records(rows[rows["period"].eq(period)]):
        metric, category = KNOWN[row["metric"]], str(row["category"])
        target = facts.of(metric.name, period, role=TARGET, unit=metric.unit, category=category)
        score = facts.of(said.SCORE, period, category=category, scored=metric.name, unit="score")
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
