"""What a cell must look like to be taken as a column's kind, and the exact value that it then has."""

from __future__ import annotations

import re
from dataclasses import dataclass

from channelnb.book import contract
from channelnb.book.contract import Column
from channelnb.book.given import literal, quoted

LONGEST_ID = 200

_YEARS = "BETWEEN DATE '1900-01-01' AND DATE '2200-12-31'"
_CENTURY = "(19|20|21)[0-9]{2}"
_ZONE = "(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
_CLOCK = f"[T ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}([.][0-9]{{1,6}}0*)?)?{_ZONE}"

# A format is tested before any cast: a cast alone rounds, and takes '0x10', '1_000', 'infinity', or a
# date with a time. `$` stands for the text, which is there.
_IS_DATE = f"coalesce(TRY_CAST($ AS DATE)::VARCHAR = $ AND TRY_CAST($ AS DATE) {_YEARS}, false)"
_IS_DECIMAL = "regexp_full_match($, '[+-]?[0-9]+([.][0-9]{1,%d}0*)?') AND TRY_CAST($ AS %s) IS NOT NULL"
_TEXT_FITS = {
    contract.TEXT: "true",
    contract.ID: f"length($) <= {LONGEST_ID}",
    contract.DATE: _IS_DATE,
    contract.MONTH: f"{_IS_DATE} AND right($, 3) = '-01'",
    contract.TIMESTAMP: f"regexp_full_match($, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}({_CLOCK})?') "
    f"AND coalesce(TRY_CAST($ AS TIMESTAMPTZ)::DATE {_YEARS}, false)",
    contract.YEAR: f"regexp_full_match($, '{_CENTURY}')",
    contract.QUARTER: f"regexp_full_match($, '{_CENTURY}Q[1-4]')",
    contract.MONEY: _IS_DECIMAL % (6, "DECIMAL(38,6)"),
    contract.RATE: _IS_DECIMAL % (9, "DECIMAL(18,9)"),
    contract.NUMBER: "regexp_full_match($, '[+-]?[0-9]{1,200}([.][0-9]+)?')",
    contract.INTEGER: "regexp_full_match($, '[+-]?[0-9]+([.]0+)?') AND TRY_CAST($ AS BIGINT) IS NOT NULL",
    contract.FLAG: "lower($) IN ('true', 'false', '1', '0')",
}
_RULES = {
    contract.ID: f"longer than {LONGEST_ID} characters",
    contract.DATE: "not a date such as 2026-09-30",
    contract.MONTH: "not the first day of a month, such as 2026-09-01",
    contract.TIMESTAMP: "not a time such as 2026-09-30T14:05:00Z",
    contract.YEAR: "not a fiscal year such as 2026",
    contract.QUARTER: "not a fiscal quarter such as 2026Q3",
    contract.MONEY: "not an amount such as -1234.50, with at most 6 decimals",
    contract.RATE: "not a rate such as 1.0834, with at most 9 decimals",
    contract.NUMBER: "not a number such as 12.5",
    contract.INTEGER: "not a whole number",
    contract.FLAG: "not true or false",
}
_WHOLE_TYPES = frozenset(["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"])
_DECIMAL_TYPE = re.compile(r"DECIMAL\((\d+),(\d+)\)")


@dataclass(frozen=True)
class Reading:
    """How one column's cells are read, as SQL over the view `given`.

    `there` tells whether a cell is filled in, `fits` whether a filled one is of its kind, `text` is
    what it shows, `value` what it is worth where it fits; `rule` says in words what it broke.
    """

    there: str
    fits: str
    text: str
    value: str
    rule: str


def reading(column: Column, sql_type: str) -> Reading:
    """How the cells of a contract column are read from a DuckDB type.

    >>> from channelnb.book.tables.columns import column
    >>> reading(column("sold_on*", "day of the sale"), "DATE").value
    '"sold_on"'
    """
    name = quoted(column.name)
    is_float = sql_type in ("DOUBLE", "FLOAT")
    # NaN is how pandas and NumPy write a number that is not there.
    there = f"({name} IS NOT NULL AND NOT isnan({name}))" if is_float else f"{name} IS NOT NULL"
    native = _native(column.kind, sql_type, name)
    if native:
        # A float becomes a decimal by its shortest text: multiplied out, 1234567890123.45 would gain a fraction.
        exact = f"CAST({name} AS VARCHAR)" if is_float and column.kind != contract.NUMBER else name
        return Reading(there, native, f"CAST({name} AS VARCHAR)", _cast(exact, column, sql_type), _RULES[column.kind])
    text = _text(column.kind, sql_type, name)
    if sql_type == "VARCHAR":
        there = _filled(name)
    fits, rule = _TEXT_FITS[column.kind].replace("$", text), _RULES.get(column.kind, "")
    if column.choices:
        choices = ", ".join(map(literal, column.choices))
        fits, rule = f"{text} IN ({choices})", f"not one of {', '.join(column.choices)}"
    return Reading(there, fits, text, f"CASE WHEN {there} THEN {_cast(text, column, 'VARCHAR')} END", rule)


def plain_value(name: str, sql_type: str) -> str:
    """The value of a column that the contract doesn't name: as it is, a blank text being none.

    >>> plain_value("trait_size", "BIGINT")
    '"trait_size"'
    """
    it = quoted(name)
    return f"CASE WHEN {_filled(it)} THEN {it} END" if sql_type == "VARCHAR" else it


def _filled(text: str) -> str:
    # The first comparison settles nearly every cell, and is many times as fast as trimming it.
    return f"({text} IS NOT NULL AND ({text} >= '!' OR trim({text}, E' \\t\\r\\n') <> ''))"


def _native(kind: str, sql_type: str, name: str) -> str:
    """The test of a cell whose type is already of the kind; "" where its text must be tested."""
    is_float = sql_type in ("DOUBLE", "FLOAT")
    is_whole = sql_type in _WHOLE_TYPES
    decimal = _DECIMAL_TYPE.fullmatch(sql_type)
    width, scale = (int(part) for part in decimal.groups()) if decimal else (0, 0)
    day = {contract.DATE: f"{name} {_YEARS}", contract.MONTH: f"{name} {_YEARS} AND day({name}) = 1"}
    tests = {
        **(day if sql_type == "DATE" else {}),
        contract.TIMESTAMP: f"{name}::DATE {_YEARS}" if sql_type == "TIMESTAMP WITH TIME ZONE" else "",
        contract.MONEY: "true" if is_whole or (decimal and scale <= 6 and width - scale <= 32) else "",
        contract.NUMBER: "true" if is_whole or decimal else f"isfinite({name})" if is_float else "",
        contract.INTEGER: "true" if is_whole else "",
        contract.FLAG: "true" if sql_type == "BOOLEAN" else "",
    }
    if is_float:
        tests[contract.MONEY] = f"TRY_CAST(CAST({name} AS VARCHAR) AS DECIMAL(38,6)) IS NOT NULL"
        tests[contract.RATE] = f"TRY_CAST(CAST({name} AS VARCHAR) AS DECIMAL(18,9)) IS NOT NULL"
    return tests.get(kind, "")


def _text(kind: str, sql_type: str, name: str) -> str:
    if sql_type == "VARCHAR":
        return name
    text = f"CAST({name} AS VARCHAR)"
    if sql_type in ("DOUBLE", "FLOAT"):
        # pandas makes 42.0 of an id 42 as soon as one id is missing.
        whole = f"{name} = trunc({name}) AND abs({name}) < 1e15"
        return f"CASE WHEN {whole} THEN CAST(CAST({name} AS BIGINT) AS VARCHAR) ELSE {text} END"
    if sql_type.startswith("TIMESTAMP") and kind in (contract.DATE, contract.MONTH):
        return f"CASE WHEN {name} = CAST({name} AS DATE) THEN CAST(CAST({name} AS DATE) AS VARCHAR) ELSE {text} END"
    return text


def _cast(value: str, column: Column, sql_type: str) -> str:
    return value if sql_type == column.sql_type else f"CAST({value} AS {column.sql_type})"
