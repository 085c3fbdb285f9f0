"""The partner profile, cell by cell: who the partner is and how it does."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from channelnb.fiscal import day_text
from channelnb.metrics.known import KNOWN
from channelnb.narrative import pictures, standing
from channelnb.narrative.facts import (
    ACTUAL,
    PEER_MEDIAN,
    PLAN,
    PRIOR,
    Fact,
)
from channelnb.narrative.restatement import restatements
from channelnb.narrative.sentence import Piece, Sentence, called, gist, in_list, named, number_of, say
from channelnb.report import group, place
from channelnb.report.blocks import absence, callout, cards, lead, paragraph
from channelnb.report.changes import changes
from channelnb.report.charts import (
    draw,
    revenue_by_period,
)
from channelnb.report.knowledge import knowledge
from channelnb.report.leaving import leaving
from channelnb.report.measures import measures
from channelnb.report.meeting import decisions
from channelnb.report.mindshare import mindshare
from channelnb.report.place import peers
from channelnb.report.scores import scores
from channelnb.report.share_of_sales import share_of_sales
from channelnb.report.shown import Shown, together
from channelnb.report.split import BY_LINE, BY_PERSON, revenue_by
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import NOT_NAMED, headline, names_of, narrative, spoken, text, told
from channelnb.slice import INTERNAL, Slice

__all__ = [
    "changes",
    "findings",
    "firms",
    "identity",
    "knowledge",
    "leaving",
    "left",
    "lines",
    "mindshare",
    "never_bought",
    "no_sale",
    "peers",
    "people",
    "restated",
    "revenue",
    "scorecard",
    "share_of_sales",
    "summary",
    "unknowns",
]

QUARTERS = 12
"""How many quarters a trend shows: three years; of months as many."""

_UNNAMED = "A colleague who is not named here did not agree to be named, or has no name on record."


def identity(partner: Slice) -> Sentence:
    """Who the partner is, in a sentence.

    >>> from channelnb.snapshot import About
    >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
    >>> firm = {"name": "Ada", "channel": "reseller", "region": "North", "tier": "Gold", "employees": 1200.0}
    >>> frames = {"partners": pd.DataFrame([firm]).assign(joined_on=None, left_on=None)}
    >>> partner = Slice(about, "v1", "internal", "P1", frames | {"related": pd.DataFrame({"relation": []})})
    >>> identity(partner).text("USD")
    'Ada (reseller, North) is in the tier Gold and has 1,200 employees.'
    """
    row = partner.partner
    kind = ", ".join(text(row[name]) for name in ("channel", "region") if row[name])
    has: list[Piece | tuple[Piece, ...]] = [("is in the tier ", named(row["tier"]))] if row["tier"] else []
    if row["joined_on"]:
        has.append(("has been a partner since ", named(pd.Timestamp(row["joined_on"]).year)))
    if row["employees"]:
        staff = Fact("employees", partner.about.period, float(row["employees"]), "count")
        has.append(("has ", number_of(staff, "employee")))
    is_a = in_list(has) if has else ("is a partner",)
    ended = f". It left on {_left_on(partner)}." if row["left_on"] else "."
    beside = [piece for sentence in group.belongs_with(partner) for piece in (" ", *sentence.pieces)]
    return say(named(partner.name), " (", named(kind), ") ", *is_a, ended, *beside)


def _left_on(partner: Slice) -> str:
    """The day on which the partner left."""
    return day_text(pd.Timestamp(partner.partner["left_on"]).date().isoformat())


def left(partner: Slice, follows: str) -> list[Shown]:
    """The remark that the partner left, and what `follows` from it; nothing where it did not.

    >>> from channelnb.snapshot import About
    >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
    >>> firms = pd.DataFrame({"name": ["Ada"], "left_on": [pd.Timestamp("2025-12-31")]})
    >>> left(Slice(about, "v1", "internal", "P1", {"partners": firms}), "nothing is to be committed.")[0].text
    'It left on 31 December 2025: nothing is to be committed.'
    """
    if not partner.partner.get("left_on"):
        return []
    return [callout(f"It left on {_left_on(partner)}: {follows}")]


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


def no_sale(partner: Slice) -> list[Shown]:
    """The remark that the partner never bought; nothing where it did."""
    ever = f", in any {partner.length} up to {partner.about.period}."
    return [callout(told("No sale is recorded for ", named(partner.name), ever))] if never_bought(partner) else []


def restated(partner: Slice) -> list[Shown]:
    """What was restated since figures of the partner were first reported; nothing where none was."""
    about = partner.about
    said = restatements(partner.frames["restated"], partner.facts, period=about.period, currency=about.currency)
    return [callout(spoken(sentence, about.currency)) for sentence in said]


def summary(partner: Slice) -> Shown:
    """The page's summary: who the partner is, three headline figures, sentences, and what to decide."""
    facts, period, currency = partner.facts, partner.about.period, partner.about.currency
    parts = [lead(spoken(identity(partner), currency)), *no_sale(partner), *restated(partner)]
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
    return together([*parts, cards(headlines, currency=currency), narrative(said, currency), decisions(partner)])


def findings(partner: Slice) -> Shown:
    """What stands out: peers, lines, customers, deals, people and leads, in sentences."""
    facts, period = partner.facts, partner.about.period
    said = [
        *place.against_peers(partner),
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
        said_so = told("There is no revenue to draw: no sale is recorded for ", named(partner.name), ".")
        return replace(absence(said_so), facts=tuple(zeros))
    said = standing.revenue(partner.facts, partner.about.period, partner.year_before, so_far=not partner.over)
    shape = pictures.over_time("revenue", [facts[q, "actual"] for q in shown], against=facts[shown[-1], "plan"])
    return draw(
        revenue_by_period,
        drawn,
        alt=spoken(shape, currency),
        caption=spoken(said, currency),
        table=behind,
        currency=currency,
    )


def firms(partner: Slice) -> Shown:
    """The partner's group firm by firm, and what it bought and its resellers sold on; nothing where it has neither."""
    return together([group.firms(partner), group.two_tiers(partner)])


def lines(partner: Slice) -> Shown:
    """Revenue by product line in the period, with the year before and the plan."""
    return revenue_by(partner, BY_LINE)


def people(partner: Slice) -> Shown:
    """Revenue by salesperson in the period, with the year before."""
    shown = revenue_by(partner, BY_PERSON, names_of(partner.frames["people"], edition=partner.edition))
    unnamed = partner.edition != INTERNAL and NOT_NAMED in shown.text
    return together([shown, paragraph(_UNNAMED)]) if unnamed else shown


def scorecard(partner: Slice) -> Shown:
    """The partner's scores, and every metric measured in the period, beside the year before and its peers."""
    return together([scores(partner), measures(partner)])


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
        return callout("Every metric of the catalogue could be measured for this vendor.")
    rows = pd.DataFrame({"metric": [KNOWN[name].label for name in absent["metric"]], "reason": list(absent["reason"])})
    formats = {"metric": ColumnFormat("Not measurable"), "reason": ColumnFormat("Because")}
    names = in_list(called(name) for name in absent["metric"])
    said = callout(told("What the vendor's data do not hold is not guessed: ", *names, " cannot be measured."))
    return together([said, table(rows, id="unknowns", columns=formats, caption="What cannot be measured, and why")])
