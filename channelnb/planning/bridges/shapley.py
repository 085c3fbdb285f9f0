"""The Shapley value: what each factor of a product adds to its change, whatever order they are taken in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import factorial

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def shapley(
    before: Sequence[Numbers], after: Sequence[Numbers], value: Callable[..., Numbers]
) -> list[npt.NDArray[np.float64]]:
    """What each factor adds to the change of a value from `before` to `after`: one array for each, in their order.

    Needs the factors of both times, and `value`, which takes one array for each factor and gives the value. A
    factor's part is what turning it from before to after adds, averaged over all orders in which the factors can be
    turned: so no order is preferred, the parts add up to the whole change, and a factor that stayed adds nothing.

    Source: Shapley, A Value for n-Person Games (1953); Shorrocks, Decomposition Procedures for Distributional
    Analysis (2013).

    >>> two, three, five = (np.array([number]) for number in (2.0, 3.0, 5.0))
    >>> [part.tolist() for part in shapley([two, three], [three, five], lambda count, size: count * size)]
    [[4.0], [5.0]]
    """
    size = len(before)
    at = {
        turned: value(*(new if one else old for one, old, new in zip(turned, before, after, strict=True)))
        for turned in product((False, True), repeat=size)
    }
    return [sum((weight * gain for weight, gain in _gains(at, place, size)), np.zeros(1)) for place in range(size)]


def _gains(at: dict[tuple[bool, ...], Numbers], place: int, size: int) -> list[tuple[float, Numbers]]:
    """What turning one factor adds, beside each choice of the others, and that choice's weight."""
    gains = []
    for turned, value in at.items():
        if not turned[place]:
            others = sum(turned)
            weight = factorial(others) * factorial(size - others - 1) / factorial(size)
            gains.append((weight, at[*turned[:place], True, *turned[place + 1 :]] - value))
    return gains
