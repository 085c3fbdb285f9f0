"""The files of a vendor with many sales: those of the sample, each sale made into ten lines of an order."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from channelnb.book.sample import write_sample

ROWS = 2_000_000
_PARTNERS = 700
_TABLES = {
    # Nothing but what the peer reads too, so that no firm has merged.
    "partners": "SELECT partner_id, name, channel, distributor_id FROM {}",
    "products": "FROM {}",
    "fx_rates": "FROM {}",
    "sales": """
SELECT * EXCLUDE (line) REPLACE (
    CAST(revenue + line * 1.01 AS DECIMAL(18,2)) AS revenue, concat(sale_id, '-', line) AS sale_id,
    printf('G%02d', (CAST(substr(product_id, 2) AS INTEGER) + line) % 24 + 1) AS product_id)
FROM {}, range(10) AS lines(line) ORDER BY sold_on, sale_id LIMIT {rows}""",
}


def write_vendor(folder: Path, *, rows: int = ROWS, partners: int = _PARTNERS) -> None:
    """Writes every table of the contract as Parquet, with `rows` sales."""
    write_sample(folder, partners=partners)
    with duckdb.connect() as con:
        made = _TABLES["sales"].format(f"read_parquet('{folder / 'sales.parquet'}')", rows=rows)
        con.execute(f"COPY ({made}) TO '{folder / 'more.parquet'}' (FORMAT parquet)")
    (folder / "more.parquet").replace(folder / "sales.parquet")


def write_files(folder: Path, *, kind: str, rows: int = ROWS, partners: int = _PARTNERS) -> None:
    """Writes partners, products, rates and `rows` sales of 19 columns, as ``csv`` or ``parquet``."""
    sample = write_sample(folder / "sample", partners=partners)
    shutil.copy(sample / "source.yaml", folder)
    with duckdb.connect() as con:
        for name, sql in _TABLES.items():
            made = sql.format(f"read_parquet('{sample / name}.parquet')", rows=rows)
            con.execute(f"COPY ({made}) TO '{folder / name}.{kind}' (FORMAT {kind})")
    shutil.rmtree(sample)
