"""The bridges in words: from plan to actual, and from last year's period to this one's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from channelnb.frames import records
from channelnb.metrics.keys import NONE
from channelnb.narrative.facts import PRIOR, Fact, Facts
from channelnb.narrative.sentence import Piece, Sentence, Tone, listed, named, number_of, rated, say, words
from channelnb.planning.bridges.from_plan import EXISTING, LOST_DEALS, NEW, PLAN, PULLED_IN, SLIPPED
from channelnb.planning.bridges.from_year import YEAR
from channelnb.planning.bridges.sales import DEALS
from channelnb.planning.bridges.span import ALL
from channelnb.planning.bridges.steps import END, START

METRIC = {PLAN: "plan_bridge", YEAR: "year_bridge"}
"""The metric of each bridge's facts: without a grain the whole change, by step, by line, or by both what they add."""
SIZE, CASES, WORTH = "size", "cases", "worth"
"""Roles beside a step's amount: the same without its sign, the deals behind it, and what these were worth in full."""
OTHER = "other"
MOST_STEPS = 5

PLAN_STEPS = {
    SLIPPED: "Slipped out",
    LOST_DEALS: "Due and lost",
    PULLED_IN: "Pulled in",
    NEW: "New customers",
    EXISTING: "Existing customers",
    "currency": "Exchange rates",
}
YEAR_STEPS = {
    "count": "Deals decided",
    "win_rate": "Win rate",
    "mix": "Mix of lines",
    "size": "Size of a deal",
    "price": "Discount",
    "new": "New customers",
    "lost": "Lost customers",
    "loose": "Sales without a deal",
    "currency": "Exchange rates",
}
_BY_SALE = {"count": "Number of sales", "size": "Size of a sale", "loose": "Returns"}
LABELS = {PLAN: PLAN_STEPS, YEAR: YEAR_STEPS}


def labels(bridges: pd.DataFrame, bridge: str) -> dict[str, str]:
    """What the steps of a bridge are called, in the order in which they are listed.

    Needs the partner's rows of the table ``bridges``: a step that could not be parted is in another one.

    >>> rows = [("plan", "new", "table sales has no column customer_id"), ("plan", "existing", "")]
    >>> told = labels(pd.DataFrame(rows, columns=["bridge", "step", "reason"]), "plan")
    >>> told["existing"], "new" in told
    ('All other sales', False)
    """
    lacking = set(bridges.loc[bridges["bridge"].eq(bridge) & bridges["reason"].ne(""), "step"])
    found = {step: label for step, label in LABELS[bridge].items() if step not in lacking}
    if bridge == PLAN and NEW in lacking:
        found[EXISTING] = "All other sales"
    if bridge == YEAR and DEALS in lacking:
        found = {step: _BY_SALE.get(step, label) for step, label in found.items() if step != "win_rate"}
    return found | {OTHER: "Other"}


def bridge_facts(bridges: pd.DataFrame) -> Iterable[Fact]:
    """The facts of both bridges: the whole change, each step, each line, each step of a line, and what few steps leave.

    Needs the partner's rows of the table ``bridges``.

    >>> rows = [("plan", "2026Q3", "Disks", "start", 9.0, 0), ("plan", "2026Q3", "Disks", "new", -2.0, 1)]
    >>> frame = pd.DataFrame(rows, columns=["bridge", "period", "line", "step", "amount", "n"])
    >>> [fact.id for fact in bridge_facts(frame.assign(worth=None, reason=""))][:2]
    ['plan_bridge||2026Q3|actual', 'plan_bridge||2026Q3|size']
    """
    told = bridges[bridges["reason"].eq("") & ~bridges["step"].isin([START, END])]
    for (bridge, period), rows in told.groupby(["bridge", "period"]):
        metric, when = METRIC[str(bridge)], str(period)
        yield from _money(metric, when, rows["amount"].sum(), ())
        for line, of_line in rows.groupby("line"):
            yield from _money(metric, when, of_line["amount"].sum(), (("line", str(line)),))
        for row in records(rows):
            grain = (("line", str(row["line"])), ("step", str(row["step"])))
            yield from _money(metric, when, row["amount"], grain, n=int(row["n"]))
        by_step = rows.groupby("step")[["amount", "n", "worth"]].sum(min_count=1)
        for row in records(by_step.reset_index()):
            yield from _step(metric, when, row)
        _, rest = largest({str(step): float(amount) for step, amount in by_step["amount"].items()})
        if rest:
            yield from _money(metric, when, sum(rest.values()), (("step", OTHER),))


def _step(metric: str, period: str, row: dict[str, Any]) -> Iterable[Fact]:
    grain = (("step", str(row["step"])),)
    yield from _money(metric, period, row["amount"], grain, n=int(row["n"]))
    yield Fact(metric, period, float(row["n"]), "count", grain, CASES)
    if pd.notna(row["worth"]):
        yield Fact(metric, period, round(float(row["worth"]), 2), "money", grain, WORTH, n=int(row["n"]))


def _money(
    metric: str, period: str, value: float, grain: tuple[tuple[str, str], ...], n: int | None = None
) -> Iterable[Fact]:
    exact = round(float(value), 2) + 0.0
    yield Fact(metric, period, exact, "money", grain, n=n)
    yield Fact(metric, period, abs(exact), "money", grain, SIZE, n=n)


def largest(steps: dict[str, float], *, most: int = MOST_STEPS) -> tuple[dict[str, float], dict[str, float]]:
    """The steps that a page shows one by one, and the smaller ones that it draws together; both in the order given.

    >>> largest({"a": 5.0, "b": -9.0, "c": 1.0, "d": 0.0}, most=2)
    ({'b': -9.0}, {'a': 5.0, 'c': 1.0})
    """
    there = {step: amount for step, amount in steps.items() if amount}
    if len(there) <= most:
        return there, {}
    first = sorted(there, key=lambda step: (-abs(there[step]), step))[: most - 1]
    return {s: a for s, a in there.items() if s in first}, {s: a for s, a in there.items() if s not in first}


def gap(facts: Facts, period: str) -> list[Sentence]:
    """How far sales are from the plan, and in which line most of it stands; nothing without a plan.

    >>> told = [("actual", -30.0), ("size", 30.0)]
    >>> whole = [Fact("plan_bridge", "2026Q3", value, "money", role=role) for role, value in told]
    >>> line = [Fact("plan_bridge", "2026Q3", value, "money", (("line", "Disks"),), role) for role, value in told]
    >>> sold = [Fact("revenue", "2026Q3", v, "money", role=role) for v, role in ((70.0, "actual"), (100.0, "plan"))]
    >>> [said.text("USD") for said in gap(Facts([*whole, *line, *sold]), "2026Q3")]
    ['Beside its plan of USD 100 for 2026Q3 the partner sold for USD 70, which is USD 30 short of it.']
    """
    metric = METRIC[PLAN]
    whole, size = facts.of(metric, period, unit="money"), facts.of(metric, period, role=SIZE, unit="money")
    plan, sold = facts.plan(period), facts.of("revenue", period, unit="money")
    if whole.value is None or not plan.known or not sold.known:
        return []
    opening = (f"Beside its {facts.plan_name(plan)} of ", plan, f" for {period} the partner sold for ", sold)
    if not whole.value:
        return [say(*opening, ": no more and no less.")]
    side = "short of" if whole.value < 0 else "beyond"
    said = say(*opening, ", which is ", size, f" {side} it", *_most_of_it(facts, whole), ".")
    tone: Tone = "red" if whole.value < 0 else "good"
    return [rated(said, importance=abs(whole.value) / plan.value if plan.value else 0.0, tone=tone)]


def _most_of_it(facts: Facts, whole: Fact) -> tuple[Piece, ...]:
    """The line that is furthest on the side of the whole gap, where there are several."""
    lines = [
        fact
        for fact in facts.values()
        if (fact.metric, fact.period, fact.role) == (whole.metric, whole.period, "actual")
        and {*dict(fact.grain)} == {"line"}
        and dict(fact.grain)["line"] != ALL
    ]
    sign = -1 if (whole.value or 0.0) < 0 else 1
    same_side = [fact for fact in lines if (fact.value or 0.0) * sign > 0]
    if len(lines) < 2 or not same_side:
        return ()
    far = max(same_side, key=lambda fact: ((fact.value or 0.0) * sign, dict(fact.grain)["line"]))
    size = facts.of(far.metric, far.period, role=SIZE, unit="money", **dict(far.grain))
    line = dict(far.grain)["line"]
    where: tuple[Piece, ...] = ("sales that name no line",) if line == NONE else (named(line),)
    if abs(far.value or 0.0) <= abs(whole.value or 0.0):
        return ("; ", size, " of that stands in ", *where)
    return ("; in ", *where, " it is ", size, " short" if sign < 0 else " beyond")


def timing(facts: Facts, period: str, *, so_far: bool = False) -> list[Sentence]:
    """Deals that were due in the period when it began and not won in it, and those won that were due later.

    `so_far` says that the period is not over: then it is what was due by now.

    >>> def of(step, n, worth=None):
    ...     amounts = [("cases", n, "count")] + ([("worth", worth, "money")] if worth else [("actual", 5.0, "money")])
    ...     return [Fact("plan_bridge", "2026Q3", v, unit, (("step", step),), role) for role, v, unit in amounts]
    >>> facts = Facts([*of("slipped", 1.0, 40.0), *of("lost_deals", 2.0, 90.0), *of("pulled_in", 1.0)])
    >>> for said in timing(facts, "2026Q3"):
    ...     print(said.text("USD"))
    Of what was due in 2026Q3 at its start, 1 deal worth USD 40 is still open, and 2 deals worth USD 90 were lost.
    Sales of USD 5 came from 1 deal that was due later.
    """
    metric = METRIC[PLAN]

    def of(step: str, role: str, unit: str = "money") -> Fact:
        return facts.of(metric, period, role=role, unit=unit, step=step)

    missed: list[tuple[Piece, ...]] = []
    for step, one, many in ((SLIPPED, "is still open", "are still open"), (LOST_DEALS, "was lost", "were lost")):
        deals, worth = of(step, CASES, "count"), of(step, WORTH)
        if deals.value and worth.value:
            missed.append((number_of(deals, "deal"), " worth ", worth, f" {one if deals.value == 1 else many}"))
    said = []
    if missed:
        told = (*missed[0], ", and ", *missed[1]) if len(missed) == 2 else missed[0]
        at_stake = sum(of(step, SIZE).value or 0.0 for step in (SLIPPED, LOST_DEALS))
        due = f"Of what was due in {period} by now, as seen at its start, " if so_far else ""
        sentence = say(due or f"Of what was due in {period} at its start, ", *told, ".")
        said.append(rated(sentence, importance=_of_plan(facts, period, at_stake), tone="red"))
    pulled, deals = of(PULLED_IN, "actual"), of(PULLED_IN, CASES, "count")
    if deals.value and pulled.value:
        verb = "was" if deals.value == 1 else "were"
        sentence = say("Sales of ", pulled, " came from ", number_of(deals, "deal"), f" that {verb} due later.")
        said.append(rated(sentence, importance=_of_plan(facts, period, pulled.value)))
    return said


def _of_plan(facts: Facts, period: str, amount: float) -> float:
    plan = facts.plan(period).value
    return abs(amount) / plan if plan else 0.0


def on_the_year(facts: Facts, period: str, year_before: str, *, steps: dict[str, str]) -> list[Sentence]:
    """The largest steps up and down from last year's revenue of the period; nothing where there was none.

    Needs `steps`, what each is called.

    >>> told = [Fact("revenue", "2026Q3", v, "money", role=r) for v, r in ((120.0, "actual"), (100.0, "prior"))]
    >>> for step, value in (("new", 50.0), ("count", -30.0)):
    ...     told += [Fact("year_bridge", "2026Q3", value, "money", (("step", step),))]
    ...     told += [Fact("year_bridge", "2026Q3", abs(value), "money", (("step", step),), "size")]
    >>> names = {"new": "New customers", "count": "Deals decided"}
    >>> print(on_the_year(Facts(told), "2026Q3", "2025Q3", steps=names)[0].text("USD").partition(", ")[2])
    the largest step up is “New customers” (USD 50), the largest down is “Deals decided” (USD 30).
    """
    metric = METRIC[YEAR]
    before, now = facts.of("revenue", period, role=PRIOR, unit="money"), facts.of("revenue", period, unit="money")
    found = [fact for step in steps if (fact := facts.of(metric, period, unit="money", step=step)).value]
    found = [fact for fact in found if step_of(fact) != OTHER]
    if not before.known or not before.value or not now.known:
        return []
    if not found:
        return [say(f"Step by step, revenue in {period} is what it was in {year_before}: ", now, ".")]
    ends = {"up": max(found, key=_value), "down": min(found, key=_value)}
    told = [
        (
            f"{way} is ",
            words(f"“{steps[step_of(fact)]}”"),
            " (",
            facts.of(metric, period, role=SIZE, unit="money", step=step_of(fact)),
            ")",
        )
        for way, fact in ends.items()
        if (_value(fact) > 0) == (way == "up")
    ]
    opening = ("On the way from ", before, f" in {year_before} to ", now, f" in {period}, the largest step ")
    pieces: tuple[Piece, ...] = (*told[0], ", the largest ", *told[1]) if len(told) == 2 else told[0]
    at_stake = max(abs(_value(fact)) for fact in ends.values())
    return [rated(say(*opening, *pieces, "."), importance=at_stake / before.value if before.value > 0 else 0.0)]


def step_of(fact: Fact) -> str:
    """The step that a fact is of; "" for one of a whole bridge or line.

    >>> step_of(Fact("plan_bridge", "2026Q3", 5.0, "money", (("step", "new"),)))
    'new'
    """
    return dict(fact.grain).get("step", "")


def _mid(label: str) -> str:
    return label[:1].lower() + label[1:]


def _value(fact: Fact) -> float:
    return fact.value or 0.0


def unparted(bridges: pd.DataFrame, bridge: str) -> list[tuple[str, str]]:
    """What the data do not tell of apart, and why: the names of steps in the middle of a sentence, and a reason.

    Needs the partner's rows of the table ``bridges``.

    >>> rows = [("plan", "new", "table sales has no column customer_id")]
    >>> unparted(pd.DataFrame(rows, columns=["bridge", "step", "reason"]), "plan")
    [('new customers', 'table sales has no column customer_id')]
    """
    rows = bridges[bridges["bridge"].eq(bridge) & bridges["reason"].ne("")]
    more = {DEALS: "Deals, so that each sale counts as one"} | (
        {NEW: "New and lost customers"} if bridge == YEAR else {}
    )
    names = LABELS[bridge] | more
    by_reason: dict[str, list[str]] = {}
    order = [*names]
    for row in sorted(records(rows), key=lambda row: order.index(str(row["step"]))):
        by_reason.setdefault(str(row["reason"]), []).append(_mid(names[str(row["step"])]))
    return [(listed(steps), reason) for reason, steps in by_reason.items()]
