"""Numbers that stand loose in a text: neither a fact, nor part of a name, nor a period or date in its own form."""

from __future__ import annotations

import re

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATED = re.compile(rf"\b\d{{4}}Q[1-4]\b|\b\d{{4}}-\d\d(?:-\d\d)?\b|\b\d\d? (?:{_MONTHS}) \d{{4}}\b")
_NUMBER = re.compile(r"\d[\d.,]*")


def loose_number(text: str) -> str:
    """The first number of a text that is not a period or a date in its own form; "" where there is none.

    >>> loose_number("Revenue in 2026Q3, as known on 2026-10-05, was 12.5 m"), loose_number("since 30 September 2026")
    ('12.5', '')
    """
    found = _NUMBER.search(without_dates(text))
    return found[0] if found else ""


def without_dates(text: str) -> str:
    """A text without the periods and dates that stand in it in their own form.

    >>> without_dates("Revenue in 2026Q3 rose")
    'Revenue in  rose'
    """
    return _DATED.sub("", text)
