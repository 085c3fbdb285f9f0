"""The matrix on a manager's page: each partner by what it reached and what it does, and how sure its place is."""

from __future__ import annotations

import pandas as pd

from channelnb.frames import records
from channelnb.narrative import matrix as words
from channelnb.narrative.scores import range_of, score_of
from channelnb.narrative.sentence import say
from channelnb.planning.matrix import ACROSS, UNDECIDED, UPWARDS
from channelnb.portfolios import Portfolio
from channelnb.report.blocks import absence
from channelnb.report.charts import draw, matrix_with_ranges
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import narrative, run_on, spoken
from channelnb.scoring import SCORE

MOST_DOTS = 40
"""How many partners are drawn: more would hide each other."""

MOST_ROWS = 100
"""How many partners the table beside the picture has, those that are drawn first."""


def matrix(portfolio: Portfolio) -> Shown:
    """Each partner by performance and activity, with the range of both scores: a picture, and who calls for what.

    One line where no scorecard is in force, or too few partners have a score.
    """
    facts, about, placed = portfolio.facts, portfolio.about, portfolio.placed
    if placed.empty:
        return absence("Partners cannot be set side by side by their scores: too few have one in this period.")
    names = dict(zip(portfolio.standing["partner_id"], portfolio.standing["name"], strict=True))
    period, medians = about.period, portfolio.frames["score_borders"].set_index("category")["median"]
    drawn = _clearest(placed.assign(name=placed["partner_id"].map(names), decided=placed["quadrant"].ne(UNDECIDED)))
    said = words.finding(facts, period)
    cut = words.drawn(facts, period, most=MOST_DOTS, listed=MOST_ROWS)
    picture = draw(
        matrix_with_ranges,
        drawn.head(MOST_DOTS),
        alt=spoken(said, about.currency),
        caption=run_on([words.reading(facts, period), *cut], about.currency),
        table=_listed(portfolio, drawn),
        borders=(float(medians[ACROSS]), float(medians[UPWARDS])),
        quadrants=list(words.MEANS.values()),
        scales=(f"{ACROSS.capitalize()}, score of 100", f"{UPWARDS.capitalize()}, score of 100"),
        height=4.4,
    )
    unplaced, named = words.without(facts, period), words.who(facts, placed, names, period=period)
    listing = narrative([said, *unplaced, *named], about.currency)
    return together([listing, picture])


def _clearest(drawn: pd.DataFrame) -> pd.DataFrame:
    """The partners, those whose place is sure first: what a manager acts on has the first choice of room."""
    return drawn.sort_values("decided", ascending=False, kind="stable")


def _listed(portfolio: Portfolio, drawn: pd.DataFrame) -> Shown:
    rows = [
        {
            "partner": row["name"],
            **{category: _with_range(portfolio, row["partner_id"], category) for category in (ACROSS, UPWARDS)},
            "calls": "undecided" if not row["decided"] else words.WORDS[row["quadrant"]],
        }
        for row in records(drawn.head(MOST_ROWS))
    ]
    formats = {
        "partner": ColumnFormat("Partner"),
        ACROSS: ColumnFormat(f"{ACROSS.capitalize()} (range)", "number"),
        UPWARDS: ColumnFormat(f"{UPWARDS.capitalize()} (range)", "number"),
        "calls": ColumnFormat("Calls for"),
    }
    return table(pd.DataFrame(rows), id="matrix", columns=formats, caption=f"Scores of {portfolio.about.period}")


def _with_range(portfolio: Portfolio, partner_id: object, category: str) -> Shown:
    grain = {"category": category, "partner_id": str(partner_id)}
    fact = portfolio.facts.of(SCORE, portfolio.about.period, unit="score", **grain)
    return spoken(say(score_of(fact), *((" (", *range_of(fact), ")") if fact.low is not None else ())), "")
