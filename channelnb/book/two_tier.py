"""Two tiers: a distributor buys from the vendor, its resellers from the distributor; no sale counts twice."""

from __future__ import annotations

import duckdb

from channelnb.book.given import literal

NET = "net"


def with_revenue(con: duckdb.DuckDBPyConnection, rows: str, *, has_basis: bool) -> str:
    """The SELECT of the sales with `is_revenue`: is the row on the basis on which its firm's revenue is told?

    A firm's revenue is told by one basis: sell_through, if it has such rows and either buys from a
    distributor or has no others; else sell_in. A row without a basis is on its firm's own.
    """
    if not has_basis:
        return f"SELECT *, true AS is_revenue FROM ({rows})"
    resellers = [firm for (firm,) in con.execute(_ON_SELL_THROUGH.format(rows=rows)).fetchall()]
    # Most rows are of firms on sell_in, and often all of them: no list then, so that nothing is looked up.
    own = f"original_partner_id IN ({', '.join(map(literal, resellers))})" if resellers else "false"
    is_revenue = f"basis IS NULL OR (basis = 'sell_through') = ({own})"
    return f"SELECT *, {is_revenue} AS is_revenue FROM ({rows})"


_ON_SELL_THROUGH = """
SELECT s.original_partner_id
FROM ({rows}) AS s LEFT JOIN partners AS p ON s.original_partner_id = p.partner_id
GROUP BY s.original_partner_id
HAVING bool_or(coalesce(s.basis = 'sell_through', false))
   AND (bool_or(p.distributor_id IS NOT NULL) OR bool_and(coalesce(s.basis = 'sell_through', false)))
ORDER BY s.original_partner_id
"""


def keep_passed_on(con: duckdb.DuckDBPyConnection, *, plans: bool, distributor_sell_in: str) -> None:
    """Makes `kept.passed_on`: whose rows tell again of what a distributor's rows hold already.

    One row per table and firm: fact (``sales`` or ``plans``), partner_id (as in original_partner_id)
    and distributor_id. Firms are in it where the distributor's sell_in is gross, thus holds what they
    sold on: those on sell_through whose distributor has sell_in rows, and for plans those of them
    for which, as for their distributor, there is a plan.
    """
    con.execute("CREATE TABLE kept.passed_on (fact VARCHAR, partner_id VARCHAR, distributor_id VARCHAR)")
    if distributor_sell_in == NET:
        return
    con.execute(
        "INSERT INTO kept.passed_on SELECT 'sales', partner_id, distributor_id FROM partners "
        "WHERE partner_id IN (SELECT original_partner_id FROM sales WHERE is_revenue AND basis = 'sell_through') "
        "AND distributor_id IN "
        "(SELECT partner_id FROM sales WHERE is_revenue AND basis IS DISTINCT FROM 'sell_through')"
    )
    if plans:
        con.execute(
            "INSERT INTO kept.passed_on SELECT 'plans', partner_id, distributor_id FROM kept.passed_on "
            "WHERE distributor_id IN (SELECT partner_id FROM plans_in_force)"
        )
