"""channelnb: one trustworthy report per partner per quarter, from the vendor's own exports."""

from importlib.metadata import version

__version__ = version("channelnb")
