"""Rules on amounts: those 100 or 1,000 times their neighbours, and those below zero."""

from __future__ import annotations

from channelnb.book.contract import MONEY, RATE, Table
from channelnb.book.rules.rule import Rule
from channelnb.book.tables import CONTRACT

NEIGHBOURS = 8
"""Amounts that must be alike before one can be told from them."""
ALIKE = 2.0
"""Their upper quartile over the lower one, at most."""

# Legal, and so no reason to ask: a return is a negative sale.
_MAY_BE_NEGATIVE = frozenset({"revenue"})


def _plain(amount: str) -> str:
    """SQL for an amount without the zeros behind its decimals."""
    return f"rtrim(rtrim(CAST({amount} AS VARCHAR), '0'), '.')"


def _slip(table: str, column: str, *, like: tuple[str, ...], value: str = "", where: str = "true") -> Rule:
    """Amounts whose decimal point is two or three places off, seen against those of the same kind.

    `like` are the columns that amounts of one kind share; `value` is what is compared, the amount itself unless given.
    """
    kind, value = ", ".join(like), value or column
    key = CONTRACT[table].key
    row = f"concat_ws(' ', {kind})"
    same = " AND ".join(f"cells.{name} IS NOT DISTINCT FROM usual.{name}" for name in like)
    return Rule(
        name="decimal_slip",
        severity="warning",
        table=table,
        column=column,
        needs=(f"{table}.{column}", f"{table}.{like[0]}"),
        reason="Amounts are about 100 or 1,000 times their neighbours, or a hundredth or thousandth of them: a "
        "decimal point or a thousands separator may have slipped.",
        remedy=f"Look at `{column}` of these rows in `{table}`, and at how the export writes numbers.",
        sql=f"""
            WITH cells AS (
                SELECT {f"coalesce({key}, {row})" if key else row} AS id, {kind}, {column} AS amount,
                    abs(CAST({value} AS DOUBLE)) AS size
                FROM {table} WHERE {value} <> 0 AND {where}
            ),
            usual AS (
                SELECT {kind}, quantile_cont(size, [0.25, 0.5, 0.75]) AS quartiles
                FROM cells GROUP BY {kind} HAVING count(*) > {NEIGHBOURS}
            ),
            compared AS (
                SELECT cells.*, size / quartiles[2] AS times
                FROM cells JOIN usual ON {same} WHERE quartiles[3] <= {ALIKE} * quartiles[1]
            )
            SELECT id, {"NULL" if CONTRACT[table].by_name[column].kind == RATE else "amount"} AS money,
                concat('{column} ', {_plain("amount")}, ' in ', id, ', ', printf('%.4g', times),
                ' times what is usual') AS found
            FROM compared
            -- Near a power of ten is within a factor of two: the neighbours are no more alike than that.
            WHERE abs(abs(log10(times)) - 2) < 0.3 OR abs(abs(log10(times)) - 3) < 0.3
        """,
    )


def _below_zero(table: Table) -> Rule:
    columns = [c.name for c in table.columns if c.kind == MONEY and c.name not in _MAY_BE_NEGATIVE]
    # What comes with a return is taken back too.
    sale = "revenue >= 0 AND " if "revenue" in table.by_name else ""
    shown = ", ".join(f"CASE WHEN {name} < 0 THEN concat('{name} ', {_plain(name)}) END" for name in columns)
    # A row without an id of its own is named by what it must have.
    row = f"concat_ws(' ', {', '.join(c.name for c in table.columns if c.required and c.kind != MONEY)})"
    return Rule(
        name="amount_below_zero",
        severity="note",
        table=table.name,
        column=columns[0] if len(columns) == 1 else "",
        needs=(f"{table.name}.{columns[0]}" if len(columns) == 1 else table.name,),
        reason="Amounts that should not be negative are: they are counted as they are.",
        remedy=f"Nothing, if these rows of `{table.name}` take something back; else mend the signs.",
        sql=f"""
            SELECT {f"coalesce({table.key}, {row})" if table.key else row} AS id,
                concat(id, ': ', concat_ws(', ', {shown})) AS found
            FROM {table.name} WHERE {sale}({" OR ".join(f"{name} < 0" for name in columns)})
        """,
    )


_PRICED = "units <> 0 AND product_id IS NOT NULL"

AMOUNTS: tuple[Rule, ...] = (
    _slip("sales", "revenue", like=("product_id",), value="revenue / units", where=_PRICED),
    _slip("sales", "revenue", like=("partner_id", "product_id"), where=f"({_PRICED}) IS NOT TRUE"),
    _slip("plans", "target_revenue", like=("partner_id", "manager_id", "salesperson_id", "line")),
    _slip("opportunities", "amount", like=("product_id",)),
    _slip("fx_rates", "rate", like=("currency", "kind")),
    *(
        _below_zero(table)
        for table in CONTRACT.values()
        if any(column.kind == MONEY and column.name not in _MAY_BE_NEGATIVE for column in table.columns)
    ),
)
"""Amounts that cannot be meant, or may not be."""
