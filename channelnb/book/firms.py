"""Firms that belong together: those that merged, and those that one firm owns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd

from channelnb.book.contract import Table
from channelnb.book.given import literal
from channelnb.errors import BadSource
from channelnb.frames import records


@dataclass(frozen=True)
class Firms:
    """What became of the firms that merged, as known on a day: the `survivor` of each."""

    survivor: Mapping[str, str]

    def survivor_of(self, column: str) -> str:
        """SQL for the firm that a column names, or the one that it has become.

        >>> Firms({"P1": "P2"}).survivor_of("partner_id")
        "CASE WHEN partner_id IN ('P1') THEN MAP {'P1': 'P2'}[partner_id] ELSE partner_id END"
        """
        if not self.survivor:
            return column
        pairs = ", ".join(f"{literal(one)}: {literal(taker)}" for one, taker in self.survivor.items())
        # Few firms merge and facts are many: the list is hashed, the map is gone through key by key.
        merged = ", ".join(map(literal, self.survivor))
        return f"CASE WHEN {column} IN ({merged}) THEN MAP {{{pairs}}}[{column}] ELSE {column} END"

    def moved(self, table: Table, rows: str) -> str:
        """The SELECT of a table's rows with each merged firm's rows at its survivor.

        `original_partner_id` keeps the firm that the row was of. Rows that say what a firm is stay.

        >>> from channelnb.book.tables import CONTRACT
        >>> firms = Firms({"P1": "P2"})
        >>> "MAP {'P1': 'P2'}[partner_id]" in firms.moved(CONTRACT["sales"], "FROM kept.sales")
        True
        >>> firms.moved(CONTRACT["partner_history"], "FROM kept.partner_history")
        'FROM kept.partner_history'
        """
        if not table.moves:
            return rows
        moved = f"{self.survivor_of('partner_id')} AS partner_id"
        return f"SELECT * REPLACE ({moved}), partner_id AS original_partner_id FROM ({rows})"


def make_partners(con: duckdb.DuckDBPyConnection, rows: str) -> Firms:
    """Makes the table `partners` of its rewound rows, and says what became of those that merged.

    It has three more columns: `survivor_id` (the firm that it is part of now, itself unless it
    merged), `group_id` (the top of its chain of parents, itself without one) and `original_partner_id`,
    as all tables about partners have it. Raises BadSource for a chain that runs in a circle, and for a
    merger into a firm that isn't there.
    """
    told = con.execute(f"SELECT partner_id, merged_into, parent_id FROM ({rows})").fetchall()
    ids = [firm for firm, *_ in told]
    merged = {firm: taker for firm, taker, _ in told if taker}
    _check_takers(con, merged)
    # The taker may have become a partner after the day: the merger is not known before.
    survivor = ends({firm: taker for firm, taker in merged.items() if taker in {*ids}}, column="merged_into")
    # A firm that merged belongs to the group of its survivor, whoever owned it.
    owner = {firm: survivor.get(firm) or survivor.get(parent, parent) for firm, _, parent in told}
    group = ends({firm: other for firm, other in owner.items() if other}, column="parent_id")
    con.execute(
        "CREATE TABLE kept.firms AS SELECT unnest(?) AS partner_id, unnest(?) AS survivor_id, unnest(?) AS group_id",
        [ids, [survivor.get(firm, firm) for firm in ids], [group.get(firm, firm) for firm in ids]],
    )
    firms = Firms(survivor)
    moved = ", ".join(f"{firms.survivor_of(name)} AS {name}" for name in ("parent_id", "distributor_id"))
    unmerged = "CASE WHEN survivor_id <> partner_id THEN merged_into END AS merged_into"
    con.execute(
        f'CREATE TABLE partners AS SELECT * EXCLUDE ("#row") REPLACE ({moved}, {unmerged}), '
        f'partner_id AS original_partner_id FROM (SELECT *, row_number() OVER () AS "#row" FROM ({rows})) '
        'JOIN kept.firms USING (partner_id) ORDER BY "#row"'
    )
    return firms


def ends(links: Mapping[str, str], *, column: str) -> dict[str, str]:
    """The end of each chain of links from firm to firm; a link to itself is none.

    `column` is the one that the links were read from. Raises BadSource for a chain that comes back to
    where it was.

    >>> ends({"A": "B", "B": "C", "D": "D"}, column="merged_into")
    {'A': 'C', 'B': 'C'}
    """
    found: dict[str, str] = {}
    for first in links:
        chain = {first: None}
        last = first
        while last not in found and links.get(last, last) != last:
            last = links[last]
            if last in chain:
                circle = [*chain][[*chain].index(last) :]
                raise BadSource(
                    f"`partners`: {column} runs in a circle, {' → '.join(map(repr, [*circle, last]))}; "
                    f"leave {column} blank where the chain ends."
                )
            chain[last] = None
        end = found.get(last, last)
        found |= {firm: end for firm in chain if firm != end}
    return found


def merged_firms(partners: pd.DataFrame) -> dict[str, str]:
    """Why there is no report of a firm that merged, by its id.

    Needs partner_id, name, left_on and survivor_id, as a book's `partners` has them.

    >>> firms = {"partner_id": ["P1", "P2"], "name": ["Ada", "Bea"], "left_on": [None, None], "survivor_id": "P2"}
    >>> merged_firms(pd.DataFrame(firms))
    {'P1': "'P1' (Ada) is part of 'P2' (Bea) now, whose report holds its history; name that one."}
    """
    rows = {str(row["partner_id"]): row for row in records(partners)}
    return {firm: _why_none(row, rows[row["survivor_id"]]) for firm, row in rows.items() if row["survivor_id"] != firm}


def _why_none(row: Mapping[str, Any], survivor: Mapping[str, Any]) -> str:
    merged = "" if pd.isna(row["left_on"]) else f"merged on {pd.Timestamp(row['left_on']).date()} and "
    taker = repr(survivor["partner_id"])
    return (
        f"{row['partner_id']!r} ({row['name']}) {merged}is part of {taker} ({survivor['name']}) now, whose report "
        "holds its history; name that one."
    )


def _check_takers(con: duckdb.DuckDBPyConnection, merged: Mapping[str, str]) -> None:
    known = {firm for (firm,) in con.execute("SELECT partner_id FROM kept.partners").fetchall()}
    for firm, taker in merged.items():
        if taker not in known:
            raise BadSource(
                f"`partners`: {firm!r} has merged_into {taker!r}, which is no partner_id; add that firm, or leave "
                "merged_into blank."
            )
