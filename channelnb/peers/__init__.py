"""Peers: whom a partner is compared with, what may be said of them, and how sure one is of its place among them."""

from channelnb.peers.compare import compare
from channelnb.peers.groups import headcount_levels, levels
from channelnb.peers.others import quantile_of_others

__all__ = ["compare", "headcount_levels", "levels", "quantile_of_others"]
