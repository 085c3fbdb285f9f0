"""Cell of the recruiting report on the kinds of partners: a map and what marks each kind."""

from __future__ import annotations

import pandas as pd

from channelnb.narrative import recruiting
from channelnb.narrative.facts import Fact, Grain
from channelnb.narrative.recruiting import TraitWords, interval
from channelnb.narrative.recruiting_facts import SPREADS
from channelnb.narrative.sentence import Piece, number_of
from channelnb.report import charts
from channelnb.report.blocks import paragraph
from channelnb.report.recruit_page import Page, page_of
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.snapshot import Snapshot

_MAP = (
    "Each mark is a partner, filled for a high performer. Partners with like traits lie close together; the map shows "
)
_MOST_ROWS = 100
_OF_ALL = " of all differences between them."


def kinds(snapshot: Snapshot) -> Shown:
    """Which kinds of partners there are by their traits: a map of all, and a table of the stable kinds."""
    page = page_of(snapshot)
    found = page.study.clusters
    said = page.told(recruiting.kinds(page.facts, page.quarter, reason=found.reason))
    if found.map is None:
        return said
    names = found.partners["cluster"].map(lambda one: f"kind {one}" if one else "all partners")
    high = page.study.compared.set_index("partner_id")["high"].reindex(found.partners["partner_id"])
    drawn = found.map.places.assign(cluster=names.to_numpy(), high=high.to_numpy(bool)).reset_index(drop=True)
    (across, up), (x_share, y_share) = found.map.leading, found.map.explained
    picture = charts.draw(
        charts.cluster_map,
        drawn,
        alt=said.text,
        table=_points(page, drawn, snapshot),
        caption=page.line(_MAP, Fact("differences_shown", page.quarter, x_share + y_share, "share"), _OF_ALL),
        x_label=f"mostly {across}",
        y_label=f"mostly {up}" if up else "",
        height=3.8,
    )
    return together([said, picture, *([_table(page)] if found.stable else []), *_filled(page)])


def _points(page: Page, drawn: pd.DataFrame, snapshot: Snapshot) -> Shown:
    """The partners of the map, where each lies and of what kind it is; of many, the first."""
    firms = snapshot.frame("partners").set_index("partner_id")["name"]
    rows = drawn.assign(
        partner=page.study.clusters.partners["partner_id"].map(firms).to_numpy(),
        high=drawn["high"].map({True: "yes", False: "no"}),
        **{axis: drawn[axis].map("{:.2f}".format) for axis in ("x", "y")},
    )
    formats = {
        "partner": ColumnFormat("Partner"),
        "cluster": ColumnFormat("Kind"),
        "high": ColumnFormat("High performer"),
        "x": ColumnFormat("Across", "number"),
        "y": ColumnFormat("Upwards", "number"),
    }
    title = (
        "Where each partner lies on the map" if len(rows) <= _MOST_ROWS else "Where the first partners lie on the map"
    )
    return table(rows.head(_MOST_ROWS), id="map", columns=formats, caption=title)


def _table(page: Page) -> Shown:
    rows = []
    for kind in page.study.clusters.sizes["cluster"].astype("str"):
        share = page.of("high_performer_share", kind=kind)
        rows.append(
            {
                "kind": f"Kind {kind}",
                "marked": _marked_by(page, int(kind)),
                "partners": page.of("kind_partners", kind=kind),
                "share": share,
                "interval": page.line(*interval(share)),
            }
        )
    formats = {
        "kind": ColumnFormat("Kind"),
        "marked": ColumnFormat("What marks it: its mean (the mean of all)"),
        "partners": ColumnFormat("Partners", "count"),
        "share": ColumnFormat("High performers", "share"),
        "interval": ColumnFormat("95 % interval", "number"),
    }
    return table(pd.DataFrame(rows), id="kinds", columns=formats, caption="Kinds of partners by their traits")


def _marked_by(page: Page, kind: int) -> Shown:
    """The traits in which a kind lies furthest from the mean of all."""
    profile = page.study.clusters.profile
    own = profile[profile["cluster"] == kind].sort_values("apart", key=lambda apart: -apart.abs(), kind="stable")
    pieces: list[Piece] = []
    for row in own.head(recruiting.NAMED).to_dict("records"):
        trait = TraitWords(row["trait"], row["label"], row["kind"], row["level"])
        grain = {"trait": trait.name, "kind": str(kind)} | ({"level": trait.level} if trait.level else {})
        mean = page.of("trait_mean", **grain)
        overall = Fact("trait_mean", page.quarter, row["overall"], mean.unit, _of_all(trait), "of_all")
        word = trait.direction(Fact("trait_gap", page.quarter, row["apart"], SPREADS))
        pieces += ["; " if pieces else "", f"{word} ", trait.named, ": ", mean, " (", overall, ")"]
    return page.line(*pieces)


def _filled(page: Page) -> list[Shown]:
    filled = page.of("values_filled")
    if not filled.value:
        return []
    values = Fact("values_compared", page.quarter, filled.denominator, "count")
    of_all = (" of ", number_of(values, "value")) if values.value else ()
    return [paragraph(page.line("For this, ", filled, *of_all, " that are not known were set to the mean of all."))]


def _of_all(trait: TraitWords) -> Grain:
    return (*((("level", trait.level),) if trait.level else ()), ("trait", trait.name))
