"""What each side did for the other, on a page: the vendor's side first, the partner's in the same layout."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from channelnb.metrics.known import KNOWN, OF_SEVERAL, Described, needed_by
from channelnb.metrics.vendor import PARTNERS_SIDE, VENDORS_SIDE
from channelnb.narrative import vendors_side as told
from channelnb.narrative.facts import PEER_MEDIAN, TARGET, Fact
from channelnb.narrative.figures import Markup
from channelnb.narrative.sentence import Sentence, gist, listed, mid_sentence
from channelnb.planning.sides.waiting import PARTNER, VENDOR
from channelnb.report.blocks import Text, absence, mark, paragraph
from channelnb.report.peer_bands import of_peers
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import metric_fact, narrative, shown_figure, spoken
from channelnb.slice import Slice

_SIDES = {VENDOR: VENDORS_SIDE, PARTNER: PARTNERS_SIDE}
_TITLES = {VENDOR: "What the vendor gave, and how fast", PARTNER: "What the partner did"}
_NONE = "\N{EN DASH}"
_ASKED_OF = ("leads", "activities", "mdf_claims", "commitments")
SHORT = 3
"""How many sentences on a side stand on the first pages."""


def vendors_side(partner: Slice) -> Shown:
    """What the vendor gave and how fast it answered, what it is late with first; a remark where nothing tells of it."""
    return _side(partner, VENDOR)


def partners_side(partner: Slice) -> Shown:
    """What the partner did for the vendor, in the same layout; nothing where nothing tells of it."""
    return _side(partner, PARTNER)


def sides(partner: Slice) -> Shown:
    """Both sides in a few sentences each, the vendor first: for the first pages of a review, which list promises."""
    shown = [
        narrative(gist(said)[:SHORT], partner.about.currency)
        for which in _SIDES
        if (said := [one for one in _said(partner, which) if all(fact.metric != "promises" for fact in one.facts)])
    ]
    return together(shown) if shown else _nothing(partner)


def _said(partner: Slice, which: str) -> list[Sentence]:
    names = [metric.name for metric in _metrics(partner, which)]
    return told.side(partner.facts, partner.about.period, which, metrics=names, notable=partner.notable)


def _side(partner: Slice, which: str) -> Shown:
    said = _said(partner, which)
    every = _metrics(partner, which)
    metrics = [metric for metric in every if _tells(partner, metric)]
    if not said and not metrics:
        return _nothing(partner) if which == VENDOR else Shown("")
    parts = [narrative(said, partner.about.currency)] if said else []
    if metrics:
        parts.append(_table(partner, which, metrics))
    return together([*parts, *_silent(partner, [metric for metric in every if metric not in metrics])])


def _silent(partner: Slice, metrics: list[Described]) -> list[Shown]:
    """What a table leaves out: measures that are nil in every period, and those that nothing is known of."""
    nil = [mid_sentence(metric.label) for metric in metrics if _known(partner, metric)]
    unknown = [mid_sentence(metric.label) for metric in metrics if not _known(partner, metric)]
    words = [f"Nil in each of these periods: {listed(nil)}."] if nil else []
    words += [f"Without a figure: {listed(unknown)}."] if unknown else []
    return [paragraph(" ".join(words))] if words else []


def _nothing(partner: Slice) -> Shown:
    absent = set(partner.about.absent.split(", "))
    lacking = [name.replace("mdf_claims", "claims") for name in _ASKED_OF if name in absent]
    if not lacking:
        return absence(f"Nothing is on record of what either side did for the other in {partner.about.period}.")
    return absence(spoken(told.nothing_told(lacking), partner.about.currency))


def _metrics(partner: Slice, which: str) -> list[Described]:
    """The metrics of a side that this edition may show and that can be measured."""
    there, absent = {metric.name for metric in partner.metrics}, set(partner.about.absent.split(", "))
    names = [name for _, metrics in _SIDES[which] for name in metrics if name in there and name not in OF_SEVERAL]
    return [KNOWN[name] for name in names if not absent.intersection(needed_by(KNOWN[name]))]


def _periods(partner: Slice) -> list[str]:
    period = partner.about.period
    return [period, partner.calendar.shift(period, -1), partner.year_before]


def _figures(partner: Slice, metric: Described) -> list[Fact]:
    return [metric_fact(partner.facts, metric, period) for period in _periods(partner)]


def _known(partner: Slice, metric: Described) -> bool:
    return any(fact.value is not None for fact in _figures(partner, metric))


def _tells(partner: Slice, metric: Described) -> bool:
    """Whether a row says something: a figure that is not nil, or is a rate, or for which there is a target."""
    wanted = told.reference(partner.facts, metric.name, partner.about.period)
    figures = _figures(partner, metric)
    telling = metric.unit not in ("count", "money", "days") or wanted.role == TARGET
    return any(fact.value is not None if telling else fact.value for fact in figures)


def _table(partner: Slice, which: str, metrics: Iterable[Described]) -> Shown:
    rows = pd.DataFrame([_row(partner, metric) for metric in metrics])
    formats = {
        "measure": ColumnFormat("Measure"),
        **{period: ColumnFormat(period, "number") for period in _periods(partner)},
        "against": ColumnFormat("Target, or median of peers", "number"),
        "mark": ColumnFormat("Beside it"),
    }
    kept = [name for name in formats if name not in ("against", "mark") or rows[name].map(_is_said).any()]
    return table(rows, id=f"side-{which}", columns={name: formats[name] for name in kept}, caption=_TITLES[which])


def _is_said(cell: Text) -> bool:
    return cell not in ("", _NONE)


def _row(partner: Slice, metric: Described) -> dict[str, Text]:
    facts, currency, period = partner.facts, partner.about.currency, partner.about.period
    figures = {one: metric_fact(facts, metric, one) for one in _periods(partner)}
    return {
        "measure": metric.label,
        **{one: shown_figure(fact, currency) if fact.value is not None else _NONE for one, fact in figures.items()},
        "against": _against(partner, metric),
        "mark": _mark(partner, metric, period),
    }


def _against(partner: Slice, metric: Described) -> Text:
    wanted = told.reference(partner.facts, metric.name, partner.about.period)
    if wanted.role == TARGET:
        shown = shown_figure(wanted, partner.about.currency)
        return Shown(f"{shown.html} (target)", shown.facts, f"{shown.text} (target)")
    median = of_peers(partner, metric, PEER_MEDIAN)
    if median is None:
        return _NONE
    return Shown(f"{median.html} (median)", median.facts, f"{median.text} (median)")


def _mark(partner: Slice, metric: Described, period: str) -> Text:
    """Beside a target whether it is reached; beside a median on which side, coloured only where that is notable."""
    wanted = told.reference(partner.facts, metric.name, period)
    found = told.side_of(metric_fact(partner.facts, metric, period), wanted)
    if not found:
        return Markup("", "")
    if wanted.role == TARGET:
        missed = found == "worse"
        return mark(
            "missed" if missed else "reached", arrow="down" if missed else "up", tone="bad" if missed else "good"
        )
    tones = {"better": "good", "worse": "bad"} if metric.name in partner.notable else {}
    arrows = {"better": "up", "worse": "down", "level": "level"}
    return mark(found, arrow=arrows[found], tone=tones.get(found, "neutral"))
