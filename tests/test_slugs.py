"""Folder names made of ids."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channelnb.fleet.slugs import slug

RESERVED = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))}


@pytest.mark.parametrize(
    "identity, stem",
    [
        ("P0042", "P0042"),
        ("..", "id"),
        ("../../etc/passwd", "etc-passwd"),
        ("a\\b:c*d?e", "a-b-c-d-e"),
        ("-rf", "rf"),
        ("CON", "CON"),
        ("Müller & Søn", "Muller-Sn"),
        ("東京", "id"),
        ("", "id"),
        ("line\nbreak\0", "line-break"),
        ("x" * 300, "x" * 40),
        ("\ud800", "id"),
    ],
)
def test_keeps_letters_digits_and_dashes(identity, stem):
    name = slug(identity)
    assert re.fullmatch(rf"{re.escape(stem)}-[0-9a-f]{{10}}", name), name


@given(st.text())
def test_is_a_safe_name_whatever_the_id(identity):
    name = slug(identity)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", name)
    assert len(name) <= 60
    assert name.casefold() not in RESERVED


@pytest.mark.parametrize(
    "one, other", [("p1", "P1"), ("P 1", "P-1"), ("007", "7"), ("Straße", "strasse"), ("a", "a "), ("東", "京")]
)
def test_tells_twins_apart_even_where_case_does_not_count(one, other):
    assert slug(one).casefold() != slug(other).casefold()


def test_is_the_same_in_every_run():
    assert slug("P0042") == "P0042-46b6966bfc"
