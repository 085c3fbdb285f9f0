"""A make-believe vendor with a known truth, the same bytes for the same seed."""

from channelnb.book.sample.write import write_sample

__all__ = ["write_sample"]
