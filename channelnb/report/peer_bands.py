"""What a partner's own edition shows of its peers' money: bands, never figures."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from channelnb.metrics.known import Described
from channelnb.narrative.facts import PEER_BANDS, PEER_MEAN, PEER_MEDIAN, PEER_TOP, Fact, Facts
from channelnb.narrative.sentence import stated
from channelnb.numbers import range_text
from channelnb.report.shown import Shown
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import metric_fact, shown_figure
from channelnb.slice import Slice

_COLUMNS = {PEER_MEDIAN: "Median of peers", PEER_MEAN: "Average of peers", PEER_TOP: "Top quarter"}


def money_in_bands(partner: Slice) -> Shown:
    """The bands in which the peers' figures of money lie; nothing in an edition that shows the figures themselves."""
    facts, period, currency = partner.facts, partner.about.period, partner.about.currency
    rows = [
        {
            "metric": metric.label,
            "own": shown_figure(metric_fact(facts, metric, period), currency),
            **{role: of_peers(partner, metric, role) or "–" for role in _COLUMNS},
            "peers": partner.peer_groups[metric.name],
        }
        for metric in partner.metrics
        if facts.of(metric.name, period, role=PEER_BANDS[PEER_MEDIAN][0], unit=metric.unit).known
    ]
    if not rows:
        return Shown("")
    told = {role: label for role, label in _COLUMNS.items() if any(row[role] != "–" for row in rows)}
    formats = {
        "metric": ColumnFormat("Metric"),
        "own": ColumnFormat("This partner", "number"),
        **{role: ColumnFormat(label, "number") for role, label in told.items()},
        "peers": ColumnFormat("Compared with"),
    }
    return table(pd.DataFrame(rows), id="peers-money", columns=formats, caption="Money of its peers, in bands")


def _ends(facts: Facts, metric: Described, period: str, role: str) -> list[Fact]:
    return [facts.of(metric.name, period, role=end, unit=metric.unit) for end in PEER_BANDS[role]]


def of_peers(partner: Slice, metric: Described, role: str) -> Shown | None:
    """What the peers reach in a metric: a figure, in the partner's edition a band for money, or nothing."""
    facts, period, currency = partner.facts, partner.about.period, partner.about.currency
    figure = facts.of(metric.name, period, role=role, unit=metric.unit)
    if figure.known:
        return shown_figure(figure, currency)
    ends = _ends(facts, metric, period, role)
    return band(ends, currency) if all(end.known for end in ends) else None


def band(ends: Iterable[Fact], currency: str) -> Shown:
    """Two figures as the ends of a band, their unit written once; one figure where both read the same.

    >>> ends = [Fact("revenue", "2026Q3", value, "money", role="peer_median_from") for value in (100.0, 200.0)]
    >>> band(ends, "USD").text
    'USD 100 to 200'
    """
    low, high = ends
    return range_of(low, high, currency)


def range_of(low: Fact, high: Fact, currency: str) -> Shown:
    """What lies between two figures, their unit written once; `high` has no value where there is no upper end.

    >>> low, high = (Fact("wait", "2026Q3", value, "days") for value in (4.0, None))
    >>> range_of(low, high, "USD").text
    '4 days or more'
    """
    words = range_text(low.value or 0.0, high.value, low.unit, currency).split(" to ")
    figures = [stated(end, word) for end, word in zip((low, high), words, strict=False)]
    return Shown(" to ".join(f.html for f in figures), (low, high), " to ".join(f.text for f in figures))
