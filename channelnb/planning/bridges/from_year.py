"""From last year's revenue of a period to this year's: deals, win rate, size, mix, price, customers, currency."""

from __future__ import annotations

import numpy as np
import pandas as pd

from channelnb.book.book import Book
from channelnb.planning.bridges.sales import (
    CHAIN,
    LOOSE,
    LOST,
    LOST_DEALS,
    NEW,
    PRICE,
    SHOWN,
    WIN_RATE,
    Told,
    deals_lost,
    sales_by_kind,
)
from channelnb.planning.bridges.shapley import shapley
from channelnb.planning.bridges.span import Span, reaches_back
from channelnb.planning.bridges.steps import END, START, Numbers, adding_up, empty, line_cents, rows_of_steps, unparted

YEAR = "year"
"""The name of the bridge from last year's period to this one."""
COUNT, MIX, SIZE, CURRENCY = "count", "mix", "size", "currency"
STEPS = (COUNT, WIN_RATE, MIX, SIZE, PRICE, NEW, LOST, LOOSE, CURRENCY)


def year_bridges(book: Book, span: Span) -> pd.DataFrame:
    """The bridges from the same part of last year's period to this year's, for every partner that sold in one of them.

    Each sale is of one kind. *New* are those of this year to customers that bought nothing in the twelve months that
    ended with last year's period; *lost* those of last year to customers that bought nothing in the twelve months
    that end with this year's: seen from the other year, one is the other. Of the rest, sales that close a deal are
    decided deals × their mix of lines × the win rate × list value a won deal × what of the list price was paid;
    deals of new and lost customers are left out there, too. A won deal is one with sales in the period, a lost one
    closed in it; deals without a decision don't count. A factor that a line doesn't have in one year (it won no deal,
    or decided none) is taken from the other; each factor adds its Shapley value, so that their order doesn't matter.
    *Loose* are sales that close no deal. Where sales name no deals, each sale is one unit and returns are loose.

    *Currency* is what other exchange rates than the same month's a year apart come to, by the mean of both years'
    sales; all other steps are at the mean of both rates. Of a running month as large a part of last year's counts as
    has gone by. Amounts are those that `revenue` and `growth_yoy` know; steps of a line add up to the cent.
    """
    if not span.begun or reaches_back(book, span.first, months=12):
        return empty()
    told = Told.by(book, span)
    sales = sales_by_kind(book, span, told)
    if not sales["year"].eq(1).any():
        # Nobody has sold yet: that tells of the data, not of partners.
        return empty()
    found = bridged(pd.concat([sales[SHOWN], deals_lost(book, span, told)], ignore_index=True), period=span.period)
    lacks = {CURRENCY: "fx_rates has no rate of the same month a year apart"}
    no_rates = unparted(sales.loc[sales["unrated"] > 0, "partner_id"], lacks, bridge=YEAR, period=span.period)
    whole = unparted(found["partner_id"], told.reasons, bridge=YEAR, period=span.period)
    return pd.concat([found, whole, no_rates], ignore_index=True)


def bridged(sold: pd.DataFrame, *, period: str) -> pd.DataFrame:
    """The rows of bridges from year 0 to year 1: for each partner and line, start, steps and end.

    Needs one row per partner_id, line, year (0 or 1) and kind (chain, new, lost, loose, lost_deals): own (revenue),
    mean (the same at the mean of both years' exchange rates), gross (that before discount), units, n (cases).

    >>> rows = [(0, 10.0, 10.0, 10.0, 1.0), (1, 30.0, 30.0, 30.0, 2.0)]
    >>> sold = pd.DataFrame(rows, columns=["year", "own", "mean", "gross", "units"])
    >>> sold = sold.assign(partner_id="P1", line="Disks", kind="chain", n=1)
    >>> bridged(sold, period="2026Q3").set_index("step")["amount"].to_dict()
    {'start': 10.0, 'count': 12.5, 'size': 7.5, 'end': 30.0}
    """
    sold = sold.reset_index(drop=True)
    keys = sold[["partner_id", "line"]].drop_duplicates().sort_values(["partner_id", "line"], ignore_index=True)
    grid = _Grid(sold, keys)
    steps = _steps(grid)
    start, end = (line_cents(grid.every("own", year), keys["partner_id"]) for year in (0, 1))
    rounded = adding_up(np.stack([steps[name] for name in STEPS], axis=1), end - start)
    amounts = {START: start, **{name: rounded[:, i] for i, name in enumerate(STEPS)}, END: end}
    n = {NEW: grid.at(NEW, 1, "n"), LOST: grid.at(LOST, 0, "n"), START: grid.every("n", 0), END: grid.every("n", 1)}
    found = rows_of_steps(keys, amounts, n, bridge=YEAR, period=period)
    # Lost deals alone are no business in either year.
    sold_in = set(sold.loc[sold["kind"].ne(LOST_DEALS), "partner_id"])
    return found[found["partner_id"].isin(sold_in)].reset_index(drop=True)


class _Grid:
    """The figures of each partner and line, by kind and year: an array in the order of the keys."""

    def __init__(self, sold: pd.DataFrame, keys: pd.DataFrame) -> None:
        self.size = len(keys)
        self.partners = pd.factorize(keys["partner_id"])[0]
        places = pd.MultiIndex.from_frame(keys).get_indexer(pd.MultiIndex.from_frame(sold[["partner_id", "line"]]))
        self._sums = {
            (kind, year): rows.assign(place=places[rows.index]) for (kind, year), rows in sold.groupby(["kind", "year"])
        }

    def at(self, kind: str, year: int, column: str) -> Numbers:
        """A column of one kind in one year; 0 where there is none."""
        rows = self._sums.get((kind, year))
        if rows is None:
            return np.zeros(self.size)
        return np.bincount(rows["place"], rows[column].to_numpy(float), self.size).astype(float)

    def every(self, column: str, year: int) -> Numbers:
        """A column of all sales of a year."""
        return sum((self.at(kind, year, column) for kind in (CHAIN, NEW, LOST, LOOSE)), np.zeros(self.size))

    def of_partner(self, values: Numbers) -> Numbers:
        """Values added up over a partner's lines, beside each of them."""
        return np.bincount(self.partners, values)[self.partners].astype(float)


def _steps(grid: _Grid) -> dict[str, Numbers]:
    """What each step comes to, by partner and line, before it is rounded."""
    before, after = _factors(grid, 0), _factors(grid, 1)
    _borrow(before, after)
    names = (COUNT, MIX, WIN_RATE, SIZE, PRICE)
    gains = shapley([before[n] for n in names], [after[n] for n in names], _product)
    steps = dict(zip(names, gains, strict=True))
    loose, loose_price = _loose(grid)
    steps[PRICE] = steps[PRICE] + loose_price
    mean, own = (grid.every(column, 1) - grid.every(column, 0) for column in ("mean", "own"))
    new, lost = grid.at(NEW, 1, "mean"), -grid.at(LOST, 0, "mean")
    return steps | {LOOSE: loose, NEW: new, LOST: lost, CURRENCY: own - mean}


def _product(*factors: Numbers) -> Numbers:
    return np.asarray(np.prod(factors, axis=0), dtype=float)


def _factors(grid: _Grid, year: int) -> dict[str, Numbers]:
    """A year's factors; NaN where it doesn't have one."""
    won = grid.at(CHAIN, year, "units")
    decided = won + grid.at(LOST_DEALS, year, "units")
    count = grid.of_partner(decided)
    value, gross = _priced(grid, CHAIN, year)
    return {
        COUNT: count,
        MIX: _ratio(decided, count),
        WIN_RATE: _ratio(won, decided),
        SIZE: _ratio(gross, won),
        PRICE: _ratio(value, gross),
    }


def _priced(grid: _Grid, kind: str, year: int) -> tuple[Numbers, Numbers]:
    """Sales after and before discount; where either year's are not above zero both are those after it."""
    usable = np.ones(grid.size, dtype=bool)
    for one in (0, 1):
        value, gross = grid.at(kind, one, "mean"), grid.at(kind, one, "gross")
        usable &= (grid.at(kind, one, "n") == 0) | ((value > 0) & (gross > 0))
    value = grid.at(kind, year, "mean")
    return value, np.where(usable, grid.at(kind, year, "gross"), value)


def _ratio(above: Numbers, below: Numbers) -> Numbers:
    return np.asarray(np.divide(above, below, out=np.full(len(above), np.nan), where=below != 0), dtype=float)


def _borrow(before: dict[str, Numbers], after: dict[str, Numbers]) -> None:
    """Each year's missing factors are the other's; missing in both, nothing hangs on them."""
    for name in before:
        old, new = before[name], after[name]
        before[name] = np.nan_to_num(np.where(np.isnan(old), new, old))
        after[name] = np.nan_to_num(np.where(np.isnan(new), old, new))


def _loose(grid: _Grid) -> tuple[Numbers, Numbers]:
    """What loose sales add by their volume and by their price."""
    sides: list[dict[str, Numbers]] = []
    for year in (0, 1):
        value, gross = _priced(grid, LOOSE, year)
        sides.append({"volume": gross, PRICE: _ratio(value, gross)})
    _borrow(*sides)
    volume, price = shapley(list(sides[0].values()), list(sides[1].values()), _product)
    return volume, price
