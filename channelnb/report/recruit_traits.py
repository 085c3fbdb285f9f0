"""Cells of the recruiting report on traits: the gaps, what to look for, and how sure that is."""

from __future__ import annotations

from typing import Any

import pandas as pd

from channelnb.narrative import recruiting
from channelnb.narrative.facts import Fact
from channelnb.narrative.recruiting import TraitWords, interval, is_small
from channelnb.narrative.sentence import defined
from channelnb.recruiting.traits import CATEGORY, YES_NO
from channelnb.report import charts
from channelnb.report.blocks import callout, mark
from channelnb.report.recruit_page import JUDGED, Page, named, page_of
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.snapshot import Snapshot

LOOK_FOR, NOT_FOR, UNPROVEN, INDIFFERENT, OPEN, UNJUDGED = (
    "Look for",
    "Rather without",
    "Ask about, but unproven",
    "Don’t choose by it",
    "Left open",
    "Cannot be judged",
)
_HOW = (
    "The dot is the gap between the means, the line its 95 % interval. Filled dots set high performers apart even "
    "allowing for the number of traits looked at; of a hollow one the gap is small, or cannot be told from chance."
)
_BY_SIZE = defined("rank correlation; near 0, size plays no part")
_SAME = defined("1 is always the same; 0.75 is asked for")
_NO_TRAITS = "The source holds no column whose name starts with “trait_”: nothing is known from before signing."


def trait_gaps(snapshot: Snapshot) -> Shown:
    """How far high performers lie from the others in each trait: a picture and a table."""
    page = page_of(snapshot)
    if page.study.gaps.empty:
        return callout(_NO_TRAITS)
    judged = page.traits(*JUDGED)
    if not judged:
        return together([callout("No trait could be judged, so there is no gap to draw."), _gap_table(page)])
    drawn = pd.DataFrame([_drawn(trait, page.gap(trait)) for trait in judged])
    picture = charts.draw(
        charts.trait_gaps,
        drawn,
        alt=page.line(*recruiting.finding(page.facts, page.quarter, page.traits("ok")).pieces),
        caption=page.line(defined(_HOW)),
        table=None,
        height=0.8 + 0.32 * len(drawn),
    )
    return together([picture, _gap_table(page)])


def _drawn(trait: TraitWords, gap: Fact) -> dict[str, Any]:
    told = {"gap": gap.value, "low": gap.low, "high": gap.high, "distinct": gap.known, "small": is_small(gap)}
    return {"trait": named(trait), **told}


def _gap_table(page: Page) -> Shown:
    judged = page.traits(*JUDGED)
    order = {trait.name: place for place, trait in enumerate([*page.traits("ok"), *judged])}
    gaps = page.study.gaps.sort_values("trait", key=lambda names: names.map(order), kind="stable")
    rows = [_gap_row(page, row) for row in gaps.to_dict("records")]
    formats = {
        "trait": ColumnFormat("Trait"),
        "high": ColumnFormat("High performers", "number"),
        "others": ColumnFormat("Others", "number"),
        "gap": ColumnFormat("Gap, standard deviations", "number"),
        "interval": ColumnFormat("95 % interval", "number"),
        "known": ColumnFormat("Known of", "count"),
        "verdict": ColumnFormat("Sets them apart?"),
    }
    caption = "Traits known before signing: means of high performers and others (shares for yes/no and categories)"
    return table(pd.DataFrame(rows), id="trait-gaps", columns=formats, caption=caption)


def _gap_row(page: Page, row: dict[Any, Any]) -> dict[str, Any]:
    trait = TraitWords(row["trait"], row["label"], row["kind"], row["level"])
    gap, (high, others) = page.gap(trait), page.means(trait)
    judged = gap.state in JUDGED
    return {
        "trait": named(trait),
        "high": page.line(high) if judged else None,
        "others": page.line(others) if judged else None,
        # A trait that could not be judged is a fact too, though there is no figure.
        "gap": page.line(gap) if judged else Shown("–", (gap,), "–"),
        "interval": page.line(*interval(gap)) if gap.low is not None else None,
        "known": page.of("trait_known", trait=trait.name),
        "verdict": _verdict(gap, row["reason"]),
    }


def _verdict(gap: Fact, reason: str) -> Any:
    if gap.known and gap.value is not None:
        return mark("yes, more", arrow="up") if gap.value > 0 else mark("yes, less", arrow="down")
    if gap.state not in JUDGED:
        return f"not judged: {reason}"
    # As the advice has it: a wide interval leaves open whether there is a gap worth choosing by.
    return "no" if is_small(gap) else "cannot tell"


def look_for(snapshot: Snapshot) -> Shown:
    """What to look for in the next recruit and what not to: one row per trait, the useful ones first."""
    page = page_of(snapshot)
    if page.study.gaps.empty:
        return callout(_NO_TRAITS)
    rows = [_advice(page, trait) for trait in page.traits(*JUDGED)]
    aside = page.study.gaps[~page.study.gaps["state"].isin(JUDGED)]
    rows += [{"advice": UNJUDGED, "trait": row["label"], "why": row["reason"]} for row in aside.to_dict("records")]
    order = [LOOK_FOR, NOT_FOR, UNPROVEN, INDIFFERENT, OPEN, UNJUDGED]
    listing = pd.DataFrame(rows).sort_values("advice", key=lambda advice: advice.map(order.index), kind="stable")
    formats = {
        "trait": ColumnFormat("Trait"),
        "advice": ColumnFormat("In the next recruit"),
        "why": ColumnFormat("Because"),
    }
    shown = table(listing, id="look-for", columns=formats, caption="What the comparison supports, trait by trait")
    if page.study.stable_profile:
        return shown
    unsure = "Some traits go with high performance here, but not surely enough to choose by them: ask about them."
    none = "The comparison supports no trait as something to look for."
    return together([callout(unsure if page.traits("ok") else none), shown])


def _advice(page: Page, trait: TraitWords) -> dict[str, Any]:
    gap, (high, others) = page.gap(trait), page.means(trait)
    if gap.known:
        common = trait.kind in (YES_NO, CATEGORY)
        word = trait.direction(gap)
        why = page.line(f"{word} among high performers: ", high, " against ", others)
        wanted = named(trait) if common else f"{word[:1].upper()}{word[1:]} {trait.words}"
        proven = NOT_FOR if common and (gap.value or 0.0) < 0 else LOOK_FOR
        return {"advice": proven if page.study.stable_profile else UNPROVEN, "trait": wanted, "why": why}
    if is_small(gap):
        return {"advice": INDIFFERENT, "trait": named(trait), "why": "any gap is below half a standard deviation"}
    why = page.line("the gap is ", gap, " standard deviations, but may be anything from ", *interval(gap))
    return {"advice": OPEN, "trait": named(trait), "why": why}


def how_sure(snapshot: Snapshot) -> Shown:
    """How far the findings can be trusted: what was tested, and what came out."""
    page = page_of(snapshot)
    told, clear = page.of("told_apart"), page.of("kinds_clearness")
    by_chance = page.line(
        "the best of ", defined("19"), " sets with each trait shuffled: ", page.of("kinds_clearness", "by_chance")
    )
    checks: list[tuple[str, Fact, str | Shown]] = [
        ("Partners compared", page.of("partners_compared"), "the more there are, the smaller the gaps that show"),
        ("Traits judged at once", page.of("traits_judged"), "of those said to set apart, one in ten may be chance"),
        ("Smallest gap seen", page.of("smallest_gap_seen"), "standard deviations, seen four times in five"),
        (
            "Pairs of partners ranked rightly by traits",
            told,
            page.line("on partners held back; ", *interval(told), ", ", defined("50 % is chance")),
        ),
        (
            "Score follows headcount",
            page.of("score_follows_headcount"),
            page.line(_BY_SIZE),
        ),
        (
            "Same kinds in other samples",
            page.of("kinds_stability"),
            page.line(_SAME),
        ),
        ("Clearness of the kinds", clear, by_chance),
    ]
    rows = [
        {"check": check, "value": page.line(fact), "means": means}
        for check, fact, means in checks
        if fact.value is not None
    ]
    formats = {
        "check": ColumnFormat("Check"),
        "value": ColumnFormat("Result", "number"),
        "means": ColumnFormat("How to read it"),
    }
    said = [recruiting.holds_up(page.facts, page.quarter), recruiting.power(page.facts, page.quarter)]
    shown = table(pd.DataFrame(rows), id="how-sure", columns=formats, caption="How far it can be trusted")
    return together([page.told(*said), shown])
