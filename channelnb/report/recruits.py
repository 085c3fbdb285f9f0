"""The recruiting report, cell by cell: what sets high performers apart, and what to look for in the next recruit."""

from __future__ import annotations

from channelnb.narrative import recruiting
from channelnb.narrative.sentence import defined
from channelnb.report.blocks import Card, callout, cards, labelled, lead
from channelnb.report.recruit_firms import candidates, left_out, origins, performers
from channelnb.report.recruit_kinds import kinds
from channelnb.report.recruit_page import page_of
from channelnb.report.recruit_traits import how_sure, look_for, trait_gaps
from channelnb.report.shown import Shown, together
from channelnb.snapshot import Snapshot

__all__ = [
    "answer",
    "candidates",
    "how_sure",
    "kinds",
    "left_out",
    "look_for",
    "origins",
    "performers",
    "summary",
    "trait_gaps",
]


def summary(snapshot: Snapshot) -> Shown:
    """The page's summary: whether anything sets high performers apart, four headline figures, and what to decide."""
    page = page_of(snapshot)
    told, kinds_found, profile = page.of("told_apart"), page.of("stable_kinds"), page.of("stable_profile")
    figures = [
        Card(
            "High performers",
            page.of("high_performers"),
            page.line("the top quarter of ", page.of("partners_compared"), " partners compared"),
        ),
        Card(
            "Traits that set them apart",
            page.of("traits_distinct"),
            page.line("of ", page.of("traits_judged"), " judged"),
        ),
        Card(
            "Pairs ranked rightly by traits",
            told,
            page.line(*recruiting.interval(told), "; ", defined("50 % is chance")) if told.known else "",
        ),
        Card("Stable kinds of partners", kinds_found, "" if kinds_found.value else "none found"),
    ]
    distinct = page.traits("ok")
    finding = recruiting.finding(page.facts, page.quarter, distinct)
    verdict = recruiting.profile(page.facts, page.quarter, distinct)
    return together(
        [
            lead(page.line(*finding.pieces)),
            cards(figures, currency=page.currency),
            callout(page.line(*verdict.pieces), tone="good" if profile.value else "neutral"),
            labelled("To decide", page.told(*recruiting.decisions(page.facts, page.quarter, distinct))),
        ]
    )


def answer(snapshot: Snapshot) -> Shown:
    """What can be said, sentence by sentence, and what cannot."""
    page = page_of(snapshot)
    facts, quarter, found = page.facts, page.quarter, page.study
    distinct = page.traits("ok")
    unlike = found.origins[found.origins["state"] == "ok"]
    places = list(zip(unlike["dimension"], unlike["level"], strict=True))
    return page.told(
        recruiting.basis(facts, quarter),
        *([] if distinct else [recruiting.finding(facts, quarter, distinct)]),
        *(recruiting.difference(facts, quarter, trait) for trait in distinct[: recruiting.NAMED]),
        recruiting.no_use(facts, quarter, page.traits("not_distinct")),
        recruiting.holds_up(facts, quarter),
        recruiting.kinds(facts, quarter, reason=found.clusters.reason),
        recruiting.where_from(facts, quarter, places),
        recruiting.candidates(facts, quarter, listed_at_all=found.candidates is not None, distinct=len(distinct)),
        recruiting.caution(),
    )
