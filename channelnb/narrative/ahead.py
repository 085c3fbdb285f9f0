"""Sentences that look ahead: the chance of meeting plan, the pipeline needed, exposure, slippage."""

from __future__ import annotations

from channelnb.fiscal import is_month
from channelnb.narrative.ahead_facts import EVERY, YEAR
from channelnb.narrative.aspects import high_of, low_of
from channelnb.narrative.facts import NOT_MEASURABLE, PLAN, TARGET, Fact, Facts
from channelnb.narrative.sentence import Piece, Sentence, Tone, cannot, in_list, named, number_of, rated, say

UNLIKELY, LIKELY = 0.4, 0.7
"""Below the first a chance is a warning, from the second on it is good news."""


def chance(facts: Facts, period: str) -> list[Sentence]:
    """The chance of meeting a coming period's plan, the revenue foretold, and what that rests on.

    >>> told = {"runs": (2000.0, "count"), "runs_at_plan": (500.0, "count"), "plan_chance": (0.25, "share")}
    >>> told |= {"foretold_open_deals": (3.0, "count"), "foretold_won": (40.0, "money")}
    >>> told |= {"usually_won": (50.0, "money"), "won_on_top": (0.2, "share")}
    >>> facts = [Fact(name, "2026Q4", value, unit) for name, (value, unit) in told.items()]
    >>> facts += [Fact("foretold_revenue", "2026Q4", 90.0, "money", low=80.0, high=99.0)]
    >>> facts += [Fact("revenue", "2026Q4", 100.0, "money", role="plan")]
    >>> shares = {"opened_within_share": 0.163, "without_deal_share": 0.483}
    >>> facts += [Fact(name, "2026Q4", value, "share", YEAR) for name, value in shares.items()]
    >>> print(*(sentence.text("USD") for sentence in chance(Facts(facts), "2026Q4")), sep="\\n")
    Of 2,000 runs of 2026Q4, 500 reach the plan of USD 100: a chance of 25 %.
    In eight runs of ten revenue comes to between USD 80 and USD 99, and in the middle one to USD 90.
    The 3 open deals are worth USD 40, counted by how often such deals were won before, beside a usual USD 50.
    The forecast counts 20 % of the difference between the two, the part that showed in past revenue of all partners.
    Of what the last year's quarters brought from this point on, 16.3 % came from deals opened only afterwards.
    Sales without a deal made up 48.3 % of it, and the forecast reckons with both as usual.
    """
    share = facts.of("plan_chance", period, unit="share")
    if not share.known:
        return [_no_chance(share, period)]
    plan = facts.of("revenue", period, role=PLAN, unit="money")
    runs, reached = facts.of("runs", period), facts.of("runs_at_plan", period)
    middle = facts.of("foretold_revenue", period, unit="money")
    to_date = facts.of("revenue_to_date", period, unit="money")
    already: tuple[Piece, ...] = (", with revenue of ", to_date, " in already") if to_date.value else ()
    verb = "reaches" if reached.value == 1 else "reach"
    opening = ("Of ", number_of(runs, "run"), f" of {period}, ", reached, f" {verb} the plan of ", plan)
    missing = max(0.0, 1 - (middle.value or 0.0) / plan.value) if plan.value else 0.0
    likely = share.value or 0.0
    tone: Tone = "red" if likely < UNLIKELY else "good" if likely >= LIKELY else "neutral"
    said = [rated(say(*opening, ": a chance of ", share, *already, "."), importance=missing, tone=tone)]
    between = ("In eight runs of ten revenue comes to between ", low_of(middle), " and ", high_of(middle))
    said.append(say(*between, ", and in the middle one to ", middle, "."))
    return [*said, *_from_deals(facts, period), *_beside(facts, period)]


def chance_further(facts: Facts, period: str) -> list[Sentence]:
    """The chance of meeting plan in a period that has not begun while another one is running, in short.

    >>> facts = [Fact("plan_chance", "2027Q1", 0.25, "share"), Fact("revenue", "2027Q1", 100.0, "money", role="plan")]
    >>> facts += [Fact("foretold_revenue", "2027Q1", 90.0, "money", low=80.0, high=99.0)]
    >>> chance_further(Facts(facts), "2027Q1")[0].text("USD")
    'For 2027Q1 the chance is 25 %: USD 90 in the middle run, USD 80 to USD 99 in eight of ten, to a plan of USD 100.'
    """
    share = facts.of("plan_chance", period, unit="share")
    if not share.known:
        return [_no_chance(share, period)]
    plan = facts.of("revenue", period, role=PLAN, unit="money")
    middle = facts.of("foretold_revenue", period, unit="money")
    between = (low_of(middle), " to ", high_of(middle), " in eight of ten, to a plan of ", plan, ".")
    return [say(f"For {period} the chance is ", share, ": ", middle, " in the middle run, ", *between)]


def _no_chance(share: Fact, period: str) -> Sentence:
    question = f"The chance of meeting the plan for {period}"
    if share.state == NOT_MEASURABLE:
        return cannot("the chance of meeting plan", question, share)
    few = "there are too few past periods of this partner, or of all, to tell what one brings"
    whys = {"no_data": ("it has no plan", "no coming plan"), "too_few": (few, "too short a past")}
    said, wanting = whys.get(share.state, ("there is no figure", "no figure"))
    return Sentence((f"{question} cannot be said: {said}.",), "the chance of meeting plan", wanting)


def _from_deals(facts: Facts, period: str) -> list[Sentence]:
    deals, won = facts.of("foretold_open_deals", period), facts.of("foretold_won", period, unit="money")
    usually, on_top = facts.of("usually_won", period, unit="money"), facts.of("won_on_top", period, unit="share")
    if not deals.value:
        return [say("No deal is open: the forecast rests on what past periods brought without one.")]
    opening: tuple[Piece, ...] = ("The only open deal is worth ",)
    if deals.value > 1:
        opening = ("The ", number_of(deals, "open deal"), " are worth ")
    showed = " of the difference between the two, the part that showed in past revenue of all partners."
    counted = ", counted by how often such deals were won before, beside a usual "
    return [
        say(*opening, won, counted, usually, "."),
        say("The forecast counts ", on_top, showed),
    ]


def _beside(facts: Facts, period: str) -> list[Sentence]:
    """What open deals do not show: the shares of past revenue that came from later deals, and without one."""
    grain = dict(YEAR)
    new = facts.of("opened_within_share", period, unit="share", **grain)
    without = facts.of("without_deal_share", period, unit="share", **grain)
    if not (new.known and without.known):
        return []
    periods = "months" if is_month(period) else "quarters"
    brought = f"Of what the last year's {periods} brought from this point on, "
    return [
        say(brought, new if new.value else "nothing", " came from deals opened only afterwards."),
        say("Sales without a deal made up ", without, " of it, and the forecast reckons with both as usual."),
    ]


def track_record(facts: Facts, period: str) -> list[Sentence]:
    """How good past forecasts of meeting plan were, of all partners together.

    >>> every = (("chance", "all"),)
    >>> told = {"past_forecasts": (221.0, "count"), "past_reached": (94.0, "count"), "past_chance": (0.487, "share")}
    >>> told |= {"past_error": (0.183, "number"), "past_error_of_base": (0.244, "number")}
    >>> told |= {"past_within": (0.78, "share")}
    >>> facts = Facts(Fact(name, "2026Q4", value, unit, every) for name, (value, unit) in told.items())
    >>> print(*(sentence.text("USD") for sentence in track_record(facts, "2026Q4")), sep="\\n")
    Made the same way for periods that are over, 221 forecasts gave a mean chance of 48.7 %, and 94 plans were met.
    Their mean squared error is 0.18, beside 0.24 for always naming the share that met plan.
    Revenue came within the range of eight runs in ten for 78 % of them.
    """
    grain = {"chance": EVERY}
    forecasts, reached = (facts.of(name, period, **grain) for name in ("past_forecasts", "past_reached"))
    if not forecasts.known:
        return [say("How good such forecasts were cannot be said: too few past periods can be looked at.")]
    mean = facts.of("past_chance", period, unit="share", **grain)
    error, base = (facts.of(name, period, unit="number", **grain) for name in ("past_error", "past_error_of_base"))
    within = facts.of("past_within", period, unit="share", **grain)
    made = (
        "Made the same way for periods that are over, ",
        number_of(forecasts, "forecast"),
        " gave a mean chance of ",
    )
    met = (", and ", number_of(reached, "plan"), f" {'was' if reached.value == 1 else 'were'} met.")
    return [
        say(*made, mean, *met),
        say("Their mean squared error is ", error, ", beside ", base, " for always naming the share that met plan."),
        say("Revenue came within the range of eight runs in ten for ", within, " of them."),
    ]


def needed(facts: Facts, period: str, *, coming: str) -> Sentence:
    """How many times its plan the partner's own deals needed in the pipeline, beside the target of a coming period.

    >>> facts = [Fact("required_coverage", "2026Q3", 3.2, "index", low=2.5, high=4.4)]
    >>> facts += [Fact("pipeline_index", "2026Q4", 4.0, "index", role=TARGET)]
    >>> needed(Facts(facts), "2026Q3", coming="2026Q4").text("USD")
    'By its deals of the last twelve months this partner needed 3.2× its plan (2.5× to 4.4×), beside the target of 4×.'
    """
    coverage = facts.of("required_coverage", period, unit="index")
    target = facts.of("pipeline_index", coming, role=TARGET, unit="index")
    if not coverage.known:
        return cannot("the pipeline that is needed", "How much pipeline this partner's own deals need", coverage)
    opening = ("By its deals of the last twelve months this partner needed ", coverage, " its plan")
    beside = (", beside the target of ", target, ".")
    if coverage.low is None or coverage.high is None:
        return say(*opening, " (how sure that is cannot be said)", *beside)
    return say(*opening, " (", low_of(coverage), " to ", high_of(coverage), ")", *beside)


def exposure(facts: Facts, period: str) -> list[Sentence]:
    """How much of what is due in a coming period hangs on the three largest deals, and the chance without the largest.

    >>> facts = [Fact("due_deals", "2026Q4", 9.0, "count"), Fact("top_three_due_share", "2026Q4", 0.6, "share", n=9)]
    >>> facts += [Fact("due_share", "2026Q4", 0.4, "share", (("opportunity_id", "O1"),))]
    >>> facts += [Fact("plan_chance", "2026Q4", 0.5, "share")]
    >>> facts += [Fact("plan_chance", "2026Q4", 0.3, "share", (("without", "O1"),))]
    >>> print(*(sentence.text("USD") for sentence in exposure(Facts(facts), "2026Q4")), sep="\\n")
    The three largest of 9 deals due in 2026Q4 make up 60 % of what is due: O1 (40 %).
    If O1 is not won, the chance of meeting plan is 30 %, beside 50 % as it stands.
    """
    share = facts.of("top_three_due_share", period, unit="share")
    due = facts.of("due_deals", period)
    if not share.known:
        return [say(f"No open deal is due in {period}.")]
    each = sorted(
        (f for f in facts.values() if f.metric == "due_share" and f.period == period),
        key=lambda f: (-(f.value or 0.0), f.id),
    )
    deals = in_list((named(dict(f.grain)["opportunity_id"]), " (", f, ")") for f in each)
    if (due.value or 0) <= 3:
        are = "is the only deal" if due.value == 1 else "are the only deals"
        said = [say(*deals, f" {are} due in {period}.")]
    else:
        opening = ("The three largest of ", number_of(due, "deal"), f" due in {period} make up ", share)
        said = [rated(say(*opening, " of what is due: ", *deals, "."), importance=(share.value or 0.0) / 10)]
    chance_of = facts.of("plan_chance", period, unit="share")
    # Of a chance that can't be said, nothing is said of what it would be otherwise either.
    without = [f for f in facts.values() if f.metric == "plan_chance" and f.period == period and f.grain]
    if chance_of.known and without:
        name = named(dict(without[0].grain)["without"])
        said.append(
            say(
                "If ",
                name,
                " is not won, the chance of meeting plan is ",
                without[0],
                ", beside ",
                chance_of,
                " as it stands.",
            )
        )
    return said


def slippage(facts: Facts, period: str) -> list[Sentence]:
    """How often and how much this partner's deals slipped out of the quarters in which they were due.

    >>> of_year = {"slip_due_deals": (56.0, "count"), "slip_slipped_deals": (13.0, "count")}
    >>> of_year |= {"slip_slipped": (184.0, "money"), "slip_share": (0.23, "share")}
    >>> facts = Facts(Fact(name, "2026Q3", value, unit, YEAR) for name, (value, unit) in of_year.items())
    >>> slippage(facts, "2026Q3")[0].text("USD")
    'Of 56 deals due in the last four quarters 13 slipped out of theirs, worth USD 184 or 23 % of what was due.'
    """
    grain = dict(YEAR)
    due, slipped = (facts.of(name, period, **grain) for name in ("slip_due_deals", "slip_slipped_deals"))
    value = facts.of("slip_slipped", period, unit="money", **grain)
    share = facts.of("slip_share", period, unit="share", **grain)
    if not due.known or not share.known:
        return []
    opening = ("Of ", number_of(due, "deal"), " due in the last four quarters ")
    if not slipped.value:
        return [say(*opening, "none slipped out of its quarter.")]
    whose = "its quarter" if slipped.value == 1 else "theirs"
    said = say(*opening, slipped, f" slipped out of {whose}, worth ", value, " or ", share, " of what was due.")
    return [rated(said, importance=(share.value or 0.0) / 10, tone="red" if (share.value or 0.0) >= 0.5 else "neutral")]
