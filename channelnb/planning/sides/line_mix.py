"""Which lines a partner sells, and how much of its sales each is, beside firms like it."""

from __future__ import annotations

import pandas as pd

from channelnb.book.book import Book
from channelnb.chosen import Settings
from channelnb.peers.compare import compare
from channelnb.peers.groups import levels, owners_of
from channelnb.planning.maker import Made, Maker
from channelnb.planning.sides.roadmap import sold_lines

LINE_MIX = "line_mix"
"""The table of a snapshot that says which lines each partner sells."""

COLUMNS = {
    **dict.fromkeys(("partner_id", "line"), "str"),
    **dict.fromkeys(("revenue", "share", "peer_median"), "float64"),
    "others": "int64",
}
"""The columns of the table, and what is in them."""


def line_mix(book: Book, settings: Settings, made: Made) -> dict[str, pd.DataFrame]:
    """The lines of each partner in the twelve months to the book's period, those that its peers alone sell included.

    Needs the tables ``partners`` and ``partner_line`` made before. One row is a partner and line: its `revenue`, the
    `share` of it in the partner's, and `peer_median`, the middle of the same share among its `others`, told only
    where these are `min_peers` at least. What more came back of than was sold is left out.
    """
    period = book.period or book.calendar.quarter_of(book.as_of)
    sold = sold_lines(made["partner_line"], book.calendar.year_to(period))
    yearly = sold.groupby("partner_id")["revenue"].sum()
    # Whoever sells nothing has no mix, and is nobody's peer in one.
    firms = sorted(yearly.index)
    lines = sorted(sold["line"].unique())
    every = pd.MultiIndex.from_product([firms, lines], names=["partner_id", "line"])
    rows = sold.set_index(["partner_id", "line"]).reindex(every, fill_value=0.0).reset_index()
    rows["share"] = rows["revenue"] / rows["partner_id"].map(yearly).astype(float)
    groups, owners = levels(made["partners"], yearly), owners_of(made["partners"])
    parts = []
    for _, own in rows.groupby("line"):
        told = own[["partner_id", "share"]].rename(columns={"share": "value"})
        beside = compare(told, groups, min_others=settings.min_peers, money=False, owners=owners)
        middle = beside[["partner_id", "median", "others"]].rename(columns={"median": "peer_median"})
        parts.append(own.merge(middle, on="partner_id"))
    if not parts:
        return {LINE_MIX: pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in COLUMNS.items()})}
    found = pd.concat(parts)[list(COLUMNS)].astype(COLUMNS)
    found = found[found["revenue"].gt(0) | found["peer_median"].gt(0)]
    return {LINE_MIX: found.sort_values(["partner_id", "line"], ignore_index=True)}


def for_the_partner(mix: pd.DataFrame) -> pd.DataFrame:
    """A partner's rows of `line_mix` as it may read them: medians, each one firm's share, in whole per cent.

    What the partner does not sell, and of which its peers sell less than a half per cent, is left out.

    >>> mix = pd.DataFrame({"line": ["Disks"], "revenue": [9.0], "peer_median": [0.363636]})
    >>> for_the_partner(mix)["peer_median"].tolist()
    [0.36]
    """
    told = mix.assign(peer_median=mix["peer_median"].round(2))
    return told[told["revenue"].gt(0) | told["peer_median"].gt(0)]


MAKER = Maker(line_mix, (LINE_MIX,))
