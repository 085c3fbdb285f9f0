"""Metrics: parts, registry, fold and measure; importing it registers the catalogue."""

from channelnb.metrics import activity, capability, effectiveness, performance

__all__ = ["activity", "capability", "effectiveness", "performance"]
