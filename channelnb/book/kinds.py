"""What a cell must look like to be taken as a column's kind, and the exact value that it then has."""

from __future__ import annotations

import re
from dataclasses import dataclass

from channelnb.book import contract
from channelnb.book.contract import Column
from channelnb.book.given import literal, quoted
from channelnb.book.slips import rule_of

LONGEST_ID = 200

_YEARS = "BETWEEN DATE '1900-01-01' AND DATE '2200-12-31'"
_CENTURY = "(19|20|21)[0-9]{2}"
_ZONE = "(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
_CLOCK = f"[T ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}([.][0-9]{{1,6}}0*)?)?{_ZONE}"

# A format is tested before any cast is believed: a cast alone rounds, and takes '0x10', '1_000', 'infinity',
# or a date with a time. `$` stands for the text, `#` for what the cast made of it.
_DECIMAL = "regexp_full_match($, '[+-]?[0-9]+([.][0-9]{1,%d}0*)?')"
_IS_DATE = f"CAST(# AS VARCHAR) = $ AND # {_YEARS}"
_FORMATS = {
    contract.TEXT: "true",
    contract.ID: f"length($) <= {LONGEST_ID}",
    contract.DATE: _IS_DATE,
    contract.MONTH: f"{_IS_DATE} AND day(#) = 1",
    contract.TIMESTAMP: f"regexp_full_match($, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}({_CLOCK})?') AND #::DATE {_YEARS}",
    contract.YEAR: f"regexp_full_match($, '{_CENTURY}')",
    contract.QUARTER: f"regexp_full_match($, '{_CENTURY}Q[1-4]')",
    contract.MONEY: _DECIMAL % 6,
    contract.RATE: f"{_DECIMAL % 9} AND # > 0",
    contract.NUMBER: "regexp_full_match($, '[+-]?[0-9]{1,200}([.][0-9]+)?')",
    contract.INTEGER: "regexp_full_match($, '[+-]?[0-9]+([.]0+)?')",
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
    contract.RATE: "not a rate above zero such as 1.0834, with at most 9 decimals",
    contract.NUMBER: "not a number such as 12.5",
    contract.INTEGER: "not a whole number",
    contract.FLAG: "not true or false",
}
_WHOLE_TYPES = frozenset(["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"])
_DECIMAL_TYPE = re.compile(r"DECIMAL\((\d+),(\d+)\)")


@dataclass(frozen=True)
class Reading:
    """How one column's cells are read, as SQL over the view `given`.

    `there` tells whether a cell is filled in, `text` is what it shows, `value` what it is worth: NULL
    where it is not filled in, or not of its kind; then `rule` gives the rule that it broke in words.
    `cast` is worked out once, before `value`, which finds it in the column `cast_name` ("" where there is
    none). `as_it_is` is true where a cell that is filled in and of its kind has its value in the source
    already, but for the width of its type.
    """

    there: str
    text: str
    value: str
    rule: str
    cast: str = ""
    as_it_is: bool = False


def cast_name(name: str) -> str:
    """The column, as an SQL identifier, in which a reading finds its cast.

    >>> cast_name("sold_on")
    '"#cast sold_on"'
    """
    return quoted(f"#cast {name}")


def value_name(name: str) -> str:
    """The column, as an SQL identifier, that holds what a reading's cells are worth.

    >>> value_name("sold_on")
    '"#value sold_on"'
    """
    return quoted(f"#value {name}")


def reading(column: Column, sql_type: str) -> Reading:
    """How the cells of a contract column are read from a DuckDB type.

    >>> from channelnb.book.tables.columns import column
    >>> reading(column("active", "does it count?", contract.FLAG), "BOOLEAN").value
    '"active"'
    """
    name = quoted(column.name)
    is_float = sql_type in ("DOUBLE", "FLOAT")
    # NaN is how pandas and NumPy write a number that is not there.
    there = f"({name} IS NOT NULL AND NOT isnan({name}))" if is_float else f"{name} IS NOT NULL"
    native = _native(column.kind, sql_type, name)
    if native:
        shown = f"CAST({name} AS VARCHAR)"
        # A float becomes a decimal by its shortest text: multiplied out, 1234567890123.45 would gain a fraction.
        exact = _cast(shown if is_float and column.kind != contract.NUMBER else name, column, sql_type)
        tests = " AND ".join(test for test in (there if is_float else "", native) if test not in ("", "true"))
        value = f"CASE WHEN {tests} THEN {exact} END" if tests else exact
        rule = rule_of(column.kind, shown, _RULES[column.kind])
        return Reading(there, shown, value, rule, as_it_is=not is_float or column.kind == contract.NUMBER)
    return _read_text(column, sql_type, name, there=_filled(name) if sql_type == "VARCHAR" else there)


def _read_text(column: Column, sql_type: str, name: str, *, there: str) -> Reading:
    text = _text(column.kind, sql_type, name)
    is_text = column.sql_type == "VARCHAR"
    made = text if is_text else cast_name(column.name)
    cast = "" if is_text else f"TRY_CAST({text} AS {column.sql_type})"
    fits, rule = _FORMATS[column.kind], rule_of(column.kind, text, _RULES.get(column.kind, ""))
    if column.choices:
        choices = ", ".join(map(literal, column.choices))
        fits, rule = f"$ IN ({choices})", literal(f"not one of {', '.join(column.choices)}")
    value = f"CASE WHEN {there} AND {fits} THEN # END"
    if column.kind == contract.MONEY:
        # Nearly all amounts have two decimals: that these read back as they are written takes half as long to test.
        cast = f"TRY_CAST({text} AS DECIMAL(18,2))"
        value = (
            f"CASE WHEN CAST(# AS VARCHAR) = $ THEN CAST(# AS {column.sql_type}) "
            f"WHEN {there} AND {fits} THEN TRY_CAST({text} AS {column.sql_type}) END"
        )
    value = value.replace("$", text).replace("#", made)
    return Reading(there, text, value, rule, cast, as_it_is=is_text and sql_type == "VARCHAR")


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
        tests[contract.RATE] = f"TRY_CAST(CAST({name} AS VARCHAR) AS DECIMAL(18,9)) > 0"
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
    # What is used has passed its test, but DuckDB may also cast what is not: that must not stop it.
    return value if sql_type == column.sql_type else f"TRY_CAST({value} AS {column.sql_type})"
