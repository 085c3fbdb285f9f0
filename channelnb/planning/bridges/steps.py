"""The frame of a bridge: steps to the cent that add up, by partner and line."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from channelnb.planning.bridges.span import ALL

Numbers = npt.NDArray[np.float64]
Cents = npt.NDArray[np.int64]

START, END = "start", "end"
COLUMNS = ["partner_id", "bridge", "period", "line", "step", "amount", "n", "worth", "reason"]
KINDS = {"amount": "float64", "n": "int64", "worth": "float64"}


def cents(amounts: Numbers) -> Cents:
    """Amounts in whole cents, those halfway to the even one; what arithmetic adds far behind the point is noise.

    >>> cents(np.array([1.005, -1.005, 0.125, -0.125])).tolist()
    [100, -100, 12, -12]
    """
    return np.rint(np.round(amounts * 100, 4)).astype(np.int64)


def adding_up(parts: Numbers, whole: Cents) -> Cents:
    """Parts in cents that add up to wholes: what rounding leaves goes to the largest part, of equal ones the first.

    Needs one row of parts for each whole.

    >>> adding_up(np.array([[1.004, 2.004, 3.004], [0.0, 0.0, 0.0]]), np.array([601, 0])).tolist()
    [[100, 200, 301], [0, 0, 0]]
    """
    rounded = cents(parts)
    if parts.size:
        largest = np.argmax(np.round(np.abs(parts), 6), axis=1)
        rounded[np.arange(len(parts)), largest] += whole - rounded.sum(axis=1)
    return rounded


def line_cents(amounts: Numbers, partners: pd.Series) -> Cents:
    """The amounts of lines in cents, so that each partner's add up to its own amount in cents.

    >>> line_cents(np.array([0.004, 0.003, 5.0]), pd.Series(["P1", "P1", "P2"])).tolist()
    [1, 0, 500]
    """
    codes, firms = pd.factorize(partners)
    whole = cents(np.bincount(codes, amounts, len(firms)).astype(float))
    rounded = cents(amounts)
    left = whole - np.bincount(codes, rounded.astype(float), len(firms)).astype(np.int64)
    order = np.lexsort((-np.round(np.abs(amounts), 6), codes))
    firsts = order[np.r_[True, codes[order][1:] != codes[order][:-1]]] if len(order) else order
    rounded[firsts] += left[codes[firsts]]
    return rounded


def rows_of_steps(
    keys: pd.DataFrame,
    steps: Mapping[str, Cents],
    n: Mapping[str, Numbers],
    *,
    bridge: str,
    period: str,
    worth: Mapping[str, Numbers] | None = None,
) -> pd.DataFrame:
    """The rows of a bridge: one for each partner, line and step that has an amount or a case.

    Needs `keys` (partner_id, line) beside each of the arrays: the steps, their cases, and what deals behind them were
    worth in full, where that is another figure. Amounts are in the vendor's currency.

    >>> keys = pd.DataFrame({"partner_id": ["P1"], "line": ["Disks"]})
    >>> steps = {"start": np.array([500]), "new": np.array([0]), "end": np.array([500])}
    >>> rows_of_steps(keys, steps, {}, bridge="year", period="2026Q3")[["line", "step", "amount"]].values.tolist()
    [['Disks', 'start', 5.0], ['Disks', 'end', 5.0]]
    """
    cases = {step: np.rint(n.get(step, np.zeros(len(keys)))).astype(np.int64) for step in steps}
    # A line in which deals were lost, and nothing was ever sold or planned, has nothing to show.
    there = np.any([(amount != 0) | (cases[step] > 0) for step, amount in steps.items()], axis=0)
    found = []
    for step, amount in steps.items():
        full = (worth or {}).get(step, np.nan)
        rows = keys.assign(
            bridge=bridge, period=period, step=step, amount=amount / 100, n=cases[step], worth=full, reason=""
        )
        found.append(rows[there & ((amount != 0) | (cases[step] > 0) | (step in (START, END)))])
    return pd.concat(found, ignore_index=True)[COLUMNS] if found else empty()


def unparted(partners: pd.Series, reasons: Mapping[str, str], *, bridge: str, period: str) -> pd.DataFrame:
    """Rows that say which steps are part of others, and why: one for each partner and step that has a reason.

    >>> rows = unparted(pd.Series(["P1"]), {"new": "no customer", "price": ""}, bridge="year", period="2026Q3")
    >>> rows[["step", "reason"]].values.tolist()
    [['new', 'no customer']]
    """
    firms = pd.DataFrame({"partner_id": partners.unique()})
    given = {step: reason for step, reason in reasons.items() if reason}
    found = [
        firms.assign(bridge=bridge, period=period, line=ALL, step=step, amount=np.nan, n=0, worth=np.nan, reason=reason)
        for step, reason in given.items()
    ]
    return pd.concat(found, ignore_index=True)[COLUMNS] if found else empty()


def empty() -> pd.DataFrame:
    """No row, in the columns that bridges have.

    >>> list(empty())[:3]
    ['partner_id', 'bridge', 'period']
    """
    return pd.DataFrame({name: pd.Series(dtype=KINDS.get(name, "str")) for name in COLUMNS})
