"""Where each figure of a page comes from: what is written beside it in the HTML, and the list at the page's end."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from html import escape, unescape
from typing import Any

from channelnb.metrics.known import kept_back
from channelnb.narrative.counted import INTERNAL
from channelnb.narrative.described import Origin, Role, origin_of, role_of
from channelnb.numbers import range_text
from channelnb.report.page import PARTNER
from channelnb.report.style import TEMPLATES

SCRIPT = TEMPLATES / "channelnb_report" / "figures.js"

_FIGURE = re.compile(r'<data value="[^"]*" data-fact="([^"]*)"')


@dataclass(frozen=True)
class Origins:
    """What a page needs to tell where its figures come from: the list, and the script that shows it beside a figure."""

    metrics: tuple[tuple[str, Origin], ...]
    roles: tuple[tuple[str, Role], ...]
    script: str
    script_hash: str


def noted(html: str, facts: Mapping[str, Mapping[str, Any]]) -> str:
    """Safe HTML with the number of cases and the interval of each figure beside its id.

    >>> facts = {"win_rate||2026Q3|actual": {"n": 20, "low": 0.3, "high": 0.5, "unit": "share"}}
    >>> noted('<data value="0.4" data-fact="win_rate||2026Q3|actual">40 %</data>', facts)
    '<data value="0.4" data-fact="win_rate||2026Q3|actual" data-n="20" data-range="30 to 50 %">40 %</data>'
    """

    def beside(found: re.Match[str]) -> str:
        fact = facts.get(unescape(found[1]), {})
        cases = "" if fact.get("n") is None else f' data-n="{fact["n"]:,}"'
        return found[0] + cases + _range(fact)

    return _FIGURE.sub(beside, html)


def _range(fact: Mapping[str, Any]) -> str:
    low, high = fact.get("low"), fact.get("high")
    # An interval without width tells of cases that are all alike.
    if low is None or low == high:
        return ""
    return f' data-range="{escape(range_text(low, high, fact["unit"], ""))}"'


def origins(html: Iterable[str], *, edition: str) -> Origins | None:
    """The origins of all figures in some HTML; None where there is no figure.

    In a partner's edition nothing is told of what the vendor keeps to itself.

    >>> found = origins(['<data value="5.0" data-fact="revenue||2026Q3|plan">5</data>'], edition="partner")
    >>> [name for name, _ in found.metrics], [(name, role.means) for name, role in found.roles]
    (['revenue'], [('plan', 'as planned')])
    """
    ids = sorted({unescape(name) for part in html for name in _FIGURE.findall(part)})
    if not ids:
        return None
    # The metric that cases are counted of, or an interval is of, stands in the grain.
    of = {value for name in ids for key, _, value in map(_pair, name.split("|")[1].split(",")) if key == "of"}
    names = {name.partition("|")[0] for name in ids} | of
    hidden = {*INTERNAL, *kept_back(names)} if edition == PARTNER else set()
    roles = sorted({name.rpartition("|")[2] for name in ids})
    script, script_hash = _script()
    return Origins(
        tuple((name, origin_of(name)) for name in sorted(names - hidden)),
        tuple((role, role_of(role)) for role in roles if role_of(role).means),
        script,
        script_hash,
    )


def _pair(text: str) -> tuple[str, str, str]:
    return text.partition("=")


@cache
def _script() -> tuple[str, str]:
    lines = map(str.strip, SCRIPT.read_text(encoding="utf-8").splitlines())
    # Every page holds it: comments and indents stay behind.
    script = "\n".join(line for line in lines if line and not line.startswith("//"))
    return script, b64encode(sha256(script.encode()).digest()).decode("ascii")
