"""Rules on references: ids and lines that no table lists."""

from __future__ import annotations

from channelnb.book.contract import MONEY, Column, Table
from channelnb.book.rules.rule import Rule
from channelnb.book.tables import CONTRACT

# How an id may have been meant: case, outer spaces, leading zeros and the normal form of its letters left out.
_MEANT = "ltrim(lower(trim(nfc_normalize({}))), '0')"


def _dangling(table: Table, column: Column) -> Rule:
    """Rows that name what its own table does not list."""
    name, refers = column.name, CONTRACT[column.refers]
    no_report = (table.name, name) == ("sales", "partner_id")
    # The table's main amount, for how much the rows are worth; a description such as an employee count is no amount.
    amount = next((c.name for c in table.columns if c.kind == MONEY and c.required), "NULL")
    return Rule(
        name="dangling_reference",
        severity="error" if no_report else "warning",
        table=table.name,
        column=name,
        needs=(f"{table.name}.{name}", refers.name),
        reason="Rows name an id that the table it is of does not list: "
        + ("the sales reach no partner's report, and " if no_report else "they ")
        + "count in the group “(none)”.",
        remedy=f"Add the missing ids to `{refers.name}`, or mend them here.",
        # In the table as it was given: whoever joined later than the book's day is listed, if not yet known.
        sql=f"""
            WITH missing AS MATERIALIZED (
                SELECT {name} AS id, count(*) AS rows, sum({amount}) AS money
                FROM {table.name} ANTI JOIN (SELECT {refers.key} AS known FROM kept.{refers.name}) ON {name} = known
                WHERE {name} IS NOT NULL GROUP BY {name}
            ),
            near AS (
                SELECT {_MEANT.format(refers.key)} AS meant, min({refers.key}) AS close
                FROM kept.{refers.name} WHERE (SELECT count(*) FROM missing) > 0 GROUP BY meant
            )
            SELECT id, rows, money, concat('''', id, ''' in ', rows, CASE rows WHEN 1 THEN ' row' ELSE ' rows' END,
                ', is it ''' || close || '''?') AS found
            FROM missing LEFT JOIN near ON {_MEANT.format("id")} = meant
        """,
    )


def _line(table: Table) -> Rule:
    return Rule(
        name="line_unknown",
        severity="warning",
        table=table.name,
        column="line",
        needs=(f"{table.name}.line", "products.line"),
        reason="Rows name a line that no product has: they meet no sale when figures are made by line.",
        remedy="Spell `line` here as in `products`.",
        sql=f"""
            WITH lines AS (SELECT line, count(*) AS rows FROM {table.name} WHERE line IS NOT NULL GROUP BY line),
            near AS (SELECT lower(trim(line)) AS meant, min(line) AS close FROM products GROUP BY meant)
            SELECT lines.line AS id, rows, concat('''', lines.line, '''', ', is it ''' || close || '''?') AS found
            FROM (FROM lines ANTI JOIN products ON products.line = lines.line) AS lines
            LEFT JOIN near ON lower(trim(lines.line)) = meant
        """,
    )


REFERENCES: tuple[Rule, ...] = (
    *(
        _dangling(table, column)
        for table in CONTRACT.values()
        for column in table.columns
        if column.refers and column.name != table.key
    ),
    *(_line(table) for table in CONTRACT.values() if "line" in table.by_name and table.name != "products"),
)
"""Ids and lines that lead nowhere."""
