"""The roadmap of a partner's capability: certificates that end, training planned, and who must still certify."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from channelnb.book.book import Book
from channelnb.chosen import Settings
from channelnb.planning.maker import Made, Maker

ROADMAP = "roadmap"
"""The table of a snapshot that holds the roadmap."""

QUARTERS = 4
"""How many coming quarters the roadmap tells of."""

FURTHEST = 2.0
"""How many times its sales of the last twelve months a tier may ask for and still be worth certifying for."""

EXPIRING, TRAINING, CERTIFIED, FOR_TIER, FOR_COVERAGE, FOR_LINE = (
    *("expiring", "training", "certified"),
    *("for_tier", "for_coverage", "for_line"),
)
"""The kinds of rows: certificates that end, training planned, who is certified if nobody renews, and who is missing."""

_TEXT = ("partner_id", "quarter", "kind", "line", "tier")
_NUMBERS = ("people", "needed", "missing", "sessions", "days")
COLUMNS = {**dict.fromkeys(_TEXT, "str"), **dict.fromkeys(_NUMBERS, "float64"), "first_on": "datetime64[us]"}
"""The columns of the roadmap, and what is in them."""


def roadmap(book: Book, settings: Settings, made: Made) -> dict[str, pd.DataFrame]:
    """The next four quarters of each partner's capability, from the first quarter that is not over.

    Needs the tables ``partners``, ``partner``, ``partner_line`` and ``score_metrics`` made before. One row is a
    partner, quarter and kind: `expiring` says for how many `people` the last certificate in a line ends in the
    quarter, `first_on` when; `training` how many `sessions`, of how many `days`, are planned; `certified` how many
    people hold any certificate on the quarter's last day if nobody renews; `for_tier` how many certified people the
    partner's tier, and the next one, need, and how many of them are `missing` on that day, but for a tier that asks
    for more than twice what it sold in the last twelve months: no certificate brings that; `for_coverage` the same
    for the target of `certified_coverage` in its scorecard; `for_line` a line that it sold in the last twelve months
    and in which nobody is certified on that day. Whoever has left by the book's date holds none.
    """
    ends = _ends(book)
    quarters = _coming(book)
    parts = [
        *(_expiring(ends, book, quarters), _training(book, quarters)),
        *(part for quarter in quarters for part in _at_end(ends, book, made, quarter=quarter)),
    ]
    rows = pd.concat([part.reindex(columns=list(COLUMNS)) for part in parts if len(part)] or [_none()])
    rows[list(_TEXT)] = rows[list(_TEXT)].astype("object").fillna("")
    return {ROADMAP: rows.astype(COLUMNS).sort_values(list(_TEXT), ignore_index=True)}


def _none() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in COLUMNS.items()})


def _coming(book: Book) -> list[str]:
    first = book.calendar.quarter_of(book.as_of + timedelta(days=1))
    return book.calendar.span(first, book.calendar.shift(first, QUARTERS - 1))


def _ends(book: Book) -> pd.DataFrame:
    """Who is certified in what on the book's date: one row for each partner, person and line.

    `ends_on` is the first day on which no certificate in the line holds, none where one has no end; `staff` whether the
    person is known to sell or advise.
    """
    if not book.has("certifications", "salesperson_id"):
        return pd.DataFrame(columns=["partner_id", "salesperson_id", "line", "ends_on", "staff"])
    day = f"DATE '{book.as_of}'"
    people = "LEFT JOIN salespeople AS p ON p.salesperson_id = c.salesperson_id" if book.has("salespeople") else ""
    there = f"AND coalesce(p.left_on > {day}, true)" if people else ""
    staff = "coalesce(any_value(p.role IN ('sales', 'technical') AND p.partner_id = c.partner_id), false)"
    return book.query(
        "SELECT c.partner_id, c.salesperson_id, coalesce(c.line, '') AS line, "
        "CASE WHEN count(*) = count(c.expires_on) THEN max(c.expires_on) END AS ends_on, "
        f"{staff if people else 'false'} AS staff FROM certifications c {people} "
        f"WHERE c.salesperson_id IS NOT NULL AND coalesce(c.expires_on > {day}, true) {there} "
        "GROUP BY ALL ORDER BY ALL"
    )


def _expiring(ends: pd.DataFrame, book: Book, quarters: list[str]) -> pd.DataFrame:
    ending = ends[ends["ends_on"].notna()]
    quarter = [book.calendar.quarter_of(day) for day in pd.to_datetime(ending["ends_on"])]
    ending = ending.assign(quarter=quarter, kind=EXPIRING)
    ending = ending[ending["quarter"].isin(quarters)]
    keys = ["partner_id", "quarter", "kind", "line"]
    return ending.groupby(keys).agg(people=("salesperson_id", "nunique"), first_on=("ends_on", "min")).reset_index()


def _training(book: Book, quarters: list[str]) -> pd.DataFrame:
    if not book.has("activities"):
        return _none()
    first, last = book.calendar.start(quarters[0]), book.calendar.end(quarters[-1])
    planned = book.query(
        "SELECT partner_id, coalesce(line, '') AS line, held_on, CAST(days AS DOUBLE) AS days FROM activities "
        f"WHERE kind = 'training' AND status = 'planned' AND held_on BETWEEN DATE '{first}' AND DATE '{last}' "
        f"AND held_on > DATE '{book.as_of}' ORDER BY ALL"
    )
    quarter = [book.calendar.quarter_of(day) for day in pd.to_datetime(planned["held_on"])]
    rows = planned.assign(quarter=quarter, kind=TRAINING).groupby(["partner_id", "quarter", "kind", "line"])
    return rows.agg(sessions=("held_on", "size"), days=("days", "sum"), first_on=("held_on", "min")).reset_index()


def _at_end(ends: pd.DataFrame, book: Book, made: Made, *, quarter: str) -> list[pd.DataFrame]:
    """What stands on a quarter's last day if nobody certifies or renews."""
    if not book.has("certifications", "salesperson_id"):
        return []
    last = pd.Timestamp(book.calendar.end(quarter))
    held = ends[ends["ends_on"].isna() | (pd.to_datetime(ends["ends_on"]) > last)]
    firms = made["partners"].loc[made["partners"]["survivor_id"].eq(made["partners"]["partner_id"])]
    people = _people(held, firms)
    whole = firms[["partner_id"]].assign(kind=CERTIFIED, people=people)
    rows = [
        whole[people.gt(0)],
        _for_tier(firms, people, book, made),
        _for_coverage(held, book, made),
        _for_line(held, book, made),
    ]
    return [part.assign(quarter=quarter) for part in rows]


def _people(held: pd.DataFrame, firms: pd.DataFrame) -> pd.Series:
    counted = held.groupby("partner_id")["salesperson_id"].nunique()
    return firms["partner_id"].map(counted).fillna(0).astype("float64")


def _for_tier(firms: pd.DataFrame, people: pd.Series, book: Book, made: Made) -> pd.DataFrame:
    """The certified people that each partner's tier needs, and the next one, where these ask for any.

    A tier whose revenue is out of reach is left out.
    """
    if not book.has("tiers") or "tier" not in firms:
        return _none()
    wanted = book.query(
        "SELECT tier, max(at_least) FILTER (metric = 'certified_people') AS needed, "
        "CAST(coalesce(max(at_least) FILTER (metric = 'revenue'), 0) AS DOUBLE) AS revenue FROM tiers GROUP BY tier "
        "ORDER BY coalesce(needed, 0), revenue, tier"
    )
    place = firms["tier"].map(dict(zip(wanted["tier"], range(len(wanted)), strict=True)))
    # Who is in a tier that asks for nothing is below the first that does; of who has none, nothing is known.
    place = place.where(place.notna(), -1.0).where(firms["tier"].notna())
    within_reach = FURTHEST * firms["partner_id"].map(_last_year(book, made))
    rows = []
    for step in (0, 1):
        asked = (place + step).map(dict(enumerate(wanted["tier"])))
        needed = (place + step).map(dict(enumerate(wanted["needed"].astype("float64"))))
        needed = needed.mask((place + step).map(dict(enumerate(wanted["revenue"]))) > within_reach)
        rows.append(
            pd.DataFrame({"partner_id": firms["partner_id"], "tier": asked, "needed": needed, "people": people})
        )
    both = pd.concat(rows)
    both = both[both["needed"].notna()].assign(kind=FOR_TIER)
    return both.assign(missing=np.maximum(both["needed"] - both["people"], 0.0))


def _last_year(book: Book, made: Made) -> pd.Series:
    """What each partner sold in the last twelve months."""
    sold, periods = made["partner"], book.calendar.year_to(_period(book))
    rows = sold[sold["metric"].eq("revenue") & sold["period"].isin(periods)]
    return rows.groupby("partner_id")["value"].sum(min_count=1)


def _for_coverage(held: pd.DataFrame, book: Book, made: Made) -> pd.DataFrame:
    """The certified people that the target of the scorecard asks for, of those who sell or advise today."""
    targets, measured, period = made["score_metrics"], made["partner"], _period(book)
    named = "certified_coverage"
    targets = targets[targets["metric"].eq(named) & targets["period"].eq(period)][["partner_id", "target"]]
    staff = measured[measured["metric"].eq(named) & measured["period"].eq(period)][["partner_id", "denominator"]]
    rows = targets.merge(staff.dropna(), on="partner_id")
    of_staff = held[held["staff"].astype(bool)].groupby("partner_id")["salesperson_id"].nunique()
    people = rows["partner_id"].map(of_staff).fillna(0).astype("float64")
    # 0.6 of 5 people is 3 of them, though 0.6 × 5 is a hair above 3 in floats.
    needed = np.ceil((rows["target"] * rows["denominator"]).round(9))
    missing = np.maximum(needed - people, 0.0)
    return rows[["partner_id"]].assign(kind=FOR_COVERAGE, people=people, needed=needed, missing=missing)


def _for_line(held: pd.DataFrame, book: Book, made: Made) -> pd.DataFrame:
    """Lines that a partner sold in the last twelve months and in which nobody of it is certified."""
    sold = sold_lines(made["partner_line"], book.calendar.year_to(_period(book)))
    there = held.groupby(["partner_id", "line"])["salesperson_id"].nunique().rename("people").reset_index()
    rows = sold.merge(there, on=["partner_id", "line"], how="left")
    rows = rows[rows["people"].isna()]
    return rows[["partner_id", "line"]].assign(kind=FOR_LINE, people=0.0, needed=1.0, missing=1.0)


def sold_lines(by_line: pd.DataFrame, periods: list[str]) -> pd.DataFrame:
    """The lines that each partner sold in some periods: one row for each partner and line, with its `revenue`.

    Needs the table ``partner_line`` of a snapshot. A line of which more came back than was sold is left out.

    >>> rows = [("P1", "Backup", "2026Q3", 5.0), ("P1", "Backup", "2025Q3", 9.0), ("P1", "Wireless", "2026Q1", 0.0)]
    >>> by_line = pd.DataFrame(rows, columns=["partner_id", "line", "period", "value"]).assign(metric="revenue")
    >>> sold_lines(by_line, ["2026Q1", "2026Q3"]).to_dict("records")
    [{'partner_id': 'P1', 'line': 'Backup', 'revenue': 5.0}]
    """
    told = by_line["metric"].eq("revenue") & by_line["period"].isin(periods) & by_line["line"].ne("(none)")
    sums = by_line[told].groupby(["partner_id", "line"])["value"].sum().rename("revenue").reset_index()
    return sums[sums["revenue"].gt(0)].reset_index(drop=True)


def _period(book: Book) -> str:
    return book.period or book.calendar.quarter_of(book.as_of)


MAKER = Maker(roadmap, (ROADMAP,), for_the_partner=(ROADMAP,))
