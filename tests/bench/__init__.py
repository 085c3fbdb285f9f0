"""Benchmarks: what channelnb does beside a hand-written peer that does the same; `make bench` runs them."""
