"""Traits: what was known of a firm before it signed, read from the ``trait_…`` columns as numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from channelnb.recruiting.columns import require

PREFIX = "trait_"
NUMBER, SHARE, YEAR, YES_NO, CATEGORY = "number", "share", "year", "yes_no", "category"
LEAST_IN_LEVEL = 5
"""A value of a category that fewer partners share is not looked at by itself."""

_YES_NO = {"true": 1.0, "yes": 1.0, "y": 1.0, "false": 0.0, "no": 0.0, "n": 0.0}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_LEADING_ZERO = re.compile(r"0\d+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T].*)?")


@dataclass(frozen=True)
class Trait:
    """One trait as numbers.

    `values` has one row per firm (index: its id) and one column per value of a category (1 has it, 0 has
    another), or a single column named "" for numbers, shares, years (of dates too) and yes/no (1 and 0); NaN where
    the trait is not known.
    """

    name: str
    kind: str
    values: pd.DataFrame

    @property
    def label(self) -> str:
        """The trait's name as people write it.

        >>> Trait("trait_owner_led", "yes_no", pd.DataFrame()).label
        'Owner led'
        """
        return self.name.removeprefix(PREFIX).replace("_", " ").strip().capitalize()

    @property
    def known(self) -> pd.Series:
        """True for the firms of which the trait is known.

        >>> Trait("trait_labs", NUMBER, pd.DataFrame({"": [2.0, np.nan]}, index=["P1", "P2"])).known.to_dict()
        {'P1': True, 'P2': False}
        """
        return self.values.notna().any(axis=1)

    def of(self, firms: pd.DataFrame, key: str) -> pd.DataFrame:
        """The same trait of other firms, coded in the same way: one row per firm, as in `values`.

        Needs `firms` with the id column `key`; where they lack the trait, or it reads otherwise than as
        this kind, it is not known.

        >>> owner_led = Trait("trait_owner_led", YES_NO, pd.DataFrame({"": [1.0]}, index=["P1"]))
        >>> candidates = pd.DataFrame({"candidate_id": ["K1", "K2", "K3"], "trait_owner_led": ["no", "Yes", "perhaps"]})
        >>> owner_led.of(candidates, "candidate_id")[""].to_dict()
        {'K1': 0.0, 'K2': 1.0, 'K3': nan}
        """
        ids = pd.Index(firms[key], name=key)
        if self.name not in firms:
            return pd.DataFrame(np.nan, index=ids, columns=self.values.columns)
        words = _words(firms[self.name]).set_axis(ids)
        if self.kind != CATEGORY:
            return _CODES[self.kind](words).to_frame("")
        return pd.DataFrame({level: _is(words, level) for level in self.values.columns}, index=ids)


def read_traits(partners: pd.DataFrame) -> list[Trait]:
    """The traits of a partners table, in the order of their names.

    Needs partner_id; a trait is any column whose name starts with ``trait_``. A trait counts as yes/no, as
    years, as a number, or else as a category, by how all its known values read; as a share where its name ends so
    and it lies between 0 and 1.

    >>> partners = pd.DataFrame({"partner_id": ["P1", "P2"], "trait_owner_led": ["yes", "no"]})
    >>> [(trait.name, trait.kind) for trait in read_traits(partners)]
    [('trait_owner_led', 'yes_no')]
    """
    require("partners", partners, ["partner_id"])
    firms = partners.sort_values("partner_id").set_index("partner_id")
    return [_read(name, firms[name]) for name in sorted(firms.columns) if name.startswith(PREFIX)]


def _read(name: str, column: pd.Series) -> Trait:
    words = _words(column)
    kind = _kind(words.dropna(), name)
    if kind != CATEGORY:
        return Trait(name, kind, _CODES[kind](words).to_frame(""))
    counts = words.value_counts()
    levels = sorted(counts.index[counts >= LEAST_IN_LEVEL])
    return Trait(name, kind, pd.DataFrame({level: _is(words, level) for level in levels}, index=words.index))


def _words(column: pd.Series) -> pd.Series:
    """The values as text, blanks as missing; so that 1, '1' and '1 ' are one value wherever they came from."""
    words = column.astype("str").str.strip()
    return words.mask(column.isna() | (words == ""))


def _kind(known: pd.Series, name: str) -> str:
    if known.empty:
        return NUMBER
    lower = known.str.lower()
    if lower.isin(list(_YES_NO)).all():
        return YES_NO
    if known.str.fullmatch(_DATE).all():
        return YEAR
    # A code such as 007 is a name, not an amount.
    if known.str.fullmatch(_LEADING_ZERO).any() or not known.str.fullmatch(_NUMBER).all():
        return CATEGORY
    numbers = known.astype(float)
    if numbers.isin([0, 1]).all():
        return YES_NO
    if numbers.between(1800, 2100).all() and (numbers % 1 == 0).all():
        return YEAR
    return SHARE if name.endswith("_share") and numbers.between(0, 1).all() else NUMBER


def _is(words: pd.Series, level: str) -> pd.Series:
    return words.eq(level).astype(float).where(words.notna())


def _numbers(words: pd.Series) -> pd.Series:
    return words.where(words.str.fullmatch(_NUMBER).eq(True)).astype(float)


def _years(words: pd.Series) -> pd.Series:
    dated = words.str.fullmatch(_DATE).eq(True)
    return _numbers(words.mask(dated, words.str[:4]))


def _yes_no(words: pd.Series) -> pd.Series:
    numbers = _numbers(words)
    return words.str.lower().map(_YES_NO).astype(float).fillna(numbers.where(numbers.isin([0, 1])))


_CODES: dict[str, Callable[[pd.Series], pd.Series]] = {NUMBER: _numbers, SHARE: _numbers, YEAR: _years, YES_NO: _yes_no}
