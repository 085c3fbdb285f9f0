"""Sentences of a business review: where the plan was missed or beaten, and what lies ahead."""

from __future__ import annotations

from channelnb.fiscal import length_of
from channelnb.narrative.aspects import cases_of
from channelnb.narrative.facts import ACTUAL, GAP, NOT_MEASURABLE, PIPELINE, PLAN, TARGET, Fact, Facts
from channelnb.narrative.figures import written_alike
from channelnb.narrative.sentence import Sentence, cannot, listed, named, number_of, rated, say, worded


def exchange_rates(facts: Facts, period: str) -> list[Sentence]:
    """What exchange rates account for in revenue; nothing where no sale was in another currency.

    >>> told = {"revenue": 110.0, "revenue_at_plan_rates": 100.0, "currency_effect": 10.0}
    >>> facts = Facts(Fact(name, "2026Q3", value, "money", n=2) for name, value in told.items())
    >>> [sentence.text("USD") for sentence in exchange_rates(facts, "2026Q3")]
    ['Revenue in 2026Q3 was USD 110; at plan rates it would have been USD 100: exchange rates account for USD 10.']
    """
    names = ("revenue", "revenue_at_plan_rates", "currency_effect")
    revenue, at_plan, effect = (facts.of(name, period, unit="money") for name in names)
    if not effect.known or not effect.n:
        return []
    opening = (f"Revenue in {period} was ", revenue, "; at plan rates it would have been ", at_plan)
    return [say(*opening, ": exchange rates account for ", effect, ".")]


def lines(facts: Facts, period: str) -> list[Sentence]:
    """The line furthest behind its plan in money, and the one furthest ahead.

    >>> told = {("Cloud", ACTUAL): 70.0, ("Cloud", PLAN): 90.0, ("Networks", ACTUAL): 50.0, ("Networks", PLAN): 40.0}
    >>> facts = [Fact("revenue", "2026Q3", v, "money", (("line", line),), role) for (line, role), v in told.items()]
    >>> lines(Facts(facts), "2026Q3")[0].text("USD")
    'Cloud is the line furthest behind its plan: USD 70 against USD 90.'
    """
    gaps = []
    for actual in facts.values():
        if (actual.metric, actual.role, actual.period) != ("revenue", ACTUAL, period) or not actual.known:
            continue
        plan = facts.plan(period, **dict(actual.grain))
        if dict(actual.grain).keys() == {"line"} and plan.known:
            gaps.append(((actual.value or 0.0) - (plan.value or 0.0), dict(plan.grain)["line"], actual, plan))
    gaps.sort(key=lambda gap: gap[:2])
    furthest = [("behind", gap) for gap in gaps[:1] if gap[0] < 0] + [
        ("ahead of", gap) for gap in gaps[-1:] if gap[0] > 0
    ]
    every = facts.plan(period).value or sum(actual.value or 0.0 for _, _, actual, _ in gaps)
    return [_line(facts, side, gap, every) for side, gap in furthest]


def _line(facts: Facts, side: str, gap: tuple[float, str, Fact, Fact], every: float) -> Sentence:
    """One line and how far it is from its plan; `every` is what its importance is a share of."""
    away, line, actual, plan = gap
    of = facts.plan_name(plan)
    said = worded(
        say(named(line), f" is the line furthest {side} its {of}: ", actual, " against ", plan, "."),
        say(f"Furthest {side} its {of} among the lines stands ", named(line), ", with ", actual, " of ", plan, "."),
    )
    return rated(said, importance=abs(away) / every if every > 0 else 0.0)


def ahead(facts: Facts, period: str) -> Sentence:
    """The pipeline due in a coming period against its plan and target.

    >>> index = [Fact("pipeline_index", "2026Q4", v, "index", role=role) for v, role in ((3.0, ACTUAL), (4.0, TARGET))]
    >>> money = [Fact("revenue", "2026Q4", v, "money", role=role) for v, role in ((300.0, PIPELINE), (100.0, PLAN))]
    >>> ahead(Facts([*index, *money]), "2026Q4").text("USD")
    'For 2026Q4, open pipeline of USD 300 is due against a plan of USD 100: an index of 3×, under the target of 4×.'
    """
    index = facts.of("pipeline_index", period, unit="index")
    due, plan = (facts.of("revenue", period, role=role, unit="money") for role in (PIPELINE, PLAN))
    target = facts.of("pipeline_index", period, role=TARGET, unit="index")
    if not index.known or index.value is None or target.value is None:
        return cannot("pipeline", f"Whether the pipeline covers the plan for {period}", index)
    side = "at" if written_alike(index, target) else "over" if index.value >= target.value else "under"
    opening = f"For {period}, open pipeline of "
    if not due.known:
        return say(f"For {period}, no open pipeline is due against a plan of ", plan, ": the index is ", index, ".")
    return say(
        opening,
        due,
        " is due against a plan of ",
        plan,
        ": an index of ",
        index,
        f", {side} the target of ",
        target,
        ".",
    )


def shortfalls(facts: Facts, periods: list[str], *, low: float) -> Sentence:
    """Which coming periods are under the healthy range of the pipeline index, whose lower end is `low`.

    What lies in that range is not called short, though more would reach the target.

    >>> index = {"2026Q4": 2.0, "2027Q1": 5.0}
    >>> facts = [Fact("pipeline_index", period, value, "index") for period, value in index.items()]
    >>> gap = Fact("revenue", "2026Q4", 100.0, "money", role=GAP)
    >>> shortfalls(Facts([*facts, gap]), list(index), low=3.0).text("USD")
    'Under the healthy range is 2026Q4; for 2026Q4, USD 100 more pipeline would reach the target.'
    """
    nothing = facts.of("pipeline_index", "", unit="index")
    if nothing.state == NOT_MEASURABLE:
        return cannot("pipeline", "Whether the pipeline covers coming plans", nothing)
    known = [p for p in periods if facts.of("pipeline_index", p).known]
    missed = [p for p in known if (facts.of("revenue", p, role=GAP).value or 0.0) > 0]
    under = [p for p in missed if (facts.of("pipeline_index", p).value or 0.0) < low]
    if not known:
        said = "No coming period has a plan to measure the pipeline against."
        return Sentence((said,), "pipeline", "no coming plan")
    every = f"Every coming {length_of(periods[0])} with a plan ({listed(known)}) is"
    if not missed:
        return say(f"{every} at its pipeline target or over it.")
    nearest = (under or missed)[0]
    missing = facts.of("revenue", nearest, role=GAP, unit="money")
    opening = f"Under the healthy range {'is' if len(under) == 1 else 'are'} {listed(under)}"
    if not under:
        opening = f"{every} in the healthy range of its pipeline or over it"
    return say(f"{opening}; for {nearest}, ", missing, " more pipeline would reach the target.")


def concentration(facts: Facts, period: str) -> Sentence:
    """How much of the open pipeline hangs on three deals, and what is overdue.

    >>> share = Fact("top_three_share", "2026Q3", 0.6, "share", n=9)
    >>> late = [Fact("overdue_deals", "2026Q3", 1.0, "count"), Fact("overdue_pipeline", "2026Q3", 200.0, "money")]
    >>> concentration(Facts([share, *late]), "2026Q3").text("USD")
    'The three largest of 9 open deals make up 60 % of the open pipeline; 1 of the 9 is past its date, worth USD 200.'
    """
    share = facts.of("top_three_share", period, unit="share")
    overdue, late = facts.of("overdue_pipeline", period, unit="money"), facts.of("overdue_deals", period)
    if share.state == NOT_MEASURABLE:
        return cannot("open deals", "How much hangs on the largest open deals", share)
    if not share.known or share.n is None:
        return Sentence(("There is no open deal for this partner.",), "open deals", "no open deal")
    if share.n <= 3:
        return say("The open pipeline is ", number_of(cases_of(share), "deal"), " only.")
    opening = (
        "The three largest of ",
        number_of(cases_of(share), "open deal"),
        " make up ",
        share,
        " of the open pipeline",
    )
    undated = facts.of("undated_deals", period)
    if undated.value == share.n:
        return say(*opening, "; no deal says when it is due.")
    if not late.value:
        return say(*opening, "; none is past the date on which it was due.")
    verb = "is" if late.value == 1 else "are"
    its = "its date" if late.value == 1 else "their dates"
    return say(*opening, "; ", late, " of the ", cases_of(share), f" {verb} past {its}, worth ", overdue, ".")
