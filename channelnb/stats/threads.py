"""One thread for sums on small data: several wait for each other ten times as long as they work."""

from __future__ import annotations

from contextlib import AbstractContextManager

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it has no types


def one_thread() -> AbstractContextManager[object]:
    """A context in which BLAS and OpenMP use one thread; results are then the same on any number of processors.

    >>> with one_thread():
    ...     1 + 1
    2
    """
    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits
