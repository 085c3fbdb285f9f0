"""What plans rest on: each partner's sales by line and month, and what was paid to it and spent on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from channelnb.book.book import Book
from channelnb.metrics.rows import has_key, rows_of
from channelnb.planning.business.plan import last_month

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ALL_LINES = "All lines"
"""The line of every sale where the source tells of none."""
WHOLE = ""
"""The line of what is of a partner as a whole: MDF, incentives, cost to serve."""

YEAR, KEPT = 12, 36
"""Months of a year, and of the history that a plan shows."""

LARGEST = 0.25
"""The most that one owner's firms may weigh where firms are pooled, as where they are compared."""
PER_MILLE, PER_CENT = 3, 2
"""Decimals to which pooled figures are told: exact, the sums of all firms, to the cent, follow from them."""
_ROUNDS = 100

SOLD = ("sales", "revenue", "discount", "discounted", "rebate", "resale_revenue", "resold", "cost", "costed")
"""By line; `discounted`, `resold` and `costed` are the revenue of the sales whose discount, resale or cost is known."""
PAID = ("incentives", "mdf", "cost_to_serve")
"""By partner, since none of them tells of a line."""
OF_THE_VENDOR = ("cost", "costed", "cost_to_serve")

_SALES = {
    "sales": "1",
    "revenue": "revenue",
    "discount": "discount",
    "discounted": "CASE WHEN discount IS NOT NULL THEN revenue END",
    "rebate": "coalesce(rebate, 0)",
    "resale_revenue": "resale_revenue",
    "resold": "CASE WHEN resale_revenue IS NOT NULL THEN revenue END",
    "cost": "cost",
    "costed": "CASE WHEN cost IS NOT NULL THEN revenue END",
}
_READ = ("partner_id", "sold_on", "revenue", "is_revenue")
_MAYBE = ("discount", "rebate", "resale_revenue", "cost")
"""Columns of sales that the source may not give."""
_MONEY = {"incentives": ("amount", "paid_on"), "mdf_claims": ("amount_paid", "paid_on"), "costs": ("amount", "month")}


@dataclass(frozen=True)
class History:
    """Sales and payments of all partners by month, each partner and line by its place in `partners` and `lines`.

    `sold` has one row for each partner, line and month in which there was a sale, `paid` one for each partner and
    month; `ago` counts months back from `last`, the last month that is over, which is 0. `told` are the amounts that
    the source gives at all, `owner` is the number of each partner's owner.
    """

    last: pd.Period
    partners: pd.Index
    owner: Codes
    lines: pd.Index
    sold: pd.DataFrame
    paid: pd.DataFrame
    told: frozenset[str]

    def by_line(self, name: str, *, newest: int = 0, months: int = YEAR) -> Floats:
        """The sum of an amount over some months, one row for each partner and one column for each line."""
        rows = self.sold[self.sold["ago"].between(newest, newest + months - 1)]
        place = rows["partner"].to_numpy() * len(self.lines) + rows["line"].to_numpy()
        return _summed(place, rows[name], len(self.partners) * len(self.lines)).reshape(
            len(self.partners), len(self.lines)
        )

    def by_partner(self, name: str, *, months: int = YEAR) -> Floats:
        """The sum of what was paid or spent over the last months, one value for each partner."""
        rows = self.paid[self.paid["ago"] < months]
        return _summed(rows["partner"].to_numpy(), rows[name], len(self.partners))

    def owners_among(self, there: Flags) -> Codes:
        """How many owners the partners chosen in each column have: firms of one owner tell of one."""
        chosen = np.zeros((int(self.owner.max(initial=-1)) + 1, there.shape[1]), dtype=bool)
        np.logical_or.at(chosen, self.owner, there)
        count: Codes = chosen.sum(axis=0)
        return count

    @property
    def begun(self) -> Floats:
        """How many months of each partner and line have passed since its first sale, that month too; 0: none yet."""
        first = np.zeros(len(self.partners) * len(self.lines))
        rows = self.sold[self.sold["revenue"] > 0]
        place = rows["partner"].to_numpy() * len(self.lines) + rows["line"].to_numpy()
        np.maximum.at(first, place, rows["ago"].to_numpy(np.float64) + 1)
        return first.reshape(len(self.partners), len(self.lines))

    @property
    def started(self) -> npt.NDArray[np.bool_]:
        """Whether each partner is known to have started each line: in the first twelve months known it sold none."""
        oldest = int(self.sold["ago"].max()) if len(self.sold) else 0
        begun = self.begun
        return (begun > 0) & (begun <= oldest + 1 - YEAR)


def _summed(places: Codes, values: pd.Series, size: int) -> Floats:
    return np.bincount(places, values.to_numpy(np.float64), size).astype(np.float64)


def over(above: Floats, below: Floats) -> Floats:
    """One amount over another, NaN where the latter is not above zero.

    >>> over(np.array([1.0, 1.0]), np.array([4.0, 0.0])).tolist()
    [0.25, nan]
    """
    result: Floats = np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)
    return result


def even_handed(sizes: Floats, owner: Codes) -> Floats:
    """Factors, one for each firm (row) and pool (column), after which no owner has more than `LARGEST` of a pool.

    Needs the number of each firm's owner. So a pool tells of the many in it, and of none by itself, however large.
    Sizes must not be below 0; of four owners or fewer each comes to count alike.

    >>> sizes = np.array([[47.0], [47.0], [2.0], [2.0], [1.0], [1.0]])
    >>> (even_handed(sizes, np.array([0, 0, 1, 2, 3, 4])) * sizes).round(2).T
    array([[1., 1., 2., 2., 1., 1.]])
    """
    _, place = np.unique(owner, return_inverse=True)
    whole = np.zeros((int(place.max(initial=-1)) + 1, sizes.shape[1]))
    np.add.at(whole, place, sizes)
    kept = whole
    for _ in range(_ROUNDS):
        kept = np.minimum(kept, LARGEST * kept.sum(axis=0, keepdims=True))
    return np.nan_to_num(over(kept, whole))[place]


def read_history(book: Book) -> History:
    """The history of all partners in a book, up to its last month that is over.

    >>> from channelnb.book.book import open_book
    >>> firms = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> sales = pd.DataFrame({"partner_id": "P1", "sold_on": ["2026-08-01", "2026-09-30"], "revenue": ["5", "7"]})
    >>> with open_book({"partners": firms, "sales": sales}, quarter="2026Q3") as book:
    ...     history = read_history(book)
    >>> history.by_line("revenue").tolist(), str(history.last), history.lines.tolist()
    ([[12.0]], '2026-09', ['All lines'])
    """
    last = last_month(book.as_of)
    sold, paid = _sold(book), _paid(book)
    firms = book.query("SELECT partner_id, group_id FROM partners WHERE survivor_id = partner_id ORDER BY partner_id")
    partners = pd.Index(firms["partner_id"].astype(str))
    lines = pd.Index(sorted(sold["line"].unique()))
    told = {name for name in _MAYBE if book.has("sales", name)}
    told |= {name for name, table in zip(PAID, ("incentives", "mdf_claims", "costs"), strict=True) if book.has(table)}
    placed = [_placed(rows, partners, last) for rows in (sold, paid)]
    placed[0]["line"] = lines.get_indexer(pd.Index(placed[0]["line"]))
    return History(last, partners, pd.factorize(firms["group_id"])[0], lines, placed[0], placed[1], frozenset(told))


def _placed(rows: pd.DataFrame, partners: pd.Index, last: pd.Period) -> pd.DataFrame:
    """Rows of known partners up to the last month, each partner by its place, each month by how long ago it was."""
    month = pd.to_datetime(rows["month"])
    ago = (last.year - month.dt.year) * YEAR + last.month - month.dt.month
    rows = rows.assign(partner=partners.get_indexer(pd.Index(rows["partner_id"])), ago=ago).drop(
        columns=["partner_id", "month"]
    )
    rows = rows[rows["partner"].ge(0) & rows["ago"].ge(0)]
    amounts = [name for name in (*SOLD, *PAID) if name in rows]
    return rows.astype({"partner": "int64", "ago": "int64"} | dict.fromkeys(amounts, "float64")).fillna(0.0)


def _sold(book: Book) -> pd.DataFrame:
    by_line = has_key(book, "sales", "line")
    line = "coalesce(line, '(none)')" if by_line else f"'{ALL_LINES}'"
    sums = ", ".join(f"CAST(sum({sql}) AS DOUBLE) AS {name}" for name, sql in _SALES.items())
    given = [name for name in (*_READ, *_MAYBE) if name in _READ or book.has("sales", name)]
    given += ["line"] if by_line else []
    # Of what the source does not give, a table of rows that was made before has no column either.
    columns = [*given, *(f"NULL::DECIMAL AS {name}" for name in _MAYBE if name not in given)]
    return book.query(
        f"SELECT partner_id, {line} AS line, date_trunc('month', sold_on) AS month, {sums} "
        f"FROM (SELECT {', '.join(columns)} FROM {rows_of(book, 'sales', given)}) "
        "WHERE is_revenue GROUP BY ALL ORDER BY ALL"
    )


def _paid(book: Book) -> pd.DataFrame:
    """What was paid to each partner, and spent on it, by month; a table that the source has not adds nothing."""
    parts = ["SELECT '' AS partner_id, DATE '2000-01-01' AS month, 'none' AS kind, 0 AS amount WHERE false"]
    for (table, (amount, day)), kind in zip(_MONEY.items(), ("incentives", "mdf", "cost_to_serve"), strict=True):
        if book.has(table, amount, day):
            dated = f"CAST(date_trunc('month', {day}) AS DATE)"
            parts.append(f"SELECT partner_id, {dated}, '{kind}', {amount} FROM {table} WHERE {day} IS NOT NULL")
    sums = ", ".join(f"CAST(sum(CASE WHEN kind = '{name}' THEN amount END) AS DOUBLE) AS {name}" for name in PAID)
    return book.query(f"SELECT partner_id, month, {sums} FROM ({' UNION ALL '.join(parts)}) GROUP BY ALL ORDER BY ALL")


def shown_history(history: History) -> pd.DataFrame:
    """The last three years of each partner: a row for each line and month with sales, `WHOLE` for what has no line.

    Money is in the vendor's currency; `sales` counts rows. What the source does not give is 0 in every row.
    """
    head = ["partner_id", "line", "month", *SOLD, *PAID]
    sold = history.sold.assign(line=history.lines.to_numpy(object)[history.sold["line"]])
    rows = pd.concat([sold, history.paid.assign(line=WHOLE)], ignore_index=True)
    rows = rows[rows["ago"] < KEPT]
    months = pd.period_range(end=history.last, periods=KEPT, freq="M").to_timestamp()[KEPT - 1 - rows["ago"].to_numpy()]
    named = history.partners.to_numpy(object)[rows["partner"]]
    rows = rows.assign(partner_id=named, month=months)[head]
    kinds = dict.fromkeys((*SOLD, *PAID), "float64") | dict.fromkeys(("partner_id", "line"), "str")
    return (
        rows.fillna(dict.fromkeys((*SOLD, *PAID), 0.0))
        .astype(kinds)
        .sort_values(["partner_id", "line", "month"], ignore_index=True)
    )
