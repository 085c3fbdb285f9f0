"""What a partner's people are able to sell, on a page: lines and certificates, and the roadmap of four quarters."""

from __future__ import annotations

import pandas as pd

from channelnb.frames import records
from channelnb.metrics.known import KNOWN
from channelnb.narrative import capability as said
from channelnb.narrative.facts import PEER_MEDIAN, Fact
from channelnb.narrative.sentence import absent
from channelnb.planning.sides.line_mix import LINE_MIX
from channelnb.planning.sides.roadmap import EXPIRING, FOR_LINE, FOR_TIER, ROADMAP, TRAINING
from channelnb.report.blocks import Text, absence, callout, paragraph
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import metric_fact, narrative, shown_figure
from channelnb.slice import Slice

_NONE = "\N{EN DASH}"
_HOW = (
    "Who has left holds no certificate; of who is there, each is counted until the last certificate in a line ends, as "
    "if nobody renewed. A line that is sold needs one certified person at least. A tier that asks for more than twice "
    "what was sold in twelve months is left out."
)


def specialisation(partner: Slice) -> Shown:
    """Which lines the partner sells and is certified in, beside its peers'; a remark where no line is known."""
    mix, period, facts = partner.frames[LINE_MIX], partner.about.period, partner.facts
    if mix.empty:
        return absence(f"No sale of a known line is on record in the twelve months to {period}.")
    certified = {
        str(line): metric_fact(facts, KNOWN["certified_people"], period, line=str(line)) for line in mix["line"]
    }
    rows = pd.DataFrame(
        {
            "line": list(certified),
            "share": [facts.of(said.YEARS_SHARE, period, unit="share", line=line) for line in certified],
            "certified": [fact if fact.known else None for fact in certified.values()],
            "peers": [_middle(partner, line) for line in certified],
        }
    )
    rows = rows.iloc[sorted(range(len(rows)), key=lambda row: (-(rows["share"].iloc[row].value or 0.0), row))]
    formats = {
        "line": ColumnFormat("Line"),
        "share": ColumnFormat("Share of twelve months' revenue", "share"),
        "peers": ColumnFormat("Median of peers", "share"),
        "certified": ColumnFormat("Certified people", "count"),
    }
    told = {"peers": rows["peers"].notna().any(), "certified": rows["certified"].notna().any()}
    kept = {name: form for name, form in formats.items() if told.get(name, True)}
    listing = table(rows, id="specialisation", columns=kept, caption=f"Lines sold in the twelve months to {period}")
    unknown = absent(next(iter(certified.values())))
    why = (
        []
        if told["certified"]
        else [callout(f"Who is certified in what, and who must be by when, cannot be said: {unknown}.")]
    )
    return together([*why, *_uncertified(partner), listing])


def _middle(partner: Slice, line: str) -> Fact | None:
    fact = partner.facts.of(said.YEARS_SHARE, partner.about.period, role=PEER_MEDIAN, unit="share", line=line)
    return fact if fact.known else None


def _uncertified(partner: Slice) -> list[Shown]:
    """What is said of lines without a certified person at the end of the first quarter of the roadmap."""
    rows = partner.frames[ROADMAP]
    first = rows[rows["quarter"].eq(rows["quarter"].min()) & rows["kind"].eq(FOR_LINE)]
    lines = sorted(str(line) for line in first["line"])
    sentences = said.alone(lines, str(first["quarter"].iloc[0])) if lines else []
    return [narrative(sentences, partner.about.currency)] if sentences else []


def roadmap(partner: Slice) -> Shown:
    """The capability of the next four quarters: what ends, what is planned, and who must certify, by when.

    Nothing where the data hold no certificates and no training: `specialisation` says so.
    """
    rows, facts, currency = partner.frames[ROADMAP], partner.facts, partner.about.currency
    if rows.empty:
        lacking = metric_fact(facts, KNOWN["certified_people"], partner.about.period).lacking
        return Shown("") if lacking else absence("Nobody is certified, and no training is planned.")
    quarters = sorted(rows["quarter"].unique())
    quarters = partner.calendar.span(quarters[0], partner.calendar.shift(quarters[0], 3))
    tiers = _tiers(partner)
    sentences = [
        *said.tiers(facts, quarters, str(partner.partner.get("tier") or ""), tiers),
        *said.expiring(facts, quarters),
        said.training(facts, quarters),
    ]
    shown = [row for row in _table_rows(partner, quarters, tiers) if any(row[quarter] != _NONE for quarter in quarters)]
    if not shown:
        return narrative(sentences, currency)
    formats = {"what": ColumnFormat("People"), **{quarter: ColumnFormat(quarter, "number") for quarter in quarters}}
    listing = table(pd.DataFrame(shown), id="roadmap", columns=formats, caption="Roadmap of the next four quarters")
    return together([narrative(sentences, currency), listing, paragraph(_HOW)])


def _tiers(partner: Slice) -> list[str]:
    """The tiers that the roadmap speaks of: the partner's own, and the next one."""
    rows = partner.frames[ROADMAP]
    asked = rows[rows["kind"].eq(FOR_TIER)].drop_duplicates("tier").sort_values(["needed", "tier"])
    return [str(tier) for tier in asked["tier"]]


def _table_rows(partner: Slice, quarters: list[str], tiers: list[str]) -> list[dict[str, Text]]:
    def row(what: str, metric: str, **grain: str) -> dict[str, Text]:
        return {"what": what} | {quarter: _figure(partner, metric, quarter, **grain) for quarter in quarters}

    def lines(kind: str) -> dict[str, Text]:
        return {quarter: _lines(partner, kind, quarter) for quarter in quarters}

    return [
        row("Certificates that end, people", said.ENDING),
        {"what": "… in"} | lines(EXPIRING),
        row("Training sessions planned", said.SESSIONS),
        {"what": "… in"} | lines(TRAINING),
        row("Certified at the end, if nobody renews", said.CERTIFIED_THEN),
        *(row(f"To certify for {tier}", said.MISSING, **{"for": tier}) for tier in tiers),
        row("To certify for the scorecard's target", said.MISSING, **{"for": "coverage"}),
        row("Lines sold without a certified person", said.MISSING, **{"for": "lines"}),
        {"what": "… which"} | lines(FOR_LINE),
    ]


def _figure(partner: Slice, metric: str, quarter: str, **grain: str) -> Text:
    fact = partner.facts.of(metric, quarter, **grain)
    return shown_figure(fact, "") if fact.known else _NONE


def _lines(partner: Slice, kind: str, quarter: str) -> str:
    rows = partner.frames[ROADMAP]
    found = records(rows[rows["kind"].eq(kind) & rows["quarter"].eq(quarter) & rows["line"].ne("")])
    return ", ".join(sorted(str(row["line"]) for row in found)) or _NONE
