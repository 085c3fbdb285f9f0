"""Promises of both sides: scored from the data, and proposed anew."""
