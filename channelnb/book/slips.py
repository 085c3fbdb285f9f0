"""Common ways for a cell to miss its kind: each has a name, and what was meant is told where it can be."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from channelnb.book import contract
from channelnb.book.given import literal

_LONGEST = 60


@dataclass(frozen=True)
class Slip:
    """One way for a cell to miss its kind.

    `looks` is a regular expression for the whole cell, in the syntax of DuckDB; `meant` makes of the
    cell what it would be in the contract's way of writing, "" or a ValueError where none can tell.
    """

    rule: str
    looks: str
    meant: Callable[[str], str] = lambda text: ""


def would_be(rule: str, found: str) -> str:
    """What a rejected cell would be, written the contract's way; "" where that cannot be told.

    >>> would_be("Excel's number for a day: format the cells as dates", "45200")
    ''
    >>> [would_be(slip.rule, "04/05/2026") for slip in SLIPS[contract.DATE] if "either" in slip.rule]
    ['2026-05-04 or 2026-04-05']
    """
    slip = next((slip for slips in SLIPS.values() for slip in slips if slip.rule == rule), None)
    try:
        meant = slip.meant(found) if slip else ""
    except (ValueError, ArithmeticError):
        return ""
    return meant if len(meant) <= _LONGEST else ""


def rule_of(kind: str, text: str, otherwise: str) -> str:
    """SQL for the rule that a cell breaks: the slip that it looks like, or else `otherwise`.

    >>> rule_of(contract.FLAG, "cell", "not true or false")
    "'not true or false'"
    """
    whens = "".join(
        f"WHEN regexp_full_match({text}, {literal(slip.looks)}) THEN {literal(slip.rule)} "
        for slip in SLIPS.get(kind, ())
    )
    return f"CASE {whens}ELSE {literal(otherwise)} END" if whens else literal(otherwise)


def _without(marks: str) -> Callable[[str], str]:
    return lambda text: text.translate(dict.fromkeys(map(ord, marks)))


def _either_number(text: str) -> str:
    return f"{text.replace(',', '')} or {text.replace(',', '.')}"


def _grouped(text: str) -> str:
    bare = _without(_MARKS)(text)
    return bare.replace(".", "") if bare.count(".") > 1 else bare


def _written_out(text: str) -> str:
    number = Decimal(text)
    return format(number, "f") if abs(number.adjusted()) < _LONGEST else ""


def _negative(text: str) -> str:
    inner = text[1:-1]
    if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+[.][0-9]+|[0-9]+([.][0-9]+)?", inner):
        return "-" + inner.replace(",", "")
    return ""


def _day(order: str) -> Callable[[str], str]:
    """Reads the numbers in a text as a date, in an order such as ``dmY``."""

    def read(text: str) -> str:
        named = dict(zip(order, map(int, re.findall("[0-9]+", text)), strict=True))
        return date(named["Y"], named["m"], named["d"]).isoformat()

    return read


def _either_day(text: str) -> str:
    return " or ".join(dict.fromkeys((_day("dmY")(text), _day("mdY")(text))))


def _just_the_day(text: str) -> str:
    # What day a time with a zone falls on depends on where it is read.
    return "" if re.search("[+Zz]|-[0-9:]+$", text[10:]) else date.fromisoformat(text[:10]).isoformat()


def _excel_day(text: str) -> str:
    return (date(1899, 12, 30) + timedelta(days=int(float(text)))).isoformat()


_MARKS = " _'\u2019\u00a0\u202f"
_NUMBER = (
    Slip(
        "NaN or infinity, which is no number: leave the cell empty where there is none",
        "[+-]?([Nn][Aa][Nn]|[Ii][Nn][Ff]([Ii][Nn][Ii][Tt][Yy])?)",
    ),
    Slip("an error of Excel's: mend its formula", "#(N/A|REF!|VALUE!|DIV/0!|NAME[?]|NULL!|NUM!)"),
    Slip("blanks around a number: take them out", r"\s+[+-]?[0-9.]+\s*|[+-]?[0-9.]+\s+", str.strip),
    Slip(
        "a comma, either before decimals or between thousands: write 1.234 or 1234",
        "[+-]?[0-9]{1,3},[0-9]{3}",
        _either_number,
    ),
    Slip("commas between thousands: leave them out", "[+-]?[0-9]{1,3}(,[0-9]{3})+([.][0-9]+)?", _without(",")),
    Slip(
        "a decimal comma: write a point, and nothing between thousands",
        f"[+-]?([0-9]+|[0-9]{{1,3}}([.{_MARKS}][0-9]{{3}})+),[0-9]+",
        lambda text: _without("." + _MARKS)(text).replace(",", "."),
    ),
    Slip("marks between thousands: leave them out", f"[+-]?[0-9]{{1,3}}([.{_MARKS}][0-9]{{3}})+([.][0-9]+)?", _grouped),
    Slip("brackets around a negative number: write a minus sign before it", r"[(][0-9.,]+[)]", _negative),
    Slip("an exponent: write the number out", "[+-]?[0-9]+([.][0-9]+)?[eE][+-]?[0-9]+", _written_out),
    Slip("a hexadecimal number: write decimal digits", "0[xX][0-9A-Fa-f]+", lambda text: str(int(text, 16))),
    Slip(
        "a sign of a currency or a unit beside the number: leave it out",
        "[^0-9 .,+-]{1,3} ?[+-]?[0-9][0-9.,]*|[+-]?[0-9][0-9.,]* ?[^0-9.,]{1,3}",
    ),
)
_D, _M, _DD = "(0?[1-9]|[12][0-9]|3[01])", "(0?[1-9]|1[0-2])", "(1[3-9]|2[0-9]|3[01])"
_DAY = (
    Slip(
        "a date with a time: write just the date, or cut the time off in a mapping with ::DATE",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9].*",
        _just_the_day,
    ),
    Slip(
        "a day-first date: write 2026-09-30, or read it in a mapping with strptime",
        f"{_D}[.]{_M}[.][0-9]{{4}}|{_DD}[/-]{_M}[/-][0-9]{{4}}",
        _day("dmY"),
    ),
    Slip(
        "a month-first date: write 2026-09-30, or read it in a mapping with strptime",
        f"{_M}[/-]{_DD}[/-][0-9]{{4}}",
        _day("mdY"),
    ),
    Slip(
        "a date that is either day-first or month-first: write 2026-09-30, or read it in a mapping with strptime",
        f"{_M}[/-]{_M}[/-][0-9]{{4}}",
        _either_day,
    ),
    Slip("a date with a year of two digits: write 2026-09-30", "[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2}"),
    Slip(
        "a date without dashes: write 2026-09-30",
        "(19|20|21)[0-9]{6}",
        lambda text: datetime.strptime(text, "%Y%m%d").date().isoformat(),
    ),
    Slip(
        "Excel's number for a day: format the cells as dates, or read it in a mapping with DATE '1899-12-30' + number",
        "[2-7][0-9]{4}([.][0-9]+)?",
        _excel_day,
    ),
    Slip("no such day, or none of the years 1900 to 2200", "[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    Slip("not written as 2026-09-30", "[0-9]{4}[./-][0-9]{1,2}[./-][0-9]{1,2}", _day("Ymd")),
    Slip("blanks around a date: take them out", r"\s+[0-9-]{10}\s*|[0-9-]{10}\s+", str.strip),
)


def _decimals(most: int) -> Slip:
    return Slip(
        f"more than {most} decimals: round it in the source, or in a mapping with round",
        f"[+-]?[0-9]+[.][0-9]{{{most + 1},}}",
    )


SLIPS: dict[str, tuple[Slip, ...]] = {
    contract.MONEY: (_decimals(6), *_NUMBER),
    contract.RATE: (_decimals(9), *_NUMBER),
    contract.NUMBER: _NUMBER,
    contract.INTEGER: _NUMBER,
    contract.DATE: _DAY,
    contract.MONTH: (
        Slip("a month without its first day: write 2026-09-01", "[0-9]{4}-[0-9]{2}", "{}-01".format),
        *_DAY,
    ),
}
