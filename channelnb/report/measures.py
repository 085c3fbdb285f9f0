"""Every measure of a partner on a page: one folded table for each category of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from channelnb.metrics.known import KNOWN, OF_SEVERAL, Described
from channelnb.metrics.marketing import ATTRIBUTION, SPEND
from channelnb.narrative.aspects import cases_of, high_of, low_of
from channelnb.narrative.facts import PEER_MEAN, PEER_MEDIAN, PEER_TOP, SHRUNK, Fact
from channelnb.narrative.figures import Markup
from channelnb.narrative.sentence import called, defined, in_list, number_of
from channelnb.narrative.strength import verdict
from channelnb.report.blocks import folded, mark, paragraph, safe, said
from channelnb.report.peer_bands import of_peers, range_of
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import metric_fact, shown_figure, told
from channelnb.slice import Slice

CATEGORIES = {
    "performance": "Performance",
    "activity": "Activity",
    "capability": "Capability",
    "effectiveness": "Effectiveness",
    "marketing": "Marketing",
    "engagement": "Engagement",
    "profitability": "Profitability",
    "vendor": "The vendor's side",
}
"""The catalogue's categories as a page names them, in the order in which they are shown; others follow."""

AT_PLAN_RATES = ("revenue_at_plan_rates", "currency_effect")
"""Metrics that say nothing new of a partner that sells in the vendor's own currency."""

RULES = {
    "return_on_marketing": f"{ATTRIBUTION} {SPEND}",
    "contribution": "Costs to serve are those booked on the partner: none that several share is allocated.",
}
"""Rules behind metrics, which are printed where these have a figure."""

_NONE = "\N{EN DASH}"
_HOW = (
    "Range: where the figure may lie, with 95 % confidence, given how many cases it rests on. With peers: what a rate "
    "of few cases would be if the cases of its peers were given their due weight. Better and worse are marked only "
    "where the difference from peers is more than chance, with all figures of the run in view."
)


def telling(partner: Slice) -> list[Described]:
    """The metrics that tell something of one partner, in the order of the catalogue."""
    periods = (partner.about.period, partner.year_before)
    foreign = any(metric_fact(partner.facts, KNOWN["currency_effect"], period).n for period in periods)
    silent = {*OF_SEVERAL, *(() if foreign else AT_PLAN_RATES)}
    return [metric for metric in partner.metrics if metric.name not in silent]


def measures(partner: Slice) -> Shown:
    """Each measure in the period, beside the year before and the peers: one folded block for each category."""
    metrics = telling(partner)
    blocks = [_block(partner, name, [m for m in metrics if m.category == name]) for name in _categories(metrics)]
    inside = together(blocks)
    listing = Shown(f'<div class="measures">{inside.html}</div>', inside.facts, inside.text)
    return together([listing, paragraph(defined(_HOW))])


def _categories(metrics: Iterable[Described]) -> list[str]:
    present = list(dict.fromkeys(metric.category for metric in metrics))
    return [*(name for name in CATEGORIES if name in present), *(name for name in present if name not in CATEGORIES)]


def _block(partner: Slice, category: str, metrics: list[Described]) -> Shown:
    period, title = partner.about.period, CATEGORIES.get(category, category.capitalize())
    figures = {metric.name: metric_fact(partner.facts, metric, _measured_in(partner, metric)) for metric in metrics}
    known = [metric for metric in metrics if figures[metric.name].value is not None]
    absent = [metric for metric in metrics if figures[metric.name].value is None]
    parts = [_table(partner, category, known)] if known else []
    parts += [paragraph(defined(RULES[metric.name])) for metric in known if metric.name in RULES]
    if absent:
        names = in_list(called(metric.name) for metric in absent)
        facts = [figures[metric.name] for metric in absent]
        parts.append(paragraph(told(f"Without a figure in {period}: ", *names, "."), facts=facts))
    return folded(_summary(partner, title, known, metrics), together(parts), printed=True)


def _measured_in(partner: Slice, metric: Described) -> str:
    """The period reviewed, or the next one for what speaks of periods that lie ahead."""
    ahead = partner.coming_periods[:1]
    return ahead[0] if metric.forward and ahead else partner.about.period


def _summary(partner: Slice, title: str, known: list[Described], metrics: list[Described]) -> Shown:
    """A category's line: how many of its measures have a figure, and how many stand out from the peers."""

    def count(name: str, many: int) -> Fact:
        return Fact(name, partner.about.period, float(many), "count", (("category", metrics[0].category),))

    sides = [side for metric in known if (side := _side(partner, metric))]
    every, measured = count("measures", len(metrics)), count("measures_with_figure", len(known))
    of_all = (measured, " of ") if len(known) < len(metrics) else ()
    figures = told(*of_all, number_of(every, "measure"), *((" with a figure",) if of_all else ()))
    notable = {word: count(f"notably_{word}", sides.count(word)) for word in ("better", "worse") if word in sides}
    stand_out = [
        mark(told(fact, f" notably {word} than peers"), arrow=_ARROWS[word], tone=_TONES[word])
        for word, fact in notable.items()
    ]
    html = " · ".join([f"<strong>{safe(title)}</strong>", figures.html, *map(safe, stand_out)])
    return Shown(html, (*figures.facts, *notable.values()), " · ".join([title, figures.text, *map(said, stand_out)]))


def _side(partner: Slice, metric: Described) -> str:
    """On which side of its peers the partner stands out: better or worse; "" where it does not."""
    if metric.name not in partner.notable:
        return ""
    own = metric_fact(partner.facts, metric, partner.about.period).value
    median = partner.facts.of(metric.name, partner.about.period, role=PEER_MEDIAN, unit=metric.unit).value
    return "" if own is None or median is None else verdict(metric.name, own - median)


def _table(partner: Slice, category: str, metrics: list[Described]) -> Shown:
    period, before = partner.about.period, partner.year_before
    shown = pd.DataFrame([_row(partner, metric) for metric in metrics])
    columns = {
        "measure": ColumnFormat("Measure"),
        "now": ColumnFormat(period, "number"),
        "range": ColumnFormat("Range (cases)", "number"),
        "before": ColumnFormat(before, "number"),
        PEER_MEAN: ColumnFormat("Average of peers", "number"),
        PEER_TOP: ColumnFormat("Top quarter", "number"),
    }
    empty = [name for name in ("range", PEER_MEAN, PEER_TOP) if (shown[name] == _NONE).all()]
    kept = {name: form for name, form in columns.items() if name not in empty}
    # In a file of the page's tables each is known by its title alone.
    title = CATEGORIES.get(category, category.capitalize())
    return table(shown, id=f"measures-{category}", columns=kept, caption=title)


def _row(partner: Slice, metric: Described) -> dict[str, Any]:
    facts, currency, period = partner.facts, partner.about.currency, _measured_in(partner, metric)
    now, then = metric_fact(facts, metric, period), metric_fact(facts, metric, partner.year_before)
    return {
        "measure": _named(partner, metric, period),
        "now": _now(partner, metric, now),
        "range": _range(now, currency),
        "before": _NONE if metric.forward or then.value is None else shown_figure(then, currency),
        PEER_MEAN: of_peers(partner, metric, PEER_MEAN) or _NONE,
        PEER_TOP: of_peers(partner, metric, PEER_TOP) or _NONE,
    }


def _named(partner: Slice, metric: Described, period: str) -> Markup:
    name = metric.label + (f" ({period})" if period != partner.about.period else "")
    side = _side(partner, metric)
    if not side:
        return Markup(safe(name), name)
    found = mark(f"{side} than peers", arrow=_ARROWS[side], tone=_TONES[side])
    return Markup(f"{safe(name)} <small>{found.html}</small>", f"{name} {found.text}")


_TONES, _ARROWS = {"better": "good", "worse": "bad"}, {"better": "up", "worse": "down"}


def _now(partner: Slice, metric: Described, fact: Fact) -> Shown:
    """The figure; below a rate of few cases, what it would be with its peers' cases in view."""
    shown = shown_figure(fact, partner.about.currency)
    shrunk = partner.facts.of(metric.name, fact.period, role=SHRUNK, unit="share")
    if fact.state != "too_few" or not shrunk.known:
        return shown
    beside = shown_figure(shrunk, partner.about.currency)
    html = f"{shown.html} <small>{beside.html} with peers</small>"
    return Shown(html, (*shown.facts, *beside.facts), f"{shown.text}, {beside.text} with peers")


def _range(fact: Fact, currency: str) -> Shown | str:
    """The interval of a figure, and the number of its cases unless the figure says it."""
    # Cases that are all alike tell of no range.
    if fact.low is None or fact.low == fact.high:
        return _NONE
    cases = told(" (", cases_of(fact), ")") if fact.n is not None and fact.state == "ok" else Shown("")
    ends = range_of(low_of(fact), high_of(fact), currency)
    return Shown(ends.html + cases.html, (*ends.facts, *cases.facts), ends.text + cases.text)
