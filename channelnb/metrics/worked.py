"""Metrics worked by hand: what one comes to for a made-up vendor of a few rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from channelnb.book import contract
from channelnb.book.book import Book, open_book
from channelnb.book.contract import Column
from channelnb.book.tables import CONTRACT
from channelnb.metrics.measure import measure

QUARTER = "2026Q3"
_BY_KIND = {
    **dict.fromkeys((contract.MONEY, contract.NUMBER, contract.INTEGER, contract.RATE), "1"),
    **dict.fromkeys((contract.DATE, contract.MONTH), "2026-01-01"),
    contract.TIMESTAMP: "2026-01-01T00:00:00Z",
    contract.QUARTER: QUARTER,
    contract.YEAR: "2026",
    contract.FLAG: "true",
}


def made_up(**tables: str) -> dict[str, pd.DataFrame]:
    """The tables of a vendor from text: a line of column names, then lines of words, with ``/`` or new lines between.

    ``-`` is a blank, ``_`` a space, unless the contract has the word as it stands. What is not given is made up: the
    key counts from 1, the partner is P1, other required columns are 1 or the column's name, and without `partners`
    there is one row for each that is named.

    >>> made_up(sales="sold_on revenue / 2026-08-01 5 / 2026-08-02 7")["sales"]
          sold_on revenue partner_id
    0  2026-08-01       5         P1
    1  2026-08-02       7         P1
    """
    given = {"sales": "sold_on revenue"} | tables
    made = {name: _table(name, text) for name, text in given.items()}
    if "partners" not in made:
        named = [set(frame["partner_id"].dropna()) for frame in made.values() if "partner_id" in frame]
        made["partners"] = _table("partners", " / ".join(["partner_id", *sorted({"P1"}.union(*named))]))
    return made


def _table(name: str, text: str) -> pd.DataFrame:
    head, *lines = [line.split() for line in text.replace("\n", "/").split("/") if line.split()]
    choices = {choice for column in CONTRACT[name].columns for choice in column.choices}
    cells = [[_cell(word, choices) for word in line] for line in lines]
    frame = pd.DataFrame(cells, columns=head)
    for column in CONTRACT[name].columns:
        if column.name not in frame and (column.required or column.name == "partner_id" == _owner(name)):
            frame[column.name] = _filled(name, column, len(frame))
    return frame


def _cell(word: str, choices: set[str]) -> str | None:
    if word == "-":
        return None
    return word if word in choices else word.replace("_", " ")


def _owner(name: str) -> str:
    return "partner_id" if name in ("leads", "plans") else ""


def _filled(table: str, column: Column, rows: int) -> list[str]:
    if column.name == CONTRACT[table].key:
        return [str(place + 1) for place in range(rows)]
    if column.name == "partner_id":
        return ["P1"] * rows
    return [column.choices[0] if column.choices else _BY_KIND.get(column.kind, column.name)] * rows


def worked(metric: str, *, by: str = "", quarter: str = QUARTER, **tables: str) -> None:
    """Print what a metric comes to for a made-up vendor, for all its partners or key by key.

    A ratio is printed as its two sides; tables are written as `made_up` reads them. It is how each metric's docstring
    shows its figure, worked out by hand beside it.

    >>> worked("win_rate", opportunities="outcome closed_on / won 2026-08-01 / lost 2026-08-02 / won 2026-09-01")
    2 / 3 = 0.667 (3 cases, too few)
    """
    with open_book(made_up(**tables), quarter=quarter, max_rejected=0) as book:
        for line in _told(book, metric, by):
            print(line)


def _told(book: Book, metric: str, by: str) -> list[str]:
    keys = by.split()
    rows = measure(book, [metric], by=keys)
    found = [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]
    return [f"{''.join(f'{row[key]}: ' for key in keys)}{_row(row)}" for row in found]


def _row(row: dict[str, Any]) -> str:
    if row["state"] in ("no_data", "not_measurable"):
        return f"{row['state']}: {row['reason']}"
    sides = "" if np.isnan(row["denominator"]) else f"{_number(row['numerator'])} / {_number(row['denominator'])} = "
    value = _number(row["value"])
    few = f" ({_number(row['n'])} cases, too few)" if row["state"] == "too_few" else ""
    return f"{sides}{value}{few}"


def _number(value: float) -> str:
    return "unknown" if np.isnan(value) else f"{value:.3f}".rstrip("0").rstrip(".")
