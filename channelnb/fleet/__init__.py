"""Runs of many reports: planned, made in parallel, recorded, resumable."""
