"""Rules on history: what it says last, against what the partners' own rows say."""

from __future__ import annotations

from channelnb.book.rewind import CHANGING
from channelnb.book.rules.rule import Rule


def _disagrees(column: str, word: str) -> Rule:
    return Rule(
        name="history_disagrees",
        severity="note",
        table="partner_history",
        column=column,
        needs=(f"partner_history.{column}", f"partners.{column}"),
        reason="The last that a partner's history says of it is not what its own row says: figures by what held at "
        "the time, and those as of today, then tell of two firms.",
        remedy="Add the last change to `partner_history`, or mend the row in `partners`.",
        # Both as of today, as a partner's own row is. A history that says the same again is taken at intervals, and
        # what changed since the last of them is not in it yet: that is no fault.
        sql=f"""
            WITH rows AS (
                SELECT valid_from, lag(valid_from) OVER history AS before,
                    hash(*COLUMNS(* EXCLUDE (valid_from))) AS says, lag(says) OVER history AS said
                FROM kept.partner_history WINDOW history AS (PARTITION BY partner_id ORDER BY valid_from)
            ),
            told AS (
                SELECT partner_id, arg_max({column}, valid_from) AS last, max(valid_from) AS since
                FROM kept.partner_history
                WHERE {column} IS NOT NULL AND NOT EXISTS (FROM rows WHERE says = said AND valid_from > before)
                GROUP BY partner_id
            )
            SELECT partner_id AS id, concat(partner_id, ': {word} ', last, ' since ', since, ', but ',
                coalesce(CAST({column} AS VARCHAR), 'none'), ' in partners') AS found
            FROM told JOIN kept.partners USING (partner_id) WHERE last IS DISTINCT FROM {column}
        """,
    )


_TWO_ROWS = Rule(
    name="history_disagrees",
    severity="note",
    table="partner_history",
    column="valid_from",
    needs=("partner_history",),
    reason="A partner's history has rows that say different things from one day on: which of them holds is left "
    "to chance.",
    remedy="Keep one row of `partner_history` for each partner and day.",
    sql=f"""
        SELECT partner_id AS id, count(*) AS rows, concat(partner_id, ' has ', rows, ' rows from ', valid_from) AS found
        FROM partner_history GROUP BY partner_id, valid_from
        HAVING {" OR ".join(f"count(DISTINCT {column}) > 1" for column in CHANGING)}
    """,
)

HISTORY: tuple[Rule, ...] = (*(_disagrees(*changing) for changing in CHANGING.items()), _TWO_ROWS)
"""History that says one thing, and partners another."""
