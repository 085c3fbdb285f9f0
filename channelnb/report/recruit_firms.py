"""Cells of the recruiting report on firms: high performers, where they come from, candidates, and who is left out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from channelnb.narrative import recruiting
from channelnb.narrative.facts import Fact
from channelnb.narrative.recruiting import interval
from channelnb.narrative.recruiting_facts import HIGH, OTHERS
from channelnb.narrative.sentence import number_of
from channelnb.recruiting.traits import PREFIX
from channelnb.report.blocks import callout, mark, paragraph
from channelnb.report.recruit_page import JUDGED, Page, named, page_of
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import text
from channelnb.snapshot import Snapshot

MOST_ROWS = 15
"""Firms that a list shows; the rest are counted below it."""


def performers(snapshot: Snapshot) -> Shown:
    """Who the high performers are, the best first, and how they compare with the others."""
    page = page_of(snapshot)
    best = page.study.high_performers
    if best.empty:
        return callout("No partner can be called a high performer yet.")
    rows = [
        {
            "name": row["name"],
            "channel": text(row["channel"]),
            "region": text(row["region"], "–"),
            # Of firms this unlike, a scale shared by all would show the small ones as zero.
            "per_head": page.line(page.of("revenue_per_employee", partner_id=row["partner_id"])),
            "growth": page.line(page.of("growth_four_quarters", partner_id=row["partner_id"])),
            "score": page.of("performance_score", partner_id=row["partner_id"]),
        }
        for row in best.head(MOST_ROWS).to_dict("records")
    ]
    formats = {
        "name": ColumnFormat("Partner"),
        "channel": ColumnFormat("Channel"),
        "region": ColumnFormat("Region"),
        "per_head": ColumnFormat("Revenue per employee", "number"),
        "growth": ColumnFormat("Growth", "number"),
        "score": ColumnFormat("Score", "number"),
    }
    caption = "High performers, the best first (four quarters; growth on the four before)"
    listing = table(pd.DataFrame(rows), id="high-performers", columns=formats, caption=caption)
    return together([_how_ranked(page), listing, *_not_shown(page, len(best) - len(rows), "high performer")])


def _not_shown(page: Page, rest: int, noun: str) -> list[Shown]:
    more = Fact("rows_not_shown", page.quarter, float(rest), "count", (("of", noun),))
    return [paragraph(page.line(number_of(more, f"more {noun}"), " not shown."))] if rest > 0 else []


def _how_ranked(page: Page) -> Shown:
    high, others = (page.of("median_revenue_per_employee", role) for role in (HIGH, OTHERS))
    if not high.known or not others.known:
        return paragraph("Revenue per employee is not known, so the score rests on growth alone, within the channel.")
    return paragraph(
        page.line(
            "The score ranks revenue per employee among the firms of the channel that are nearest in headcount, and "
            "growth within the channel; partners of less than two years are ranked among themselves. The median high "
            "performer sold ",
            high, " per employee in four quarters, the median of the others ", others, ".",
        )
    )  # fmt: skip


def origins(snapshot: Snapshot) -> Shown:
    """Where high performers come from: their share in each channel and region, with its interval."""
    page = page_of(snapshot)
    if page.study.origins.empty:
        return callout("No partner can be compared yet, so nothing can be said of where the best come from.")
    rows, expected = [], page.study.compared["high"].mean()
    for row in page.study.origins.to_dict("records"):
        share = page.of("high_performer_share", **{row["dimension"]: row["level"]})
        arrow = "up" if row["share"] > expected else "down"
        verdict = {"ok": mark("yes", arrow=arrow), "too_few": "too few to say"}.get(row["state"], "no")
        rows.append(
            {
                "level": row["level"] or "(none)",
                "dimension": row["dimension"],
                "partners": page.of("partners_compared", **{row["dimension"]: row["level"]}),
                "share": share,
                "interval": page.line(*interval(share)),
                "verdict": "–" if row["dimension"] == "channel" else verdict,
            }
        )
    formats = {
        "level": ColumnFormat("Where"),
        "dimension": ColumnFormat("Kind"),
        "partners": ColumnFormat("Partners compared", "count"),
        "share": ColumnFormat("High performers", "share"),
        "interval": ColumnFormat("95 % interval", "number"),
        "verdict": ColumnFormat("Unlike the others?"),
    }
    note = paragraph(
        "Partners are ranked within their channel, so each channel has about a quarter of high performers by design; "
        "regions may differ."
    )
    caption = "Share of high performers by channel and region"
    return together([table(pd.DataFrame(rows), id="origins", columns=formats, caption=caption), note])


def candidates(snapshot: Snapshot) -> Shown:
    """Candidates by how many of the distinct traits they share with the high performers."""
    page = page_of(snapshot)
    found, distinct = page.study.candidates, page.traits("ok")
    said = recruiting.candidates(page.facts, page.quarter, listed_at_all=found is not None, distinct=len(distinct))
    if found is None or found.empty:
        return callout(page.line(*said.pieces))
    rows = [_candidate(page, row, distinct) for row in found.head(MOST_ROWS).to_dict("records")]
    formats = {
        "name": ColumnFormat("Candidate"),
        "where": ColumnFormat("Channel and region"),
        "rank": ColumnFormat("Rank", "count"),
        "shared": ColumnFormat(f"Traits shared, of {len(distinct)}", "count"),
        **{f"trait {place}": ColumnFormat(named(trait)) for place, trait in enumerate(distinct)},
    }
    caption = "Candidates, the most alike first; equal ranks are equally alike"
    listing = table(pd.DataFrame(rows), id="candidates", columns=formats, caption=caption)
    unknown = int(found["unknown"].sum())
    blank = number_of(Fact("values_not_known", page.quarter, float(unknown), "count"), "value")
    verb = "is not known and counts" if unknown == 1 else "are not known and count"
    notes = page.line(
        "A candidate shares a trait when its value is nearer to the high performers’ mean than to the others’.",
        *((" ", blank, f" of these traits {verb} as not shared.") if unknown else ()),
    )
    more = _not_shown(page, len(found) - len(rows), "candidate")
    return together([page.told(said), listing, *more, paragraph(notes)])


def _candidate(page: Page, row: dict[Any, Any], distinct: list[Any]) -> dict[str, Any]:
    where = [text(row["channel"]), text(row["region"])]
    return {
        "name": row["name"],
        "where": ", ".join(filter(None, where)) or "–",
        "rank": row["rank"],
        "shared": page.of("traits_shared", candidate_id=str(row["candidate_id"])),
        **{
            f"trait {place}": "not known" if row[trait.name] == "unknown" else row[trait.name]
            for place, trait in enumerate(distinct)
        },
    }


def left_out(snapshot: Snapshot) -> Shown:
    """Which partners and traits are left out of the comparison, and why."""
    page = page_of(snapshot)
    rows: list[dict[str, Any]] = [
        {"what": "Partners", "count": fact, "why": dict(fact.grain)["reason"]}
        for fact in page.facts.values()
        if fact.metric == "partners_left_out" and fact.grain
    ]
    gaps = page.study.gaps
    rows += [
        {"what": f"The trait “{row['label']}”", "count": None, "why": row["reason"]}
        for row in gaps[~gaps["state"].isin(JUDGED)].to_dict("records")
    ]
    rows += [
        {
            "what": f"Partners, in the trait “{row['label'].removeprefix(PREFIX)}”",
            "count": row["missing"],
            "why": "not known of them",
        }
        for row in gaps[gaps["state"].isin(JUDGED) & (gaps["missing"] > 0)].to_dict("records")
    ]
    if not rows:
        return callout("Nobody and nothing is left out: all partners and traits are compared.", tone="good")
    formats = {
        "what": ColumnFormat("Left out"),
        "count": ColumnFormat("How many", "count"),
        "why": ColumnFormat("Because"),
    }
    return table(
        pd.DataFrame(rows), id="left-out", columns=formats, caption="What is left out of the comparison, and why"
    )
