"""Firms of one owner: it knows the figures of all of them, so they count as one, and are not each other's others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from channelnb.peers.others import Others, others_of

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Owners:
    """The other owners in each firm's group: how many, and the share of the largest of them in what all have."""

    count: Places
    largest_share: Numbers


def by_owner(values: Numbers, code: Places, member: Flags, owner: Places) -> Owners:
    """The other owners in the group of each firm.

    Needs one entry per firm, as `others_of` does, and the number of its owner.

    >>> group, there = np.zeros(4, int), np.ones(4, bool)
    >>> owners = by_owner(np.array([1.0, 2.0, 3.0, 9.0]), group, there, np.array([0, 0, 1, 2]))
    >>> owners.count.tolist(), owners.largest_share.tolist()
    ([2, 2, 2, 2], [0.75, 0.75, 0.75, 0.5])
    """
    pairs, of = np.unique(np.column_stack([code, owner]), axis=0, return_inverse=True)
    of = of.reshape(-1)
    sums = np.bincount(of, np.where(member, np.abs(values), 0.0), minlength=len(pairs)).astype(np.float64)
    there = np.bincount(of, member, minlength=len(pairs)) > 0
    others = others_of(sums, pairs[:, 0], there)
    return Owners(others.count[of], others.largest_share()[of])


def without_its_own(others: Others, owner: Places, firm: int) -> Others:
    """The others of one firm, the last entry of the result, without those of its owner.

    >>> three = others_of(np.array([1.0, 2.0, 9.0]), np.zeros(3, int), np.ones(3, bool))
    >>> without_its_own(three, np.array([0, 0, 1]), 1).mean().tolist()[-1]
    9.0
    """
    rest = np.flatnonzero(others.member & (others.code == others.code[firm]) & (owner != owner[firm]))
    chosen = np.append(rest, firm)
    return others_of(others.values[chosen], np.zeros(len(chosen), dtype=np.intp), others.member[chosen])
