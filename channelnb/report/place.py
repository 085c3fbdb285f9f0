"""The partner's place among its peers on a page: a picture of a few measures, the table of all behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from channelnb.metrics.known import Described
from channelnb.narrative import standing
from channelnb.narrative.aspects import cases_of
from channelnb.narrative.facts import AHEAD_OF, PEER_HIGH, PEER_LOW, PEER_MEDIAN, Fact
from channelnb.narrative.figures import text_of
from channelnb.narrative.sentence import Sentence, called, in_list, named, number_of
from channelnb.report.blocks import Text, callout, folded, paragraph
from channelnb.report.charts import draw, position_among_peers
from channelnb.report.measures import telling
from channelnb.report.peer_bands import band, money_in_bands
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import metric_fact, run_on, shown_figure, told
from channelnb.slice import Slice

MOST_DRAWN = 12
"""How many measures the picture holds; its table holds all."""

_NONE = "–"
_LABELS = {
    "own": "This partner",
    "median": "Median of peers",
    "half": "Middle half of peers",
    "ahead": "Ahead of",
}


@dataclass(frozen=True)
class Compared:
    """One metric of the partner beside the quartiles of its peers."""

    metric: Described
    own: Fact
    low: Fact
    median: Fact
    high: Fact
    ahead_of: Fact

    @property
    def distance(self) -> float:
        """How far the partner is from the peers' median, in half widths of their middle half, or else in medians."""
        own, low, median, high = (fact.value or 0.0 for fact in (self.own, self.low, self.median, self.high))
        half = (high - low) / 2 if self.half_told else 0.0
        return abs(own - median) / (half or abs(median) or 1.0)

    @property
    def half_told(self) -> bool:
        """Whether the middle half of the peers is told: of few it is not, where it would be single firms' figures."""
        return self.low.known and self.high.known

    @property
    def level(self) -> bool:
        """Whether the partner and the whole middle half of its peers are alike."""
        return self.own.value == self.low.value == self.high.value

    def drawn(self, currency: str) -> dict[str, Any]:
        """The row of the picture."""
        told = {"low": self.low, "median": self.median, "high": self.high}
        figures = {name: math.nan if fact.value is None else fact.value for name, fact in told.items()}
        own = {"value": self.own.value, "text": text_of(self.own, currency)}
        return {"metric": self.metric.label, "better": self.metric.better, **own, **figures}

    def listed(self, group: str, currency: str) -> dict[str, Any]:
        """The row of the table behind it."""
        return {
            "metric": self.metric.label,
            "own": shown_figure(self.own, currency),
            "median": shown_figure(self.median, currency),
            "half": band((self.low, self.high), currency) if self.half_told else _NONE,
            "ahead": shown_figure(self.ahead_of, currency),
            "peers": told(number_of(cases_of(self.ahead_of), "other"), ": ", named(group)),
        }


def compared(partner: Slice) -> list[Compared]:
    """The metrics in which there is a sure figure of the partner and one of its peers."""
    facts, period = partner.facts, partner.about.period
    roles = {"low": PEER_LOW, "median": PEER_MEDIAN, "high": PEER_HIGH}
    found = []
    for metric in telling(partner):
        of_peers = {name: facts.of(metric.name, period, role=role, unit=metric.unit) for name, role in roles.items()}
        ahead = facts.of(metric.name, period, role=AHEAD_OF, unit="share")
        found.append(Compared(metric, metric_fact(facts, metric, period), ahead_of=ahead, **of_peers))
    return [row for row in found if row.own.known and row.median.known and row.metric.better != "neither"]


def scorecard_of(partner: Slice) -> list[str]:
    """The metrics of the scorecard in force, in its order; none where there is no scorecard."""
    rows = partner.frames["score_metrics"]
    return list(rows.loc[rows["period"].eq(partner.about.period), "metric"])


def against_peers(partner: Slice) -> list[Sentence]:
    """Where the partner stands highest and lowest among its peers, and in what it stands out."""
    facts, period, card = partner.facts, partner.about.period, scorecard_of(partner)
    return standing.against_peers(facts, period, partner.peer_groups, notable=partner.notable, scorecard=card)


def to_draw(partner: Slice, rows: list[Compared]) -> list[Compared]:
    """The few that are drawn: the scorecard's, then the notable ones, then those furthest from the peers' median."""
    card = scorecard_of(partner)

    def order(row: Compared) -> tuple[int, float]:
        name = row.metric.name
        if name in card:
            return 0, card.index(name)
        return (1 if name in partner.notable else 2), -row.distance

    return sorted(rows, key=order)[:MOST_DRAWN]


def peers(partner: Slice) -> Shown:
    """The partner's place among its peers: a picture of at most `MOST_DRAWN` metrics, and a table of all."""
    currency, rows = partner.about.currency, compared(partner)
    if not rows:
        nobody = callout("There is no group of firms like this one that is large enough to compare it with.")
        in_bands = money_in_bands(partner)
        return in_bands if in_bands.facts else nobody
    said = against_peers(partner)
    few = to_draw(partner, rows)
    picture = draw(
        position_among_peers,
        pd.DataFrame([row.drawn(currency) for row in few]),
        alt=run_on(said, currency),
        caption=_caption(partner, few, len(rows)),
        table=_behind(partner, rows),
        height=0.6 + 0.34 * len(few),
    )
    in_bands = money_in_bands(partner)
    return together([picture, *([folded("Money of its peers, in bands", in_bands)] if in_bands.facts else [])])


def _behind(partner: Slice, rows: list[Compared]) -> Shown:
    """The table of all that is compared; what tells nothing, as all are level, is named below it."""
    apart = [row for row in rows if not row.level] or rows
    formats = {
        "metric": ColumnFormat("Metric"),
        **{name: ColumnFormat(label, "number") for name, label in _LABELS.items()},
        "peers": ColumnFormat("Compared with"),
    }
    if not any(row.half_told for row in apart):
        del formats["half"]
    listing = pd.DataFrame([row.listed(partner.peer_groups[row.metric.name], partner.about.currency) for row in apart])
    shown = table(listing, id="peers", columns=formats, caption="The partner and its peers")
    level = [row for row in rows if row not in apart]
    if not level:
        return shown
    names = in_list(called(row.metric.name) for row in level)
    facts = [fact for row in level for fact in (row.own, row.low, row.high)]
    said = told("Level with the whole middle half of its peers: ", *names, ".")
    return together([shown, paragraph(said, facts=facts)])


def _caption(partner: Slice, few: list[Compared], of: int) -> Text:
    how = (
        "The grey band is the middle half of the peers, whom the table names; better is to the right, and an arrow "
        "lies further out than there is room for."
    )
    if not all(row.half_told for row in few):
        how += " Without a band, as few firms are compared, the distance from the median is in medians."
    if len(few) == of:
        return how
    scored = set(scorecard_of(partner)).intersection(row.metric.name for row in few)
    chosen = [
        *(["those of its scorecard"] if scored else []),
        *(["the notable ones"] if partner.notable else []),
        "those furthest from the peers' median",
    ]
    drawn, every = (
        Fact(name, partner.about.period, float(many), "count")
        for name, many in (("measures_drawn", len(few)), ("measures_beside_peers", of))
    )
    return told(drawn, " of ", number_of(every, "measure"), f" are drawn: {', then '.join(chosen)}. {how}")
