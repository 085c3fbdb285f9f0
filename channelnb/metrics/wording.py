"""A metric in words: what it is, its formula and the keys that it can be measured by, worked out from its parts."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from channelnb.book.contract import FLAG, ID, QUARTER, TEXT, YEAR
from channelnb.book.tables import CONTRACT
from channelnb.metrics.derived import DERIVED
from channelnb.metrics.keys import DESCRIBES, TIME_KEYS, references
from channelnb.metrics.known import needed_by, reads_of
from channelnb.metrics.parts import (
    STOCKS,
    Amount,
    Composed,
    Formula,
    Median,
    Part,
    Ratio,
    Side,
    Spread,
    Window,
    contract_table,
    terms,
)
from channelnb.metrics.registry import Metric

ASKED = "asked of the partner"
_BY_GROUPS = (ID, TEXT, FLAG, YEAR, QUARTER)
"""Kinds of columns that make groups: nobody measures by an amount or a date."""
_ADDED = ("group_id", "original_partner_id", "original_currency")
"""Keys that a book works out. Amounts are in one currency: by `currency` there is but one group."""


def first_sentence(about: str) -> str:
    """What a metric is, in the one sentence with which its text begins.

    >>> first_sentence("Share of leads that were accepted,\\nof those given. Late ones read low.\\n\\nSource: none.")
    'Share of leads that were accepted, of those given.'
    """
    paragraph = " ".join(about.partition("\n\n")[0].split())
    sentence, end, _ = paragraph.partition(". ")
    return sentence + end.rstrip()


def told(metric: Metric) -> Iterator[tuple[str, str]]:
    """What there is to tell of a metric beside its meaning, by name; several things stand on a line each.

    >>> from channelnb.metrics.registry import find
    >>> dict(told(find("win_rate")))["needs"]
    'opportunities: outcome, closed_on'
    """
    yield "formula", "\n".join(formula_words(metric.formula))
    yield "unit", unit_words(metric)
    yield "better", metric.better
    yield "category", metric.category
    yield "data", ASKED if metric.asked else "from the vendor's own systems"
    if metric.at_least:
        yield "cases", f"with fewer than {metric.at_least} it is called too few to say"
    yield "when none", metric.absent
    yield "needs", "\n".join(needs_words(metric))
    keys = keys_of(metric).items()
    yield "by", "\n".join(f"{owner}: {', '.join(found)}" if owner else ", ".join(found) for owner, found in keys)


def unit_words(metric: Metric) -> str:
    """The unit of a metric as people write it.

    >>> from channelnb.metrics.registry import find
    >>> unit_words(find("revenue_per_employee"))
    'money per head'
    """
    return metric.unit.replace("_", " ")


def formula_words(formula: Formula) -> list[str]:
    """A formula in words, a line for each part.

    >>> from channelnb.metrics.registry import find
    >>> for line in formula_words(find("win_rate").formula):
    ...     print(line)
    the number of rows of opportunities where outcome = 'won', dated by closed_on within the period itself
    ÷ the number of rows of opportunities where outcome IN ('won', 'lost'), dated by closed_on within the period itself
    """
    match formula:
        case Amount(value):
            return _side(value)
        case Ratio(numerator, denominator):
            above, (first, *rest) = _side(numerator), _side(denominator)
            return [*above, f"÷ {first}", *rest]
        case Median(cases):
            censored = "; what is not over counts as longer than it has lasted" if cases.until else ""
            return [f"the median of {part_words(cases)}{censored}"]
        case Spread(part, figure):
            return [f"{_named(figure)}, over entities one by one, of", part_words(part)]
        case Composed(figure, parts):
            return [f"{_named(figure)}, worked out from", *(part_words(part) for part in parts)]


def _side(side: Side) -> list[str]:
    return [
        f"{'' if place == 0 and sign > 0 else '+ ' if sign > 0 else '− '}{part_words(part)}"
        for place, (sign, part) in enumerate(terms(side))
    ]


def _named(figure: Callable[..., Any]) -> str:
    """What a function of a formula works out: the first line of its docstring, else its name."""
    function = figure.func if isinstance(figure, partial) else figure
    said = (inspect.getdoc(function) or "").partition("\n")[0].rstrip(".")
    name = str(getattr(function, "__name__", "<figure>"))
    return said or ("a figure" if name.startswith("<") else name.strip("_").replace("_", " "))


def part_words(part: Part) -> str:
    """One part in words: what is added up, of which rows, and the dates that count.

    >>> from channelnb.metrics.parts import total
    >>> part_words(total("sales", "revenue", at="sold_on", where="is_revenue"))
    'the sum of revenue of sales where is_revenue, dated by sold_on within the period itself'
    """
    where = f" where {part.where}" if part.where else ""
    return f"{_aggregate(part)} of {part.table}{where}{_dated(part)}{_limits(part)}"


def _aggregate(part: Part) -> str:
    each = f", {'once ' if part.aggregate == 'once' else ''}for each {part.per}," if part.per else ""
    words = {
        "sum": f"the sum of {part.of}",
        "count": "the number of rows",
        "distinct": f"the number of different {part.of}",
        "once": f"the sum of {part.of}",
        "each": f"the sum of {part.of}",
        "days_since": "the days since the last row",
        "cases": f"{part.of} of each row",
        "days": f"the days from {part.at} to {part.until} of each row",
        "hours": f"the hours from {part.at} to {part.until} of each row",
    }
    return words.get(part.aggregate, f"the {part.aggregate} of {part.of}") + each


def _dated(part: Part) -> str:
    if part.window in STOCKS:
        since = f"begun by {part.at}" if part.at else "there all along"
        ended = f" and not ended by {part.until}" if part.until else ""
        return f", {since}{ended} on {part.window.value}"
    return f", dated by {part.at} within {part.window.value}"


def _limits(part: Part) -> str:
    entity = part.per or part.of
    said = [
        f"only a {entity} found within {part.also_in.value} too" if part.also_in else "",
        f"only a {entity} not found within {part.not_in.value}" if part.not_in else "",
        f"of each {entity} no more than within {part.at_most_in.value}" if part.at_most_in else "",
        "of a running month as large a part as has gone by" if part.to_date else "",
        f"not split by {', '.join(part.across)}" if part.across else "",
        f"not told by {' or '.join(part.whole)}" if part.whole else "",
        "nothing where the source gives no such data" if part.optional else "",
    ]
    return "".join(f"; {words}" for words in said if words)


def formula_in_short(formula: Formula) -> str:
    """A formula as it stands beside a figure: what is divided by what, and over which time unless it is the period.

    >>> from channelnb.metrics.registry import find
    >>> formula_in_short(find("attainment").formula)
    'sum of revenue of sales ÷ sum of target_revenue of plans_in_force'
    >>> formula_in_short(find("required_coverage").formula).rpartition(", ")[2]
    'in the twelve months that end with the period'
    """
    parts = _parts(formula)
    windows = {part.window for part in parts}

    def short(part: Part) -> str:
        kept = _plainly(part.where)
        where = f" where {kept}" if kept else ""
        counted = f"number of {part.table}" if part.aggregate == "count" else f"{_aggregate(part)} of {part.table}"
        return f"{counted}{where}".removeprefix("the ") + (f" {_window(part)}" if len(windows) > 1 else "")

    def side(terms_of: Side, *, whole: bool) -> str:
        first, *others = terms(terms_of)
        said = " ".join([short(first[1]), *(f"{'+' if sign > 0 else '−'} {short(part)}" for sign, part in others)])
        return f"({said})" if others and not whole else said

    match formula:
        case Amount(value):
            said = side(value, whole=True)
        case Ratio(numerator, denominator):
            said = f"{side(numerator, whole=False)} ÷ {side(denominator, whole=False)}"
        case Median(cases):
            said = f"median of {short(cases)}"
        case Spread(part, figure):
            said = f"{_named(figure)}, of {short(part)}"
        case Composed(figure, _):
            said = _named(figure)
    return said if len(windows) > 1 or windows == {Window.PERIOD} else f"{said}, {_window(parts[0])}"


def _plainly(where: str) -> str:
    """A filter as people read it; that a sale is revenue, and no sell-through beside a sell-in, goes without saying.

    >>> _plainly("is_revenue AND cost IS NOT NULL"), _plainly("outcome IN ('won', 'lost')"), _plainly("is_revenue")
    ('cost is known', "outcome in 'won', 'lost'", '')
    """
    kept = " and ".join(term for term in where.split(" AND ") if term not in ("is_revenue", "true", ""))
    kept = re.sub(r" IN \(([^()]*)\)", r" in \1", kept)
    for code, word in (
        (" IS NOT NULL", " is known"),
        (" IS NULL", " is not known"),
        (" OR ", " or "),
        ("NOT ", "not "),
    ):
        kept = kept.replace(code, word)
    return kept


def _parts(formula: Formula) -> list[Part]:
    match formula:
        case Amount(value):
            return [part for _, part in terms(value)]
        case Ratio(numerator, denominator):
            return [part for side in (numerator, denominator) for _, part in terms(side)]
        case Median(part) | Spread(part, _):
            return [part]
        case Composed(_, parts):
            return list(parts)


def _window(part: Part) -> str:
    # What holds of a running period stands in the whole formula.
    return f"{'on' if part.window in STOCKS else 'in'} {part.window.value.partition(',')[0]}"


def needs_words(metric: Metric) -> list[str]:
    """The tables that a metric needs, each with the columns of it that it reads.

    >>> from channelnb.metrics.registry import find
    >>> needs_words(find("win_rate"))
    ['opportunities: outcome, closed_on']
    """
    found: dict[str, list[str]] = {}
    for table, _, column in (name.partition(".") for name in reads_of(metric)):
        found.setdefault(table, []).append(column)
    given = {contract_table(part.table) for part in metric.parts if part.optional} - {*needed_by(metric)}
    return [
        f"{table}: {', '.join(columns)}{' (where the source gives it)' if table in given else ''}"
        for table, columns in found.items()
    ]


def keys_of(metric: Metric) -> dict[str, list[str]]:
    """The keys that every part of a metric can be measured by, by whose they are: "" the rows' own, or a table's.

    They are those of the contract: a column that a source gives beyond it is a key, too.

    >>> from channelnb.metrics.registry import find
    >>> keys = keys_of(find("attainment"))
    >>> keys[""][:3], keys["partners"][:2]
    (['month', 'quarter', 'year'], ['partners.name', 'channel'])
    """
    first, *others = dict.fromkeys(contract_table(part.table) for part in metric.parts)
    accepted = [_spellings(table) for table in others]
    found: dict[str, list[str]] = {"": list(TIME_KEYS)}
    for key, owner in _shown(first).items():
        if all(key in one for one in accepted):
            found.setdefault(owner, []).append(key)
    return found


def _shown(table: str) -> dict[str, str]:
    """The keys of a table's rows, as `measure` takes them, and the table that each belongs to."""
    own = dict.fromkeys(_groups(table), "")
    referred = [(key, other) for other in _referred(table) for key in _groups(other)]
    plain = [key for key, _ in referred]
    return own | {
        key if key not in own and plain.count(key) == 1 else f"{other}.{key}": other
        for key, other in referred
        # What the row itself says of partner, person or customer comes first.
        if key not in own or not key.endswith("_id")
    }


def _spellings(table: str) -> set[str]:
    """Every way to name a key of a table's rows."""
    qualified = {f"{other}.{key}" for other in _referred(table) for key in _groups(other)}
    own = {f"{name}.{key}" for name in (table, DESCRIBES.get(table, table)) for key in _groups(table)}
    return {*_shown(table), *qualified, *own}


def _groups(table: str) -> list[str]:
    """The columns of a table that make groups: the contract's, a book's, and those derived under names of such ones."""
    found = [*_grouping(table), *(name for name in _ADDED if name in CONTRACT[table].added)]
    return [*found, *(name for name in DERIVED.get(table, {}) if any(name in _grouping(other) for other in CONTRACT))]


def _grouping(table: str) -> list[str]:
    columns = CONTRACT[table].columns
    return [column.name for column in columns if column.kind in _BY_GROUPS and column.name != "currency"]


def _referred(table: str) -> list[str]:
    return list(dict.fromkeys(references(table).values()))
