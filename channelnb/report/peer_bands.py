"""What a partner's own edition shows of its peers' money: bands, never figures."""

from __future__ import annotations

import pandas as pd

from channelnb.metrics.known import Described
from channelnb.narrative.facts import PEER_BANDS, PEER_MEAN, PEER_MEDIAN, PEER_TOP, Facts
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
            **{role: _band(facts, metric, period, role, currency) for role in _COLUMNS},
            "peers": partner.peer_groups[metric.name],
        }
        for metric in partner.metrics
        if facts.of(metric.name, period, role=PEER_BANDS[PEER_MEDIAN][0], unit=metric.unit).known
    ]
    if not rows:
        return Shown("")
    formats = {
        "metric": ColumnFormat("Metric"),
        "own": ColumnFormat("This partner", "number"),
        **{role: ColumnFormat(label, "number") for role, label in _COLUMNS.items()},
        "peers": ColumnFormat("Compared with"),
    }
    return table(pd.DataFrame(rows), id="peers-money", columns=formats, caption="Money of its peers, in bands")


def _band(facts: Facts, metric: Described, period: str, role: str, currency: str) -> Shown:
    ends = (facts.of(metric.name, period, role=end, unit=metric.unit) for end in PEER_BANDS[role])
    low, high = (shown_figure(end, currency) for end in ends)
    return Shown(f"{low.html} to {high.html}", (*low.facts, *high.facts), f"{low.text} to {high.text}")
