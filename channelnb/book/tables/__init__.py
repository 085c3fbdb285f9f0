"""The contract: every table that a source may give, by name."""

from __future__ import annotations

from channelnb.book.contract import Table
from channelnb.book.tables.firms import FIRMS
from channelnb.book.tables.money import MONEY_TABLES
from channelnb.book.tables.pipeline import PIPELINE
from channelnb.book.tables.sales import SALES
from channelnb.book.tables.together import TOGETHER

CONTRACT: dict[str, Table] = {table.name: table for table in (*FIRMS, *SALES, *PIPELINE, *TOGETHER, *MONEY_TABLES)}
"""Every contract table by its name, required ones first."""
