"""The firms that a report tells of beside its own: its group, those it took over, and whom it buys from or sells to."""

from __future__ import annotations

import pandas as pd

from channelnb.book.book import Book

GROUP, MERGED, DISTRIBUTOR, RESELLER = "group", "merged", "distributor", "reseller"
FOR_THE_PARTNER = (MERGED,)
"""What a partner may read of others: what it is made of."""

BY_GROUP = ["revenue", "attainment", "growth_yoy"]

_RELATED = f"""
WITH firms AS (FROM partners WHERE survivor_id = partner_id)
SELECT a.partner_id, '{GROUP}' AS relation, b.partner_id AS firm_id, b.name, b.left_on
FROM firms AS a JOIN firms AS b USING (group_id)
WHERE group_id IN (SELECT group_id FROM firms GROUP BY group_id HAVING count(*) > 1)
UNION ALL
SELECT survivor_id, '{MERGED}', partner_id, name, left_on FROM partners WHERE survivor_id <> partner_id
UNION ALL
SELECT f.partner_id, '{DISTRIBUTOR}', f.distributor_id, coalesce(d.name, f.distributor_id), d.left_on
FROM firms AS f LEFT JOIN partners AS d ON d.partner_id = f.distributor_id WHERE f.distributor_id <> f.partner_id
UNION ALL
SELECT distributor_id, '{RESELLER}', partner_id, name, left_on FROM firms WHERE distributor_id <> partner_id
ORDER BY ALL
"""


def related(book: Book) -> pd.DataFrame:
    """The firms that each partner is related to: one row per partner, relation and firm.

    `relation` is what the firm is to the partner: of its group (itself among them, where it has
    several), merged into it, its distributor, or its reseller. With the firm's name and left_on.

    >>> firms = {"partner_id": ["P1", "P2"], "name": ["Ada", "Bea"], "channel": "reseller", "parent_id": ["P2", None]}
    >>> sales = {"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["5"]}
    >>> from channelnb.book.book import open_book
    >>> book = open_book({"partners": pd.DataFrame(firms), "sales": pd.DataFrame(sales)}, quarter="2026Q3")
    >>> related(book)[["partner_id", "relation", "name"]].values.tolist()
    [['P1', 'group', 'Ada'], ['P1', 'group', 'Bea'], ['P2', 'group', 'Ada'], ['P2', 'group', 'Bea']]
    """
    return book.query(_RELATED)


def members(firms: pd.DataFrame, partner: pd.DataFrame, *, period: str) -> pd.DataFrame:
    """Measures of each firm of a partner's group in a period: the rows of `partner`, once for each such partner.

    Needs the frame of `related`, and measures by partner_id and period. In the result partner_id is
    the partner whose group it is, firm_id the firm measured.

    >>> firms = pd.DataFrame({"partner_id": "P1", "relation": [GROUP, RESELLER], "firm_id": ["P2", "P3"]})
    >>> told = pd.DataFrame({"partner_id": ["P2", "P3"], "period": "2026Q3", "metric": "revenue", "value": [5.0, 7.0]})
    >>> members(firms, told, period="2026Q3")[["partner_id", "firm_id", "value"]].values.tolist()
    [['P1', 'P2', 5.0]]
    """
    told = partner[partner["period"].eq(period) & partner["metric"].isin(BY_GROUP)]
    grouped = firms.loc[firms["relation"].eq(GROUP), ["partner_id", "firm_id"]]
    return grouped.merge(told.rename(columns={"partner_id": "firm_id"}), on="firm_id")


def whole_group(firms: pd.DataFrame, partners: pd.DataFrame, measured: pd.DataFrame, *, period: str) -> pd.DataFrame:
    """Measures of a partner's whole group in a period, once for each partner whose group has several firms.

    Needs the frame of `related`, the partners, and measures by group_id and period.

    >>> firms = pd.DataFrame({"partner_id": ["P1"], "relation": GROUP})
    >>> partners = pd.DataFrame({"partner_id": ["P1", "P3"], "group_id": ["P2", "P3"]})
    >>> told = pd.DataFrame({"group_id": ["P2", "P3"], "period": "2026Q3", "metric": "revenue", "value": [9.0, 7.0]})
    >>> whole_group(firms, partners, told, period="2026Q3")[["partner_id", "group_id", "value"]].values.tolist()
    [['P1', 'P2', 9.0]]
    """
    grouped = partners.loc[
        partners["partner_id"].isin(firms.loc[firms["relation"].eq(GROUP), "partner_id"]), ["partner_id", "group_id"]
    ]
    return grouped.merge(measured[measured["period"].eq(period)], on="group_id")
