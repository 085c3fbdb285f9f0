"""SQL that tells how many people each firm had, from one day to another."""

from __future__ import annotations

_HEADS = ("employees", "sales_staff")
_MOVED = "firm.survivor_id AS partner_id"


def headcounts(*, has_history: bool) -> str:
    """The SELECT of the firms, each as often as its headcount changed, over the views `partners` and `partner_history`.

    Each row is a partner's, with the days from which (`joined_on`) and until which (`left_on`) its headcount
    held. A partner's own row holds since the last change that the history tells of, and at all times of which it
    tells nothing. The people of a firm that merged are its survivor's, as its sales are, until the day on which it
    left; one that merged on no known day was never one of its own, and the survivor's own row counts its people.

    >>> con = __import__("duckdb").connect()
    >>> _ = con.execute(
    ...     "CREATE VIEW partners AS SELECT 'P1' AS partner_id, 'P1' AS survivor_id, DATE '2020-01-01' AS joined_on, "
    ...     "NULL::DATE AS left_on, 9 AS employees, NULL AS sales_staff"
    ... )
    >>> _ = con.execute(
    ...     "CREATE VIEW partner_history AS SELECT 'P1' AS partner_id, NULL AS sales_staff, "
    ...     "unnest([DATE '2025-01-01', DATE '2026-01-01']) AS valid_from, unnest([5, 8]) AS employees"
    ... )
    >>> con.execute(f"SELECT joined_on::VARCHAR, employees FROM ({headcounts(has_history=True)}) ORDER BY 1").fetchall()
    [('2020-01-01', 9), ('2025-01-01', 5), ('2026-01-01', 9)]
    """
    own = "firm.survivor_id = firm.partner_id OR firm.left_on IS NOT NULL"
    if not has_history:
        return f"SELECT firm.* REPLACE ({_MOVED}) FROM partners AS firm WHERE {own}"
    held = ", ".join(
        f"CASE WHEN span.later_{head} THEN coalesce(span.{head}, firm.{head}) "
        f"ELSE coalesce(firm.{head}, span.{head}) END AS {head}"
        for head in _HEADS
    )
    # Of days that are not known, `greatest` and `least` take the other one.
    days = "greatest(firm.joined_on, span.since) AS joined_on, least(firm.left_on, span.until) AS left_on"
    return (
        f"SELECT firm.* REPLACE ({_MOVED}, {days}, {held}) FROM partners AS firm "
        f"LEFT JOIN ({_spans()}) AS span ON span.partner_id = firm.partner_id WHERE {own}"
    )


def _spans() -> str:
    """The SELECT of the times between changes, the first of which began before the history does."""
    told = ", ".join(
        f"last_value({head} IGNORE NULLS) OVER (so_far ROWS UNBOUNDED PRECEDING) AS {head}, "
        f"count({head}) OVER (so_far ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) > 0 AS later_{head}"
        for head in _HEADS
    )
    nothing = ", ".join(f"NULL, count({head}) > 0" for head in _HEADS)
    changes = "SELECT partner_id, valid_from, {} FROM partner_history GROUP BY partner_id, valid_from"
    heads = ", ".join(f"max({head}) AS {head}" for head in _HEADS)
    return (
        f"SELECT partner_id, valid_from AS since, lead(valid_from) OVER so_far AS until, {told} "
        f"FROM ({changes.format(heads)}) WINDOW so_far AS (PARTITION BY partner_id ORDER BY valid_from) "
        f"UNION ALL SELECT partner_id, NULL, min(valid_from), {nothing} FROM partner_history GROUP BY partner_id"
    )
