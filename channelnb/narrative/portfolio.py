"""Facts and sentences on one manager's portfolio: how it ended, who is behind, what lies ahead, who needs attention."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypedDict

import pandas as pd

from channelnb.fiscal import FiscalCalendar
from channelnb.frames import records
from channelnb.metrics.known import KNOWN
from channelnb.narrative.facts import GAP, TARGET, Fact, Facts, from_row
from channelnb.narrative.gather import measured_facts
from channelnb.narrative.sentence import Piece, Sentence, cannot, in_list, named, number_of, say, stated, why
from channelnb.planning.attention import ahead_of

PARTNERS, LEFT, LEFT_PLANNED = "portfolio_partners", "portfolio_left", "plans_of_left"
PLANNED, BEHIND, ABOVE = "partners_with_plan", "partners_behind_plan", "partners_at_or_above_plan"
INDEXED, UNDER = "partners_with_index", "partners_under_target"
DUE, MET, MISSED, AGAIN = "promises_due", "promises_met", "promises_missed", "promises_missed_again"
UNSCORED = "promises_not_scored"
OVERDUE, REVIEWED = "reviews_overdue", "reviews_told"
LEAVING, WATCHED = "partners_with_signs_of_leaving", "partners_watched"
UNPLANNED = "partners_without_plan"
"""The metrics of the facts that count a manager's partners and their promises."""

AGAINST_PLAN, CREDITED, NOT_IN_ROWS = "against_plan", "credited", "not_in_rows"
NO_PLAN, PLAN_OF_LEFT, OWN_PLAN = "without_plan", "plan_of_left", "own_plan"
"""Roles of revenue: what is sold less what is planned, what is credited to the manager, what the whole holds beyond
the sum of its partners, what partners without a plan sold, what is planned of partners that left, and what the
manager is planned to sell, whoever the partners are."""
THOSE_THERE = "those_there"
"""The role of attainment and pipeline index of partners that have not left."""
PLAN_OF_LEFT_AHEAD, GAP_OF_THOSE_THERE = "plan_of_left_ahead", "gap_of_those_there"
"""Roles of revenue in the period ahead: what is planned of partners that left, and the pipeline that is missing without
it."""


class _Read(TypedDict):
    as_of: date
    target: float
    calendar: FiscalCalendar


def portfolio_facts(
    frames: Mapping[str, pd.DataFrame],
    standing: pd.DataFrame,
    *,
    period: str,
    as_of: date,
    target: float,
    calendar: FiscalCalendar,
) -> Iterable[Fact]:
    """Every fact that a report on one manager may state; those of one partner have its id as their grain.

    Needs the frames of a portfolio and how its partners stand.
    """
    read: _Read = {"as_of": as_of, "target": target, "calendar": calendar}
    ahead = ahead_of(period, over=calendar.end(period) <= as_of)
    yield from measured_facts(frames["portfolio"], **read)
    yield from measured_facts(frames["portfolio_year"], **read)
    yield from measured_facts(frames["partner"], ("partner_id",), **read)
    yield from measured_facts(frames["partner_year"].rename(columns={"year": "period"}), ("partner_id",), **read)
    for row in records(frames["credited"]):
        yield from_row(row, unit=KNOWN[row["metric"]].unit, role=CREDITED)
        if row["metric"] == "attainment" and pd.notna(row["denominator"]):
            yield Fact("revenue", str(row["period"]), float(row["denominator"]), "money", role=OWN_PLAN)
    yield from _money(frames, standing, period)
    left = set(standing.loc[standing["left"], "partner_id"])
    yield from _left(_of(frames["partner"], "attainment", period), left, period)
    yield from _left_ahead(_of(frames["partner"], "pipeline_index", ahead), left, ahead, target=target)
    yield from _counts(standing, period, ahead)
    yield from _promises(frames["promises"], standing, period)


def _money(frames: Mapping[str, pd.DataFrame], standing: pd.DataFrame, period: str) -> Iterable[Fact]:
    for row in records(standing):
        if pd.notna(row["gap"]):
            grain = (("partner_id", str(row["partner_id"])),)
            yield Fact("revenue", period, float(row["gap"]), "money", grain, AGAINST_PLAN)
    together, parts = (_of(frames[name], "attainment", period) for name in ("portfolio", "partner"))
    if len(together) and pd.notna(together["denominator"].iloc[0]):
        gap = float(together["numerator"].iloc[0] - together["denominator"].iloc[0])
        yield Fact("revenue", period, gap, "money", role=AGAINST_PLAN)
    sold, by_partner = (
        _of(frames[name], "revenue", period)["value"].astype(float) for name in ("portfolio", "partner")
    )
    beyond = round(float(sold.sum() - by_partner.sum()), 2)
    if len(sold) and beyond:
        yield Fact("revenue", period, beyond, "money", role=NOT_IN_ROWS)
    planless = parts[parts["denominator"].isna()]["partner_id"]
    rows = _of(frames["partner"], "revenue", period)
    unplanned = rows[rows["partner_id"].isin(planless) & rows["value"].notna()]
    if len(unplanned):
        yield Fact("revenue", period, float(unplanned["value"].sum()), "money", role=NO_PLAN, n=len(unplanned))


def _left(parts: pd.DataFrame, left: set[str], period: str) -> Iterable[Fact]:
    """What is planned of partners that left, and the attainment of the others."""
    gone = parts["partner_id"].isin(left)
    planned = parts["denominator"].astype(float)
    if not planned[gone].sum():
        return
    number = int((planned[gone] > 0).sum())
    yield Fact(LEFT_PLANNED, period, float(number), "count")
    yield Fact("revenue", period, float(planned[gone].sum()), "money", role=PLAN_OF_LEFT, n=number)
    sold, plan = float(parts["numerator"][~gone].astype(float).sum()), float(planned[~gone].sum())
    if plan > 0:
        yield Fact("attainment", period, sold / plan, "share", (), THOSE_THERE, sold, plan, int((~gone).sum()))


def _left_ahead(parts: pd.DataFrame, left: set[str], ahead: str, *, target: float) -> Iterable[Fact]:
    """What is planned ahead of partners that left, and the index of the others, with what it lacks to the target."""
    gone = parts["partner_id"].isin(left)
    planned = parts["denominator"].astype(float)
    if not planned[gone].sum():
        return
    yield Fact("revenue", ahead, float(planned[gone].sum()), "money", role=PLAN_OF_LEFT_AHEAD)
    due, plan = float(parts["numerator"][~gone].astype(float).sum()), float(planned[~gone].sum())
    if plan > 0:
        yield Fact("pipeline_index", ahead, due / plan, "index", (), THOSE_THERE, due, plan, int((~gone).sum()))
        yield Fact("revenue", ahead, round(target * plan - due, 2), "money", role=GAP_OF_THOSE_THERE)


def _of(frame: pd.DataFrame, metric: str, period: str) -> pd.DataFrame:
    return frame[frame["metric"].eq(metric) & frame["period"].eq(period)]


def _counts(standing: pd.DataFrame, period: str, ahead: str) -> Iterable[Fact]:
    there = standing[~standing["left"]]
    found = {
        PARTNERS: (period, ~standing["left"]),
        LEFT: (period, standing["left"]),
        PLANNED: (period, there["behind"].notna()),
        BEHIND: (period, there["behind"]),
        ABOVE: (period, ~there["behind"]),
        INDEXED: (ahead, there["under_target"].notna()),
        UNDER: (ahead, there["under_target"]),
        OVERDUE: (period, there["review_overdue"]),
        REVIEWED: (period, there["review_overdue"].notna()),
        LEAVING: (period, there["leaving"]),
        WATCHED: (period, there["leaving"].notna()),
        UNPLANNED: (period, there["no_plan"]),
    }
    for name, (of, true) in found.items():
        yield Fact(name, of, float(true.astype("boolean").fillna(False).sum()), "count")


def _promises(promises: pd.DataFrame, standing: pd.DataFrame, period: str) -> Iterable[Fact]:
    due = promises[promises["due_period"].eq(period) & promises["side"].eq("partner")]
    counted = {
        DUE: len(due),
        MET: int(due["result"].eq("met").sum()),
        MISSED: int(due["misses"].gt(0).sum()),
        AGAIN: int(due["misses"].gt(1).sum()),
    }
    counted[UNSCORED] = counted[DUE] - counted[MET] - counted[MISSED]
    for name, number in counted.items():
        yield Fact(name, period, float(number), "count")
    for row in records(standing):
        grain = (("partner_id", str(row["partner_id"])),)
        yield Fact(MISSED, period, float(row["missed"]), "count", grain)
        yield Fact(AGAIN, period, float(row["missed_again"]), "count", grain)
        if pd.notna(row["signs"]):
            yield Fact("signs_of_leaving", period, float(row["signs"]), "count", grain)


def whole(facts: Facts, period: str, ahead: str, *, name: str, over: bool) -> Sentence:
    """How a manager's partners ended the period together, and how their pipeline stands; `name` is the manager's.

    >>> facts = [Fact(PARTNERS, "2026Q3", 6.0, "count"), Fact("attainment", "2026Q3", 1.1, "share")]
    >>> told = ((3.0, "actual"), (4.0, TARGET))
    >>> index = [Fact("pipeline_index", "2026Q4", value, "index", role=role) for value, role in told]
    >>> whole(Facts([*facts, *index]), "2026Q3", "2026Q4", name="Ana Diaz", over=True).text("USD")
    'The 6 partners of Ana Diaz ended 2026Q3 at 110 % of plan, and their pipeline for 2026Q4 is under target at 3×.'
    """
    partners = facts.of(PARTNERS, period)
    if not partners.value:
        return say(named(name), " has no partner today.") if name else say("Every partner has a manager.")
    of: tuple[Piece, ...] = (" of ", named(name)) if name else (" without a manager",)
    gone = facts.of(LEFT_PLANNED, period)
    if gone.known and gone.value:
        of += (", with the plan of " if gone.value == 1 else ", with the plans of ", gone, " that left,")
    one = partners.value == 1
    stand = f" ended {period}" if over else f" {'stands' if one else 'stand'} in {period} so far"
    who: Piece = stated(partners, "only partner") if one else number_of(partners, "partner")
    opening: tuple[Piece, ...] = ("The ", who, *of, stand)
    share, revenue = facts.of("attainment", period, unit="share"), facts.of("revenue", period, unit="money")
    if share.known:
        opening += (" at ", share, " of plan" if over else " of plan to date")
    elif revenue.known:
        opening += (" with revenue of ", revenue, "; ", *_why(share))
    else:
        return say(*opening, " with nothing to tell of: ", *_why(revenue), ".")
    index, target = (facts.of("pipeline_index", ahead, role=role, unit="index") for role in ("actual", TARGET))
    if index.value is None or target.value is None or not index.known:
        return say(*opening, ".")
    side = "over" if index.value >= target.value else "under"
    return say(*opening, f", and {'its' if one else 'their'} pipeline for {ahead} is {side} target at ", index, ".")


def _why(fact: Fact) -> tuple[Piece, ...]:
    """Why there is no figure, of several partners."""
    if fact.lacking or fact.state == "too_few" or fact.metric not in KNOWN:
        return why(fact)
    return (f"there is {KNOWN[fact.metric].absent} for them",)


def against_plan(facts: Facts, period: str) -> Sentence:
    """How many partners are at or above their plan, and how many behind.

    >>> told = {PLANNED: 5.0, ABOVE: 2.0, BEHIND: 3.0}
    >>> against_plan(Facts(Fact(name, "2026Q3", value, "count") for name, value in told.items()), "2026Q3").text("USD")
    'Of 5 partners with a plan for 2026Q3, 2 are at or above it and 3 behind.'
    """
    planned, above, behind = (facts.of(name, period) for name in (PLANNED, ABOVE, BEHIND))
    nothing = facts.of("attainment", period, unit="share")
    if nothing.lacking:
        return cannot("plans", "Who is ahead of plan", nothing)
    if not planned.value:
        return say(f"No partner has a plan for {period}.")
    if not behind.value or not above.value:
        side = "at or above" if above.value else "behind"
        if planned.value == 1:
            return say(f"The only partner with a plan for {period} is {side} it.")
        return say("All ", planned, f" partners with a plan for {period} are {side} it.")
    are = "is" if above.value == 1 else "are"
    return say("Of ", planned, f" partners with a plan for {period}, ", above, f" {are} at or above it and ", behind,
               " behind.")  # fmt: skip


def plans_of_left(facts: Facts, period: str, ahead: str) -> list[Sentence]:
    """That plans of partners which left still count, and attainment and pipeline index without them.

    Nothing where there are none.

    >>> told = [Fact("revenue", "2026Q3", 90.0, "money", role=PLAN_OF_LEFT)]
    >>> told += [Fact("attainment", "2026Q3", 1.02, "share", role=THOSE_THERE)]
    >>> plans_of_left(Facts(told), "2026Q3", "2026Q4")[0].text("USD")
    'Plans of partners that left, USD 90 for 2026Q3, still count in that of the whole; without them it is at 102 %.'
    """
    plan = facts.of("revenue", period, role=PLAN_OF_LEFT, unit="money")
    there = facts.of("attainment", period, role=THOSE_THERE, unit="share")
    said = []
    if plan.known:
        opening = ("Plans of partners that left, ", plan, f" for {period}, still count in that of the whole")
        said.append(say(*opening, "; without them it is at ", there, ".") if there.known else say(*opening, "."))
    plan = facts.of("revenue", ahead, role=PLAN_OF_LEFT_AHEAD, unit="money")
    index = facts.of("pipeline_index", ahead, role=THOSE_THERE, unit="index")
    if plan.known:
        count = (f"For {ahead} the whole holds ", plan, " planned of partners that left")
        said.append(say(*count, "; without it the pipeline index is ", index, ".") if index.known else say(*count, "."))
    return said


def own_plan(facts: Facts, period: str, *, name: str) -> list[Sentence]:
    """The manager's own plan, where there is none by partner: a quota is the manager's, whoever the partners are.

    >>> told = [Fact("revenue", "2026Q3", 90.0, "money", role=OWN_PLAN)]
    >>> told += [Fact("attainment", "2026Q3", 0.93, "share", role=CREDITED)]
    >>> own_plan(Facts(told), "2026Q3", name="Ana Diaz")[0].text("USD")
    'Sales credited to Ana Diaz reached 93 % of a plan of USD 90 for 2026Q3 that is by manager, not by partner.'
    """
    by_partner = facts.of("attainment", period, unit="share")
    plan = facts.of("revenue", period, role=OWN_PLAN, unit="money")
    reached = facts.of("attainment", period, role=CREDITED, unit="share")
    if by_partner.known or not name or not plan.known or not reached.known:
        return []
    of = (" of a plan of ", plan, f" for {period} that is by manager, not by partner.")
    return [say("Sales credited to ", named(name), " reached ", reached, *of)]


def furthest(facts: Facts, standing: pd.DataFrame, period: str) -> list[Sentence]:
    """Which partner is furthest behind its plan in money, and which furthest ahead; nothing where there is none.

    >>> grain = (("partner_id", "P1"),)
    >>> told = (("plan", 100.0), ("actual", 90.0))
    >>> facts = Facts(Fact("revenue", "2026Q3", value, "money", grain, role) for role, value in told)
    >>> standing = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "gap": [-10.0], "left": [False]})
    >>> [sentence.text("USD") for sentence in furthest(facts, standing, "2026Q3")]
    ['Furthest behind in money is Ada: USD 90 against a plan of USD 100.']
    """
    rows = records(standing[standing["gap"].notna() & ~standing["left"]])
    ends = [("behind", row) for row in rows[:1] if row["gap"] < 0] + [
        ("ahead", row) for row in rows[-1:] if row["gap"] > 0
    ]
    return [_gap(facts, row, period, side=side) for side, row in ends]


def _gap(facts: Facts, row: dict[str, Any], period: str, *, side: str) -> Sentence:
    own = {"partner_id": str(row["partner_id"])}
    plan, actual = facts.plan(period, **own), facts.of("revenue", period, unit="money", **own)
    opening = f"Furthest {side} in money is "
    return say(opening, named(row["name"]), ": ", actual, f" against a {facts.plan_name(plan)} of ", plan, ".")


def pipeline(facts: Facts, ahead: str) -> Sentence:
    """How many partners are under their pipeline target, and how much more would bring the whole to it.

    >>> told = {UNDER: 4.0, INDEXED: 5.0}
    >>> facts = [Fact(name, "2026Q4", value, "count") for name, value in told.items()]
    >>> pipeline(Facts([*facts, Fact("revenue", "2026Q4", 900.0, "money", role=GAP)]), "2026Q4").text("USD")
    'Under the pipeline target for 2026Q4 are 4 of 5 partners; USD 900 more would bring the whole to it.'
    """
    under, of = facts.of(UNDER, ahead), facts.of(INDEXED, ahead)
    nothing = facts.of("pipeline_index", ahead, unit="index")
    if nothing.lacking:
        return cannot("pipeline", "Who is under its pipeline target", nothing)
    if not of.value:
        return say(f"Whether the pipeline for {ahead} is enough cannot be said, without a plan for it.")
    if not under.value:
        return say(f"Over the pipeline target for {ahead} is each partner that has a plan for it.")
    opening = f"Under the pipeline target for {ahead} {'is' if under.value == 1 else 'are'} "
    said = (opening, under, " of ", number_of(of, "partner"))
    missing = facts.of("revenue", ahead, role=GAP, unit="money")
    if missing.value is None or missing.value <= 0:
        return say(*said, ", while the whole is over it.")
    without = facts.of("revenue", ahead, role=GAP_OF_THOSE_THERE, unit="money")
    rest: tuple[Piece, ...] = (".",)
    if without.value is not None:
        left = " without the plans of partners that left"
        rest = (", ", without, f"{left}.") if without.value > 0 else (f";{left} it is there.",)
    return say(*said, "; ", missing, " more would bring the whole to it", *rest)


def promises(facts: Facts, period: str) -> Sentence:
    """What became of the promises of a manager's partners, and how many were missed more than once.

    >>> told = {DUE: 9.0, MET: 5.0, MISSED: 3.0, AGAIN: 1.0, UNSCORED: 1.0}
    >>> promises(Facts(Fact(name, "2026Q3", value, "count") for name, value in told.items()), "2026Q3").text("USD")
    'Promised by partners for 2026Q3 were 9 things: 5 met, 3 missed (1 not for the first time) and 1 not scored.'
    """
    due, met, missed, again, unscored = (facts.of(name, period) for name in (DUE, MET, MISSED, AGAIN, UNSCORED))
    nothing = facts.of("promises", period)
    if nothing.lacking:
        return cannot("promises", f"What became of promises due in {period}", nothing)
    if not due.value:
        return say(f"Promises of partners: none was due in {period}.")
    twice: tuple[Piece, ...] = (" (", again, " not for the first time)") if again.value else ()
    parts: list[Piece | tuple[Piece, ...]] = [(met, " met"), (missed, " missed", *twice)]
    if unscored.value:
        parts.append((unscored, " not scored"))
    opening = f"Promised by partners for {period} {'was' if due.value == 1 else 'were'} "
    return say(opening, number_of(due, "thing"), ": ", *in_list(parts), ".")


def attention(facts: Facts, period: str) -> list[Sentence]:
    """Reviews that are overdue, signs of leaving, and partners without a plan; of each one sentence.

    >>> told = {OVERDUE: 1.0, REVIEWED: 6.0, LEAVING: 2.0, WATCHED: 6.0, UNPLANNED: 0.0, PARTNERS: 6.0}
    >>> facts = Facts(Fact(name, "2026Q3", value, "count") for name, value in told.items())
    >>> [sentence.text("USD") for sentence in attention(facts, "2026Q3")][:2]
    ['A review is overdue with 1 of 6 partners.', 'Signs of leaving show at 2 of 6 partners.']
    """
    overdue, told = facts.of(OVERDUE, period), facts.of(REVIEWED, period)
    if not told.value:
        reviews = say("Whether a review is overdue cannot be said: the data tell of none.")
    elif overdue.value:
        reviews = say("A review is overdue with ", overdue, " of ", number_of(told, "partner"), ".")
    else:
        reviews = say("No review is overdue: one was held with each partner that was due one.")
    leaving, watched = facts.of(LEAVING, period), facts.of(WATCHED, period)
    if not watched.value:
        signs = say("Signs that a partner may leave cannot be told from the data.")
    elif leaving.value:
        signs = say("Signs of leaving show at ", leaving, " of ", number_of(watched, "partner"), ".")
    else:
        signs = say("Signs that a partner may leave show at none of them.")
    return [reviews, signs, *_without_plan(facts, period)]


def _without_plan(facts: Facts, period: str) -> Iterable[Sentence]:
    unplanned, revenue = facts.of(UNPLANNED, period), facts.of("revenue", period, role=NO_PLAN, unit="money")
    if not unplanned.value:
        return
    are, number = "is " if unplanned.value == 1 else "are ", number_of(unplanned, "partner")
    if not facts.of(PLANNED, period).value or not revenue.known:
        yield say("Without a plan ", are, number, ".")
        return
    beside = ", counts in the attainment of the whole, beside no plan."
    yield say("Without a plan ", are, number, "; what such partners sold, ", revenue, beside)


def basis(facts: Facts, period: str, *, name: str, as_of: str) -> list[Sentence]:
    """Whose sales are counted: those of today's partners, beside what is credited to the manager, and what is left.

    >>> told = [Fact("revenue", "2026Q3", 80.0, "money", role=CREDITED), Fact("revenue", "2026Q3", 70.0, "money")]
    >>> [said.text("USD") for said in basis(Facts(told), "2026Q3", name="Ana Diaz", as_of="2026-09-30")][1]
    'Sales of USD 80 in 2026Q3 are credited to Ana Diaz, beside USD 70 of the partners counted here.'
    """
    who = named(name) if name else "nobody"
    said = [say("Counted here is each partner that ", who, f" looks after on {as_of}, for earlier periods too.")]
    credited = facts.of("revenue", period, role=CREDITED, unit="money")
    revenue = facts.of("revenue", period, unit="money")
    if name and credited.value and round(credited.value - (revenue.value or 0.0), 2):
        theirs = (", beside ", revenue, " of the partners counted here") if revenue.known else ()
        said.append(say("Sales of ", credited, f" in {period} are credited to ", named(name), *theirs, "."))
    beyond = facts.of("revenue", period, role=NOT_IN_ROWS, unit="money")
    if beyond.known:
        opening = f"The whole is not the sum of its rows; beyond them it holds for {period} "
        said.append(say(opening, beyond, ": what a distributor bought and its resellers sold counts in it once."))
    return said
