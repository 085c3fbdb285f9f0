"""Sentences on marketing done together, and on what the partnership earned either side."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from channelnb.frames import records
from channelnb.narrative.facts import SUM, Fact, Facts
from channelnb.narrative.sentence import Sentence, number_of, rated, say
from channelnb.narrative.vendors_side import share_at_stake

MQL, SQL, APPROVED, DENIED = "mql", "sql", "mdf_claims_approved", "mdf_claims_denied"
"""Counts that are parts of rates: leads qualified by marketing, and of these by sales; claims by decision."""

LEFT, LAPSED, EARNED = "funds_left", "funds_lapsed", "earned"
"""The metrics of development funds that can still be claimed, of those that ended unclaimed, and of what was earned."""

_PARTS = {"mql_to_sql": (MQL, SQL), "mdf_approval_rate": ("", APPROVED)}


def marketing_facts(partner: pd.DataFrame, funds: pd.DataFrame, *, period: str, as_of: str) -> Iterable[Fact]:
    """The counts within measured rates, and what is left of development funds on the day told of, by their last day.

    Needs the partner's rows of the tables ``partner`` and ``funds``.
    """
    for row in records(partner[partner["metric"].isin(list(_PARTS)) & partner["denominator"].notna()]):
        whole, part = _PARTS[row["metric"]]
        above, below = float(row["numerator"] or 0.0), float(row["denominator"])
        yield Fact(part, str(row["period"]), above, "count", n=int(below))
        if whole:
            yield Fact(whole, str(row["period"]), below, "count", n=int(below))
        else:
            yield Fact(DENIED, str(row["period"]), below - above, "count", n=int(below))
    ends = pd.to_datetime(funds["expires_on"])
    day = pd.Timestamp(as_of)
    for last, rows in funds[ends.gt(day)].groupby("expires_on"):
        iso = pd.Timestamp(str(last)).date().isoformat()
        yield Fact(LEFT, period, float(rows["left"].sum()), "money", (("expires_on", iso),))


def lapsed_facts(funds: pd.DataFrame, *, period: str, first: str, as_of: str) -> Iterable[Fact]:
    """What ended unclaimed from a period's first day to the day told of."""
    ends = pd.to_datetime(funds["expires_on"])
    over = funds[ends.ge(pd.Timestamp(first)) & ends.le(pd.Timestamp(as_of))]
    if len(over):
        yield Fact(LAPSED, period, float(over["left"].sum()), "money", n=len(over))


def earned_facts(earned: pd.DataFrame) -> Iterable[Fact]:
    """What the partner earned in each period, by kind and in all; needs its rows of the table ``earned``."""
    for row in records(earned):
        yield Fact(EARNED, str(row["period"]), row["amount"], "money", (("kind", str(row["kind"])),))
    for period, rows in earned.groupby("period"):
        yield Fact(EARNED, str(period), float(rows["amount"].sum()), "money", role=SUM)


def funnel(facts: Facts, periods: list[str]) -> list[Sentence]:
    """How leads qualified by marketing and by sales went over some periods, oldest first; nothing where none is known.

    >>> told = {("mql", "2025Q3"): 4.0, ("sql", "2025Q3"): 1.0, ("mql", "2026Q3"): 9.0, ("sql", "2026Q3"): 3.0}
    >>> facts = Facts(Fact(name, period, value, "count") for (name, period), value in told.items())
    >>> funnel(facts, ["2025Q3", "2026Q3"])[0].text("USD")
    'Marketing qualified 9 leads in 2026Q3, up from 4 in 2025Q3; sales has qualified 3 of them since, against 1.'
    """
    told = [period for period in periods if facts.of(MQL, period).known]
    if not told:
        return []
    last, first = told[-1], told[0]
    now, sold = facts.of(MQL, last), facts.of(SQL, last)
    opening = ("Marketing qualified ", number_of(now, "lead"), f" in {last}")
    if first == last:
        return [say(*opening, "; sales has qualified ", sold, " of them since.")]
    before, sold_before = facts.of(MQL, first), facts.of(SQL, first)
    word = _direction(now, before)
    return [
        say(*opening, f", {word} ", before, f" in {first}; sales has qualified ", sold, " of them since, against ",
            sold_before, "."),
    ]  # fmt: skip


def _direction(now: Fact, before: Fact) -> str:
    change = (now.value or 0.0) - (before.value or 0.0)
    return "as many as the" if change == 0 else "up from" if change > 0 else "down from"


def returns(facts: Facts, period: str) -> list[Sentence]:
    """What marketing returned: margin over spend, and revenue over spend; nothing where it cannot be said.

    >>> net, gross = ("return_on_marketing", 1.5, "share"), ("gross_marketing_return", 6.0, "index")
    >>> told = [Fact(name, "2026Q3", value, unit) for name, value, unit in (net, gross)]
    >>> returns(Facts(told), "2026Q3")[0].text("USD")
    'Return on marketing was 150 % of what was spent, at revenue of 6× the spend.'
    """
    net = facts.of("return_on_marketing", period, unit="share")
    gross = facts.of("gross_marketing_return", period, unit="index")
    if net.known:
        tail = (", at revenue of ", gross, " the spend.") if gross.known else (".",)
        return [say("Return on marketing was ", net, " of what was spent", *tail)]
    return [say("Revenue put down to marketing was ", gross, " what was spent on it.")] if gross.known else []


def claims(facts: Facts, period: str) -> list[Sentence]:
    """How many claims were granted and denied in a period; nothing where none was decided.

    >>> told = [Fact("mdf_claims_approved", "2026Q3", 3.0, "count"), Fact("mdf_claims_denied", "2026Q3", 1.0, "count")]
    >>> claims(Facts(told), "2026Q3")[0].text("USD")
    'Of claims on development funds 3 were granted in 2026Q3, and 1 denied.'
    """
    granted, denied = facts.of(APPROVED, period), facts.of(DENIED, period)
    if not granted.known:
        return []
    verb = "was" if granted.value == 1 else "were"
    return [say("Of claims on development funds ", granted, f" {verb} granted in {period}, and ", denied, " denied.")]


def budget(facts: Facts, period: str) -> list[Sentence]:
    """How far funds are used, what ended unclaimed, and what ends next, with the day.

    >>> left = Fact("funds_left", "2026Q3", 570.0, "money", (("expires_on", "2026-12-31"),))
    >>> [said.text("USD") for said in budget(Facts([left]), "2026Q3")]
    ['Still to be claimed are funds of USD 570, until 2026-12-31.']
    """
    said = []
    used = facts.of("mdf_utilisation", period, unit="share")
    if used.known:
        said.append(say("Twelve months' claims took up ", used, " of the funds set aside for these months."))
    lost = facts.of(LAPSED, period, unit="money")
    if lost.known and lost.value:
        weight = share_at_stake(facts, period, lost)
        said.append(
            rated(say("Unclaimed, funds of ", lost, f" came to their end in {period}."), importance=weight, tone="red")
        )
    nearest = next_to_expire(facts, period)
    if nearest is not None:
        weight = share_at_stake(facts, period, nearest)
        day = dict(nearest.grain)["expires_on"]
        said.append(rated(say("Still to be claimed are funds of ", nearest, f", until {day}."), importance=weight))
    return said


def next_to_expire(facts: Facts, period: str) -> Fact | None:
    """The funds that end next and of which something is left; None where there are none.

    >>> next_to_expire(Facts([]), "2026Q3") is None
    True
    """
    left = [f for f in facts.values() if f.metric == LEFT and f.period == period and (f.value or 0.0) > 0]
    return min(left, key=lambda fact: fact.grain, default=None)


def campaigns(facts: Facts, period: str) -> list[Sentence]:
    """Digital campaigns run together, by where they stand; nothing where no activity is on record.

    >>> told = {"planned": 1.0, "running": 0.0, "done": 2.0}
    >>> facts = Facts(Fact(f"digital_campaigns_{how}", "2026Q3", v, "count") for how, v in told.items())
    >>> campaigns(facts, "2026Q3")[0].text("USD")
    'Digital campaigns with the partner: 1 planned, 0 running and 2 that ended in 2026Q3.'
    """
    planned, running, done = (facts.of(f"digital_campaigns_{how}", period) for how in ("planned", "running", "done"))
    if not (planned.known and running.known and done.known):
        return []
    return [
        say("Digital campaigns with the partner: ", planned, " planned, ", running, " running and ", done,
            f" that ended in {period}."),
    ]  # fmt: skip


def earnings(facts: Facts, period: str) -> list[Sentence]:
    """What the partner earned from the vendor in a period, beside its own margin where that is known.

    >>> told = [Fact("earned", "2026Q3", 40.0, "money", role=SUM), Fact("partner_profit", "2026Q3", 90.0, "money")]
    >>> earnings(Facts(told), "2026Q3")[0].text("USD")
    'From the vendor the partner earned USD 40 in rebates, incentives and development funds in 2026Q3.'
    """
    whole = facts.of(EARNED, period, role=SUM, unit="money")
    margin = facts.of("partner_profit", period, unit="money")
    said = []
    if whole.known:
        tail = f" in rebates, incentives and development funds in {period}."
        said.append(say("From the vendor the partner earned ", whole, tail))
    if margin.known:
        share = facts.of("partner_margin", period, unit="share")
        of = (", or ", share, " of what it sold them for") if share.known else ()
        said.append(say("On the goods themselves it earned ", margin, *of, ", rebates included."))
    return said


def contribution(facts: Facts, period: str) -> list[Sentence]:
    """What the partner leaves the vendor after all that it costs; nothing where that cannot be said.

    >>> told = [Fact("contribution", "2026Q3", -90.0, "money"), Fact("cost_to_serve", "2026Q3", 200.0, "money")]
    >>> contribution(Facts(told), "2026Q3")[0].text("USD")
    'The vendor is left with USD −90 in 2026Q3, after USD 200 that it cost to serve the partner.'
    """
    left, cost = facts.of("contribution", period, unit="money"), facts.of("cost_to_serve", period, unit="money")
    if not left.known:
        return []
    tail = (", after ", cost, " that it cost to serve the partner.") if cost.known else (".",)
    sentence = say("The vendor is left with ", left, f" in {period}", *tail)
    loss = (left.value or 0.0) < 0
    return [
        rated(
            sentence, importance=share_at_stake(facts, period, left) if loss else 0.0, tone="red" if loss else "neutral"
        )
    ]
