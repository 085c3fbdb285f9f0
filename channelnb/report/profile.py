"""The partner profile, cell by cell: who the partner is and how it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from channelnb.frames import records
from channelnb.metrics.known import KNOWN, Described
from channelnb.narrative import standing
from channelnb.narrative.facts import (
    ACTUAL,
    AHEAD_OF,
    PEER_HIGH,
    PEER_LOW,
    PEER_MEAN,
    PEER_MEDIAN,
    PEER_TOP,
    PLAN,
    PRIOR,
    Fact,
)
from channelnb.narrative.figures import text_of
from channelnb.narrative.restatement import restatements
from channelnb.narrative.sentence import gist, listed, say
from channelnb.report import group
from channelnb.report.blocks import callout, cards, lead
from channelnb.report.charts import (
    draw,
    position_among_peers,
    revenue_by_period,
)
from channelnb.report.peer_bands import money_in_bands
from channelnb.report.scores import scores
from channelnb.report.shown import Shown, together
from channelnb.report.split import BY_LINE, BY_PERSON, revenue_by
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import headline, metric_fact, narrative, shown_figure, spoken, text
from channelnb.slice import Slice

QUARTERS = 12
"""How many quarters a trend shows: three years; of months as many."""

AT_PLAN_RATES = ("revenue_at_plan_rates", "currency_effect")
"""Metrics that say nothing new of a partner that sells in the vendor's own currency."""


def identity(partner: Slice) -> str:
    """Who the partner is, in a sentence.

    >>> from channelnb.snapshot import About
    >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
    >>> firm = {"name": "Ada", "channel": "reseller", "region": "North", "tier": "Gold", "employees": 1200.0}
    >>> frames = {"partners": pd.DataFrame([firm]).assign(joined_on=None, left_on=None)}
    >>> identity(Slice(about, "v1", "internal", "P1", frames | {"related": pd.DataFrame({"relation": []})}))
    'Ada (reseller, North) is in the tier Gold and has 1,200 employees.'
    """
    row = partner.partner
    kind = ", ".join(text(row[name]) for name in ("channel", "region") if row[name])
    has = [f"is in the tier {row['tier']}"] if row["tier"] else []
    has += [f"has been a partner since {pd.Timestamp(row['joined_on']).year}"] if row["joined_on"] else []
    has += [f"has {row['employees']:,.0f} employees"] if row["employees"] else []
    ended = f" It left on {pd.Timestamp(row['left_on']).date().isoformat()}." if row["left_on"] else ""
    return " ".join([f"{partner.name} ({kind}) {listed(has) or 'is a partner'}.{ended}", *group.belongs_with(partner)])


def never_bought(partner: Slice) -> bool:
    """True when no sale is recorded for the partner in any period.

    >>> from channelnb.snapshot import About
    >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
    >>> rows = pd.DataFrame({"metric": "revenue", "period": ["2026Q2", "2026Q3"], "n": [0, 3]})
    >>> never_bought(Slice(about, "v1", "internal", "P1", {"partner": rows}))
    False
    """
    rows = partner.frames["partner"]
    sold = rows[rows["metric"].eq("revenue")]
    return not (sold["n"] > 0).any()


def restated(partner: Slice) -> list[Shown]:
    """What was restated since figures of the partner were first reported; nothing where none was."""
    about = partner.about
    said = restatements(partner.frames["restated"], partner.facts, period=about.period, currency=about.currency)
    return [callout(spoken(sentence, about.currency)) for sentence in said]


def summary(partner: Slice) -> Shown:
    """The page's summary: who the partner is, three headline figures, and three sentences; one more on its group."""
    facts, period, currency = partner.facts, partner.about.period, partner.about.currency
    parts = [lead(identity(partner))]
    if never_bought(partner):
        parts.append(callout(f"No sale is recorded for {partner.name}, in any {partner.length} up to {period}."))
    parts += restated(partner)
    medians = {
        KNOWN[name]: say("median of peers ", facts.of(name, period, role=PEER_MEDIAN, unit=KNOWN[name].unit))
        for name in ("revenue", "growth_yoy", "attainment")
    }
    headlines = [headline(facts, m, period, beside=beside, currency=currency) for m, beside in medians.items()]
    said = [
        *group.in_group(partner),
        standing.revenue(facts, period, partner.year_before, so_far=not partner.over),
        standing.attainment(facts, period),
        standing.history(facts, partner.past_periods[-QUARTERS:]),
    ]
    return together([*parts, cards(headlines, currency=currency), narrative(said, currency)])


def findings(partner: Slice) -> Shown:
    """What stands out: peers, lines, customers, deals, people and leads, in sentences."""
    facts, period = partner.facts, partner.about.period
    said = [
        *standing.against_peers(facts, period, partner.peer_groups, notable=partner.notable),
        standing.main_line(facts, period),
        standing.customers(facts, period),
        standing.winning(facts, period),
        standing.people(facts, period),
        standing.leads(facts, period),
    ]
    return narrative(gist(said), partner.about.currency)


def revenue(partner: Slice, *, periods: int = QUARTERS) -> Shown:
    """Revenue by period, with plan and the year before: a picture, its table, and what they show."""
    shown = partner.past_periods[-periods:]
    currency = partner.about.currency
    roles = {"actual": ACTUAL, "prior": PRIOR, "plan": PLAN}
    facts = {
        (q, name): partner.facts.of("revenue", q, role=role, unit="money")
        for q in shown
        for name, role in roles.items()
    }
    drawn = pd.DataFrame(
        [{"period": q, "role": name, "value": fact.value} for (q, name), fact in facts.items() if fact.known],
        columns=["period", "role", "value"],
    )
    rows = pd.DataFrame(
        [{"period": q, **{name: facts[q, name] for name in roles}} for q in shown], columns=["period", *roles]
    )
    formats = {
        "period": ColumnFormat(partner.length.capitalize()),
        "actual": ColumnFormat("Revenue", "money"),
        "prior": ColumnFormat("A year earlier", "money"),
        **({"plan": ColumnFormat("Plan", "money")} if any(facts[q, "plan"].known for q in shown) else {}),
    }
    title = f"Revenue by {partner.length}"
    behind = table(rows, id="revenue-by-period", columns=formats, caption=title, currency=currency)
    if never_bought(partner):
        zeros = [fact for (_, name), fact in facts.items() if name == "actual"]
        return callout(f"There is no revenue to draw: no sale is recorded for {partner.name}.", facts=zeros)
    said = standing.revenue(partner.facts, partner.about.period, partner.year_before, so_far=not partner.over)
    return draw(
        revenue_by_period,
        drawn,
        alt=said.text(currency),
        caption=spoken(said, currency),
        table=behind,
        currency=currency,
    )


def firms(partner: Slice) -> Shown:
    """The partner's group firm by firm, and what it bought and its resellers sold on; nothing where it has neither."""
    return together([group.firms(partner), group.two_tiers(partner)])


@dataclass(frozen=True)
class _Compared:
    """One metric of the partner beside the quartiles of its peers."""

    metric: Described
    own: Fact
    low: Fact
    median: Fact
    high: Fact
    mean: Fact
    top: Fact
    ahead_of: Fact

    def drawn(self, currency: str) -> dict[str, Any]:
        """The row of the picture."""
        figures = {name: getattr(self, name).value for name in ("low", "median", "high")}
        own = {"value": self.own.value, "text": text_of(self.own, currency)}
        return {"metric": self.metric.label, "better": self.metric.better, **own, **figures}

    def listed(self, group: str, currency: str) -> dict[str, Any]:
        """The row of the table behind it."""
        figures = {name: shown_figure(getattr(self, name), currency) for name in _PEER_COLUMNS}
        return {"metric": self.metric.label, "peers": f"{self.ahead_of.n} others: {group}", **figures}


_PEER_COLUMNS = {
    "own": "This partner",
    "low": "Lower quartile",
    "median": "Median of peers",
    "high": "Upper quartile",
    "mean": "Average of peers",
    "top": "Top quarter",
    "ahead_of": "Ahead of",
}


def _compared(partner: Slice) -> list[_Compared]:
    """The metrics in which there is a figure of the partner and of peers."""
    facts, period = partner.facts, partner.about.period
    roles = {"low": PEER_LOW, "median": PEER_MEDIAN, "high": PEER_HIGH, "mean": PEER_MEAN, "top": PEER_TOP}
    found = []
    for metric in partner.metrics:
        of_peers = {name: facts.of(metric.name, period, role=role, unit=metric.unit) for name, role in roles.items()}
        ahead = facts.of(metric.name, period, role=AHEAD_OF, unit="share")
        found.append(_Compared(metric, metric_fact(facts, metric, period), ahead_of=ahead, **of_peers))
    return [row for row in found if row.own.known and row.median.known and row.metric.better != "neither"]


def peers(partner: Slice) -> Shown:
    """The partner's place among its peers in each metric that can be compared."""
    currency, groups = partner.about.currency, partner.peer_groups
    rows = _compared(partner)
    if not rows:
        nobody = callout("There is no group of firms like this one that is large enough to compare it with.")
        in_bands = money_in_bands(partner)
        return in_bands if in_bands.facts else nobody
    formats = {
        "metric": ColumnFormat("Metric"),
        **{name: ColumnFormat(label, "number") for name, label in _PEER_COLUMNS.items()},
        "peers": ColumnFormat("Compared with"),
    }
    listing = pd.DataFrame([row.listed(groups[row.metric.name], currency) for row in rows])
    said = standing.against_peers(partner.facts, partner.about.period, groups, notable=partner.notable)
    picture = draw(
        position_among_peers,
        pd.DataFrame([row.drawn(currency) for row in rows]),
        alt=" ".join(sentence.text(currency) for sentence in said),
        caption="The grey band is the middle half of the peers, whom the table names; better is to the right.",
        table=table(listing, id="peers", columns=formats, caption="The partner and the quartiles of its peers"),
        height=0.6 + 0.34 * len(rows),
    )
    return together([picture, money_in_bands(partner)])


def lines(partner: Slice) -> Shown:
    """Revenue by product line in the period, with the year before and the plan."""
    return revenue_by(partner, BY_LINE)


def people(partner: Slice) -> Shown:
    """Revenue by salesperson in the period, with the year before."""
    names = {
        row["salesperson_id"]: text(row["name"], row["salesperson_id"]) for row in records(partner.frames["people"])
    }
    return revenue_by(partner, BY_PERSON, names)


def scorecard(partner: Slice) -> Shown:
    """The partner's scores, and every metric measured in the period, beside the year before and the median of peers."""
    period, before, currency = partner.about.period, partner.year_before, partner.about.currency
    ahead = partner.coming_periods[:1]
    foreign = any(metric_fact(partner.facts, KNOWN["currency_effect"], p).n for p in (period, before))
    rows = []
    for metric in sorted(partner.metrics, key=lambda m: (m.category, m.name)):
        measured = ahead[0] if metric.forward and ahead else period
        now, then = metric_fact(partner.facts, metric, measured), metric_fact(partner.facts, metric, before)
        median = partner.facts.of(metric.name, period, role=PEER_MEDIAN, unit=metric.unit)
        if now.state == "not_measurable" or (metric.name in AT_PLAN_RATES and not foreign):
            continue
        rows.append(
            {
                "metric": metric.label + (f" ({measured})" if metric.forward else ""),
                "category": metric.category,
                "now": shown_figure(now, currency),
                "before": "–" if metric.forward else shown_figure(then, currency),
                "median": shown_figure(median, currency) if median.known else "–",
            }
        )
    formats = {
        "metric": ColumnFormat("Metric"),
        "category": ColumnFormat("Category"),
        "now": ColumnFormat(period, "number"),
        "before": ColumnFormat(before, "number"),
        "median": ColumnFormat("Median of peers", "number"),
    }
    every = table(pd.DataFrame(rows), id="scorecard", columns=formats, caption=f"Every measure of {period}")
    return together([scores(partner), every])


def unknowns(partner: Slice) -> Shown:
    """What the data cannot say, and what it would take.

    >>> from channelnb.snapshot import About
    >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
    >>> rows = {"metric": ["win_rate"], "state": "not_measurable", "reason": "the source has no table opportunities"}
    >>> unknowns(Slice(about, "v1", "internal", "P1", {"partner": pd.DataFrame(rows)})).text.splitlines()[0]
    "What the vendor's data do not hold is not guessed: win rate cannot be measured."
    """
    frame = partner.frames["partner"]
    absent = frame[frame["state"].eq("not_measurable")].drop_duplicates("metric")
    if absent.empty:
        return callout("Every metric of the catalogue could be measured for this vendor.", tone="good")
    rows = pd.DataFrame({"metric": [KNOWN[name].label for name in absent["metric"]], "reason": list(absent["reason"])})
    formats = {"metric": ColumnFormat("Not measurable"), "reason": ColumnFormat("Because")}
    names = listed([label[:1].lower() + label[1:] for label in rows["metric"]])
    said = callout(f"What the vendor's data do not hold is not guessed: {names} cannot be measured.")
    return together([said, table(rows, id="unknowns", columns=formats, caption="What cannot be measured, and why")])
