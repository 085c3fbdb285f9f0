"""What a column may hold, in words."""

from __future__ import annotations

from channelnb.book import contract
from channelnb.book.contract import Column, Table

BLANK = "?"
"""What stands in a new mapping where a column of the export should."""

EXAMPLES = {
    contract.ID: "P-0042",
    contract.TEXT: "any words",
    contract.DATE: "2026-09-30",
    contract.MONTH: "2026-09-01",
    contract.TIMESTAMP: "2026-09-30T14:05:00Z",
    contract.YEAR: "2026",
    contract.QUARTER: "2026Q3",
    contract.MONEY: "-1234.50",
    contract.RATE: "1.0834",
    contract.NUMBER: "12.5",
    contract.INTEGER: "12",
    contract.FLAG: "true",
}
"""A cell of each kind, as a source may write it."""

_KINDS = {
    contract.ID: "an id such as {}, kept as written",
    contract.TEXT: "text",
    contract.DATE: "a date such as {}",
    contract.MONTH: "the first day of a month, such as {}",
    contract.TIMESTAMP: "a time such as {}",
    contract.YEAR: "a fiscal year such as {}",
    contract.QUARTER: "a fiscal quarter such as {}",
    contract.MONEY: "an amount such as {}, at most 6 decimals",
    contract.RATE: "a rate such as {}, at most 9 decimals",
    contract.NUMBER: "a number such as {}",
    contract.INTEGER: "a whole number such as {}",
    contract.FLAG: "true or false",
}


def holds(table: Table, column: Column) -> str:
    """What a column of a table may hold: its kind with an example, its choices, or the table whose ids it names.

    >>> from channelnb.book.tables import CONTRACT
    >>> sales = CONTRACT["sales"]
    >>> holds(sales, sales.by_name["sold_on"]), holds(sales, sales.by_name["partner_id"])
    ('a date such as 2026-09-30', 'an id of partners')
    >>> holds(sales, sales.by_name["basis"])
    'one of sell_in, sell_through'
    """
    if column.refers and column.name != table.key:
        return f"an id of {column.refers}"
    if column.choices:
        return f"one of {', '.join(column.choices)}"
    return _KINDS[column.kind].format(EXAMPLES[column.kind])
