"""Statistics that figures go through, one idea a module."""

from channelnb.stats.rates import wilson

__all__ = ["wilson"]
