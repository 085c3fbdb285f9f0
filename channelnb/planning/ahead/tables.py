"""The tables of a snapshot that look ahead: the chance of meeting plan, deals to bring forward, how deals slipped."""

from __future__ import annotations

import pandas as pd

from channelnb.book.book import Book
from channelnb.chosen import Settings
from channelnb.peers.groups import owners_of
from channelnb.planning.ahead import calibration, chance, pull_forward
from channelnb.planning.ahead.slipped import slipped
from channelnb.planning.maker import Made, Maker

CHANCE, CALIBRATION = "plan_chance", "chance_calibration"
PULLED, PULLED_INDEX, SLIPPED = "pull_forward", "pull_forward_index", "slipped"

_POOLED = {"partner_id": "str", **calibration.COLUMNS}


def coming(book: Book) -> list[str]:
    """The periods whose plan may still be met or missed: the running one, if it is not over, and the next.

    >>> from channelnb.book.book import open_book
    >>> firms = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> sales = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["1"]})
    >>> coming(open_book({"partners": firms, "sales": sales}, quarter="2026Q3"))
    ['2026Q4']
    >>> coming(open_book({"partners": firms, "sales": sales}, quarter="2026Q3", as_of="2026-08-14"))
    ['2026Q3', '2026Q4']
    """
    now = book.calendar.period_of(book.as_of, like=book.period or book.calendar.quarter_of(book.as_of))
    following = book.calendar.shift(now, 1)
    return [following] if book.calendar.end(now) <= book.as_of else [now, following]


def looking_ahead(book: Book, settings: Settings, made: Made) -> dict[str, pd.DataFrame]:
    """The chance of meeting plan, how good such forecasts were, deals to bring forward, and how deals slipped.

    Needs the tables `partner` and `deals`. All but the slippage are empty where the source tells of no plan or deal.
    """
    if not (book.has("opportunities") and book.has("plans")):
        empty = {CHANCE: chance.COLUMNS, CALIBRATION: _POOLED}
        empty |= {PULLED: pull_forward.DEAL_COLUMNS, PULLED_INDEX: pull_forward.INDEX_COLUMNS}
        none = {name: pd.DataFrame(columns=list(kinds)).astype(kinds) for name, kinds in empty.items()}
        return {**none, SLIPPED: slipped(book)}
    foretold, pooled = _chances(book, settings, owners=owners_of(made["partners"]))
    found, periods = pull_forward.pulled_forward(
        made["partner"],
        pull_forward.qualified(book, made["deals"]),
        usual=pull_forward.usual_of(book),
        target=settings.pipeline_target,
        as_of=book.as_of,
        calendar=book.calendar,
    )
    return {CHANCE: foretold, CALIBRATION: pooled, PULLED: found, PULLED_INDEX: periods, SLIPPED: slipped(book)}


def _chances(book: Book, settings: Settings, *, owners: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The forecast of each coming period, and beside each partner's how good such forecasts were."""
    foretold, pooled = [], []
    for period in coming(book):
        rows, tested = chance.chances(book, period, fewest=settings.min_peers + 1)
        foretold.append(rows)
        # Firms of one owner count as one.
        tested = tested.assign(partner_id=tested["partner_id"].map(owners))
        how_good = calibration.calibration(tested, period=period, min_firms=settings.min_peers + 1)
        # The same for all: a report is handed its own rows and no others.
        pooled.append(rows.loc[rows["state"].eq("ok"), ["partner_id"]].merge(how_good, how="cross"))
    chances = pd.concat(foretold).sort_values(["partner_id", "period"], ignore_index=True)
    bins = pd.concat(pooled).sort_values(["partner_id", "period", "bin"], ignore_index=True)
    return chances, bins[list(_POOLED)].astype(_POOLED)


MAKER = Maker(
    looking_ahead,
    names=(CHANCE, CALIBRATION, PULLED, PULLED_INDEX, SLIPPED),
    for_the_partner=(CHANCE, CALIBRATION, PULLED, PULLED_INDEX, SLIPPED),
)
