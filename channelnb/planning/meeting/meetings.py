"""When the two sides meet: the reviews that are planned, or the days on which one could be."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from channelnb.book.book import Book
from channelnb.chosen import Settings
from channelnb.frames import records
from channelnb.planning.maker import Made, Maker

MEETINGS = "meetings"
"""The table of a snapshot that says when each partner's reviews are."""

THIS, NEXT = "this", "next"
"""The review of the period told of, and the one after it."""

COLUMNS = {
    **dict.fromkeys(("partner_id", "which"), "str"),
    "on": "datetime64[us]",
    "until": "datetime64[us]",
    "planned": "bool",
}
"""The columns of the table, and what is in them."""


def meetings(book: Book, settings: Settings, made: Made) -> dict[str, pd.DataFrame]:
    """The review of the period, and the next one, of each partner that is there.

    One row is a partner and one of `this` and `next`: the day of the review that is `planned` after the book's date, or
    else, as a proposal, the first full working week of the quarter in which it is due. Holidays are not known.
    """
    firms = made["partners"]
    there = sorted(firms.loc[firms["survivor_id"].eq(firms["partner_id"]), "partner_id"])
    now = book.calendar.quarter_of(book.as_of + timedelta(days=1))
    due = {which: book.calendar.shift(now, step) for step, which in enumerate((THIS, NEXT))}
    span = {which: (book.calendar.start(quarter), book.calendar.end(quarter)) for which, quarter in due.items()}
    held = _planned(book)
    rows = []
    for partner_id in there:
        after = book.as_of
        for which, (first, last) in span.items():
            day = next((on for on in held.get(partner_id, []) if after < on <= last), None)
            on, until = (day, day) if day else proposed(max(first, after + timedelta(days=1)))
            rows.append((partner_id, which, on, until, day is not None))
            after = until
    return {MEETINGS: pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)}


def proposed(first: date) -> tuple[date, date]:
    """Monday and Friday of the first full week from a day on.

    >>> proposed(date(2026, 10, 3))
    (datetime.date(2026, 10, 5), datetime.date(2026, 10, 9))
    """
    monday = first + timedelta(days=-first.weekday() % 7)
    return monday, monday + timedelta(days=4)


def _planned(book: Book) -> dict[str, list[date]]:
    if not book.has("activities", "status"):
        return {}
    found = book.query(
        "SELECT DISTINCT partner_id, held_on FROM activities WHERE kind = 'qbr' AND status = 'planned' "
        f"AND held_on > DATE '{book.as_of}' ORDER BY partner_id, held_on"
    )
    days: dict[str, list[date]] = {}
    for row in records(found):
        days.setdefault(str(row["partner_id"]), []).append(pd.Timestamp(row["held_on"]).date())
    return days


MAKER = Maker(meetings, (MEETINGS,), for_the_partner=(MEETINGS,))
