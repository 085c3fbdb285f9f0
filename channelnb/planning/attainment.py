"""Attainment by month, quarter and year to date: of each partner, of its lines and of its people."""

from __future__ import annotations

import pandas as pd

from channelnb.book.book import Book
from channelnb.chosen import Settings
from channelnb.metrics.keys import NONE
from channelnb.metrics.measure import measure
from channelnb.planning.maker import Made, Maker

ATTAINED = "attained"
"""The table of a snapshot that holds it."""
KEYS = ("line", "salesperson_id")
SPANS = ("month", "quarter", "year")
COLUMNS = [
    *("partner_id", "key", "name", "span", "period", "metric"),
    *("numerator", "denominator", "value", "n", "low", "high", "state"),
]


def attained(book: Book) -> pd.DataFrame:
    """Revenue and attainment in the fiscal year reviewed, up to the quarter reviewed and the book's date.

    One row per partner, group, span and metric: `key` is "" for the partner as a whole, else ``line`` or
    ``salesperson_id``, whose value is `name`; `period` is a month, a quarter or the year, as `span` says. The months
    are those of the quarter reviewed; that of a period that is not over is measured against its plan to date. Groups
    that neither sold nor were to sell anything in that time have no row.
    """
    calendar = book.calendar
    period = book.period or calendar.quarter_of(book.as_of)
    quarter = calendar.quarter_of(calendar.start(period))
    months = [str(month) for month in pd.period_range(calendar.start(quarter), calendar.end(quarter), freq="M")]
    wanted = {"month": months, "quarter": [quarter], "year": [calendar.year_of(calendar.start(quarter))]}
    found = [_measured(book, key, span, wanted[span]) for key in ("", *KEYS) for span in SPANS]
    frame = pd.concat(found, ignore_index=True)
    told = frame[["numerator", "denominator"]].fillna(0).ne(0).any(axis=1) | frame["value"].fillna(0).ne(0)
    groups = frame.loc[told, ["partner_id", "key", "name"]].drop_duplicates()
    frame = frame.merge(groups, on=["partner_id", "key", "name"])
    order = ["partner_id", "key", "name", "period", "metric"]
    return frame.sort_values(order, ignore_index=True)[COLUMNS]


def _measured(book: Book, key: str, span: str, periods: list[str]) -> pd.DataFrame:
    """Measures by partner, and a key if any, in some periods of one length."""
    by = ["partner_id", *([key] if key else []), span]
    rows = measure(book, ["revenue", "attainment"], by=by, resample=False).rename(columns={span: "period"})
    rows = rows[rows["period"].isin(periods) & rows["partner_id"].ne(NONE) & rows["state"].ne("not_measurable")]
    return rows.assign(key=key, span=span, name=rows[key] if key else "")[COLUMNS]


def _make(book: Book, settings: Settings, made: Made) -> dict[str, pd.DataFrame]:
    return {ATTAINED: attained(book)}


MAKER = Maker(_make, (ATTAINED,), for_the_partner=(ATTAINED,))
"""Makes the table ``attained``."""
