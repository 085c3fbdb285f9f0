"""What `channelnb init` writes into a new source: settings and mappings to be filled in."""

from __future__ import annotations

import yaml

from channelnb.book.config import RAW_VARIABLE
from channelnb.book.contract import Table
from channelnb.book.describe import BLANK, holds

_SETTINGS = """\
# What is true of this vendor. A line that starts with # is a comment; only `name` must be set.

# The vendor's name, as its pages show it.
{name}

# The month in which the fiscal year starts, 1 to 12. A year is named by the calendar year in which it ends:
# with 4, 2026Q1 is April to June 2025.
first_month: 1

# The vendor's own currency, three letters. Rows in another one name it in their column `currency`, and need `fx_rates`.
currency: USD

# Does what a distributor bought (sell_in) include what its resellers report to have sold (sell_through)? gross: it
# does, so those sales count once where a figure holds both; net: it does not, so all of them are added.
distributor_sell_in: gross

# The folder of the exports that the .sql files read, from this file's folder. {variable} overrides it.
{raw}
"""


def settings_template(name: str, *, raw: str = "") -> str:
    """The text of a new `source.yaml`; `raw` is the folder of the exports, to be filled in where it is not given.

    >>> settings_template("Acme", raw="../exports").splitlines()[-1]
    'raw: ../exports'
    """
    line = _scalar("raw", raw) if raw else "# raw: ../exports"
    return _SETTINGS.format(name=_scalar("name", name), raw=line, variable=RAW_VARIABLE)


def mapping_template(table: Table) -> str:
    """The text of a table's `.sql` file, every line a comment: what the table is, its columns, a SELECT to uncomment.

    With the first ``-- `` of its lines taken off, the SELECT has the required columns, and the others as comments.

    >>> from channelnb.book.tables import CONTRACT
    >>> print(mapping_template(CONTRACT["tiers"]))
    -- tiers: What a partner must reach for a tier.
    -- It unlocks distance to the next tier. Without it, that is not measurable.
    --
    -- Columns (* required). Others are kept too, and figures can be grouped by them.
    --   tier *      programme tier: text
    --   metric *    a metric of the catalogue: text
    --   at_least *  the value to reach: a number such as 12.5
    --
    -- To map it: take the first `-- ` off each line below, name your file, put its columns in place of "?".
    -- SELECT
    --     "?" AS tier,
    --     "?" AS metric,
    --     "?" AS at_least,
    -- FROM "your export.csv" -- or a .parquet, or a workbook: its columns are sheet, row, A, B, C, …
    <BLANKLINE>
    """
    needed = "Every source needs it." if table.required else "Without it, that is not measurable."
    marked = {column.name: f"{column.name}{' *' * column.required}" for column in table.columns}
    width = max(map(len, marked.values()))
    traits = ["  trait_…  what was known of the firm before it signed, one column each: text or a number"]
    lines = [
        f"{table.name}: {table.about}",
        f"It unlocks {table.unlocks}. {needed}",
        "",
        "Columns (* required). Others are kept too, and figures can be grouped by them.",
        *(f"  {marked[column.name]:{width}}  {column.about}: {holds(table, column)}" for column in table.columns),
        *(traits if table.traits else []),
        "",
        f'To map it: take the first `-- ` off each line below, name your file, put its columns in place of "{BLANK}".',
        "SELECT",
        *(f'    "{BLANK}" AS {column.name},' for column in table.columns if column.required),
        *(f'    -- "{BLANK}" AS {column.name},' for column in table.columns if not column.required),
        'FROM "your export.csv" -- or a .parquet, or a workbook: its columns are sheet, row, A, B, C, …',
    ]
    return "".join(f"-- {line}".rstrip() + "\n" for line in lines)


def _scalar(key: str, value: str) -> str:
    return yaml.safe_dump({key: value}, allow_unicode=True, width=1000).strip()
