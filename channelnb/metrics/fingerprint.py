"""A hash of everything that is measured: another one as soon as any metric is."""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from functools import partial
from types import FunctionType

from channelnb.metrics.derived import DERIVED
from channelnb.metrics.registry import METRICS, Metric


def fingerprint(metrics: Iterable[Metric] | None = None) -> str:
    """The hash of metrics (all registered ones, when left out), of functions in their formulas, and of derived columns.

    It is the same in every process, so that what was measured once is found again.

    >>> fingerprint([METRICS["revenue"]]) == fingerprint([METRICS["revenue"]])
    True
    >>> fingerprint([METRICS["revenue"]]) == fingerprint([METRICS["win_rate"]])
    False
    """
    chosen = sorted(METRICS.values() if metrics is None else metrics, key=lambda metric: metric.name)
    return hashlib.sha256(repr([_plain(DERIVED), *map(_plain, chosen)]).encode()).hexdigest()


def _plain(value: object) -> object:
    """A value whose repr says all of it: that of a function is where it lies in memory, and nothing of what it does."""
    if isinstance(value, FunctionType):
        # Version 2 marks no shared objects, which depend on what else the process holds.
        code = marshal.dumps(value.__code__, 2)
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        return [value.__qualname__, code, _plain(value.__defaults__), _plain(value.__kwdefaults__), _plain(cells)]
    if isinstance(value, partial):
        return [_plain(value.func), _plain(value.args), _plain(value.keywords)]
    if is_dataclass(value):
        return [type(value).__name__, *(_plain(getattr(value, field.name)) for field in fields(value))]
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return [[_plain(key), _plain(item)] for key, item in value.items()]
    return value
