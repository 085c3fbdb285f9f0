"""Tables: great-tables builds them, the page's one style sheet dresses them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from itertools import groupby
from typing import Any

import pandas as pd
import pyarrow as pa
from great_tables import GT

from channelnb.errors import ColumnsMissing, NotUsable, unknown
from channelnb.fiscal import day_text
from channelnb.narrative.facts import Fact
from channelnb.narrative.figures import Markup, text_of
from channelnb.report.blocks import safe, said
from channelnb.report.shown import Shown

UNITS = ("text", "money", "share", "index", "points", "count", "number", "date")
_NONE = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"
_ID = re.compile(r"[a-z][a-z0-9-]*")
_TAG = re.compile(r"<(?:table|thead|tbody|tr|th|td)\b[^>]*>")
# What great-tables adds for Quarto and for its own style sheet; `scope` says already what heads a cell.
_SPARE = re.compile(
    r' (?:data-quarto-[a-z-]+|headers|rowspan|colspan|id)="[^"]*"'
    r"|\bgt_(?:row|left gt_stub|stub|col_headings?|columns_bottom_border|table(?:_body)?)\b ?"
)
_ALIGNED = re.compile(r' class="gt_(?:left|right)"')
# Its indents too, of which a page would hold thousands.
_INDENT = re.compile(r"\s+(?=</?(?:table|thead|tbody|tr|th|td)\b)")


@dataclass(frozen=True)
class ColumnFormat:
    """How a column is shown: its heading, and the unit of what stands below it.

    A unit is text, money, share, index, points, count, number or date. Neighbours of one `group` stand under a
    heading of their own, with a line before the first.
    """

    label: str
    unit: str = "text"
    group: str = ""

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise unknown("unit", self.unit, UNITS, where=f"column {self.label!r}")


@dataclass(frozen=True)
class Scale:
    """The power of ten and the decimals that all numbers of a column share, so that they can be compared by eye."""

    power: int = 0
    decimals: int = 0
    unit: str = ""

    def text(self, value: float | Decimal) -> str:
        """A number on this scale, without its unit.

        >>> Scale(power=3, unit="USD k").text(1_234_500), Scale(-2, 1, "%").text(-0.0725)
        ('1,235', '−7.3')
        """
        # Half up on the shortest decimal, as in figures.py: a table and a sentence must not differ by rounding.
        scaled = Decimal(str(value)).scaleb(-self.power)
        exact = scaled.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)
        return f"{_MINUS}{-exact:,}" if exact < 0 else f"{abs(exact):,}"


def table(
    frame: pd.DataFrame,
    *,
    id: str,
    columns: Mapping[str, ColumnFormat],
    caption: str = "",
    currency: str = "",
    facts: Iterable[Fact] = (),
) -> Shown:
    """A table of the named columns, in their order; the first one heads the rows.

    A cell is a value, a `Fact` (kept as one of what is shown), or markup made by this package; all
    else is escaped. Money shares one scale per column, and units stand in the heading.

    >>> frame = pd.DataFrame({"line": ["Networks"], "revenue": [1234.0]})
    >>> formats = {"line": ColumnFormat("Line"), "revenue": ColumnFormat("Revenue", "money")}
    >>> table(frame, id="lines", columns=formats, currency="USD").text
    'Line\\tRevenue (USD)\\nNetworks\\t1,234'
    """
    if not _ID.fullmatch(id):
        raise NotUsable(f"the table's id is {id!r}; use small letters, digits and dashes.")
    if absent := [name for name in columns if name not in frame]:
        raise ColumnsMissing(f"the table {id!r} lacks {absent}; it has {list(frame.columns)}.")
    money = money_scales(
        {name: frame[name] for name, form in columns.items() if form.unit == "money"}, currency=currency
    )
    scales = {name: money.get(name, scale_of(form.unit)) for name, form in columns.items()}
    cells = {
        name: [cell(value, unit=form.unit, scale=scales[name], currency=currency) for value in frame[name]]
        for name, form in columns.items()
    }
    heads = {name: (form.label, scales[name].unit) for name, form in columns.items()}
    stated = [fact for name in columns for value in frame[name] for fact in _stated(value)]
    rows = zip(*([cell.text for cell in column] for column in cells.values()), strict=True)
    lines = ["\t".join(f"{label} ({unit})" if unit else label for label, unit in heads.values()), *map("\t".join, rows)]
    return Shown(_html(cells, heads, columns, id=id, caption=caption), (*facts, *stated), "\n".join(lines))


def _stated(value: Any) -> tuple[Fact, ...]:
    if isinstance(value, Shown):
        return value.facts
    return (value,) if isinstance(value, Fact) else ()


def _html(
    cells: Mapping[str, list[Markup]],
    heads: Mapping[str, tuple[str, str]],
    columns: Mapping[str, ColumnFormat],
    *,
    id: str,
    caption: str,
) -> str:
    """The table in a box of its own that scrolls; names of columns never become ids."""
    names = {name: f"c{number}" for number, name in enumerate(columns)}
    first, *others = names.values()
    shown = pa.table({names[name]: [cell.html for cell in column] for name, column in cells.items()})
    figures = [names[name] for name, form in columns.items() if form.unit != "text" and names[name] != first]
    with warnings.catch_warnings():
        # great-tables writes cell by cell, which takes four times as long in a pandas frame; of Arrow it only warns
        # that it is new to it.
        warnings.filterwarnings("ignore", "PyArrow Table support", UserWarning)
        built = (
            GT(shown, id=id, rowname_col=first)
            .fmt(_as_it_is, columns=list(names.values()))
            .tab_stubhead(first)
            .cols_align("left", columns=others)
            .cols_align("right", columns=figures)
        ).as_raw_html()
    inner = _INDENT.sub("", _TAG.sub(_bare, built[built.index("<table") : built.rindex("</table>")])).rstrip()
    spans, over = _groups(list(columns.values()))
    inner = inner.replace("<thead>", f"{spans}<thead>{over}", 1)
    # Most cells of a table of figures are figures: those that are not say so.
    cells_of = {' class="gt_right"': "", ' class="gt_left"': ' class="text"' if figures else ""}
    inner = _ALIGNED.sub(lambda found: cells_of[found[0]], inner)
    opening = '<table class="figures">' if figures else "<table>"
    inner = inner.replace("<table>", f"{opening}<caption>{escape(caption)}</caption>" if caption else opening, 1)
    for name, head in heads.items():
        # Put in afterwards: great-tables would read braces in a label as the notation of a unit.
        inner = inner.replace(f">{names[name]}</th>", f">{_heading(*head)}</th>", 1)
    label = escape(caption or heads[next(iter(columns))][0])
    kind = "table grouped" if spans else "table"
    return f'<div class="{kind}" id="{id}" role="group" tabindex="0" aria-label="{label}">{inner}</table></div>'


def _groups(formats: list[ColumnFormat]) -> tuple[str, str]:
    """The groups of columns, and the line of headings over them; nothing where no column is in a group.

    >>> _groups([ColumnFormat("Line"), ColumnFormat("Plan")])
    ('', '')
    """
    if not any(form.group for form in formats):
        return "", ""
    found = [(name, len(list(forms))) for name, forms in groupby(formats, key=lambda form: form.group)]
    spans = (f'<colgroup class="{"group" if name else "heads"}">{"<col>" * size}</colgroup>' for name, size in found)
    heads = (
        f'<th scope="colgroup" colspan="{size}">{escape(name)}</th>' if name else "<td></td>" * size
        for name, size in found
    )
    return "".join(spans), f'<tr class="groups">{"".join(heads)}</tr>'


def _bare(tag: re.Match[str]) -> str:
    return _SPARE.sub("", tag[0]).replace(' "', '"').replace(' class=""', "")


def _as_it_is(cell: str) -> str:
    # A formatter's result is taken as safe HTML by great-tables; _cell has made it so.
    return cell


def _heading(label: str, unit: str) -> str:
    return escape(label) + (f' <span class="unit">{escape(unit)}</span>' if unit else "")


def cell(value: Any, *, unit: str, scale: Scale, currency: str = "") -> Markup:
    """What stands in a cell: a fact with its exact value and id, markup of ours as it is, all else escaped.

    >>> cell(Fact("revenue", "2026Q3", 1234.5, unit="money"), unit="money", scale=Scale()).html
    '<data value="1234.5" data-fact="revenue||2026Q3|actual">1,235</data>'
    """
    if isinstance(value, Markup | Shown):
        return Markup(safe(value), said(value))
    if isinstance(value, Fact):
        text = scale.text(value.value) if value.known and value.value is not None else text_of(value, currency)
        exact = "" if value.value is None else repr(value.value)
        return Markup(f'<data value="{exact}" data-fact="{escape(value.id)}">{escape(text)}</data>', text)
    text = _value_text(value, unit, scale)
    if unit not in ("text", "date") and isinstance(value, int | float | Decimal) and value == value:
        # What is no fact, such as minutes of an agenda, has its exact value beside it all the same.
        return Markup(f'<data value="{value}">{escape(text)}</data>', text)
    return Markup(escape(text), text)


def _value_text(value: Any, unit: str, scale: Scale) -> str:
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value):
        return _NONE
    if unit == "text" or isinstance(value, str):
        return str(value)
    if unit == "date":
        return day_text(value.isoformat()) if isinstance(value, date) else str(value)
    return scale.text(value)


def _sizes(values: Iterable[Any]) -> list[float]:
    plain = (value.value if isinstance(value, Fact) else value for value in values)
    return [abs(float(value)) for value in plain if isinstance(value, int | float | Decimal) and value == value]


def _money(sizes: Iterable[float], currency: str) -> Scale:
    """The scale of these amounts: the coarsest on which none of them shows as zero."""
    found = [size for size in sizes if size]
    largest = max(found, default=0.0)
    for limit, power, decimals, word in ((1e8, 6, 1, "m"), (1e5, 3, 0, "k")):
        # What is less than one of the currency may show as zero: else a rest of cents would write out millions.
        lost = any(1 <= size < 10.0 ** (power - decimals) / 2 for size in found)
        if largest >= limit and not lost:
            return Scale(power, decimals, f"{currency} {word}".strip())
    return Scale(0, 0 if largest >= 100 or not largest else 2, currency)


def money_scales(columns: Mapping[str, Iterable[Any]], *, currency: str) -> dict[str, Scale]:
    """The scales of a table's columns of money: one for all, save those in which it would leave less than two digits.

    No amount shows as zero, unless it is less than one of the currency.

    >>> scales = money_scales({"revenue": [2_000_000.0], "plan": [90_000.0], "fee": [120.0]}, currency="USD")
    >>> [scale.unit for scale in scales.values()]
    ['USD k', 'USD k', 'USD']
    >>> money_scales({"cost": [2_000_000.0, 240.0]}, currency="USD")["cost"].unit
    'USD'
    """
    sizes = {name: _sizes(values) for name, values in columns.items()}
    largest = {name: max(found, default=0.0) for name, found in sizes.items()}
    first = _money([max(largest.values(), default=0.0)], currency)
    least = 10.0 ** (first.power - first.decimals + 1)
    own = {name: found for name, found in sizes.items() if 0 < largest[name] < least}
    shared = _money((size for name, found in sizes.items() if name not in own for size in found), currency)
    return {name: _money(own[name], currency) if name in own else shared for name in sizes}


def scale_of(unit: str) -> Scale:
    """The scale of a column that does not hold money.

    >>> scale_of("share").text(0.8405)
    '84.1'
    """
    points = Scale(0, 1, "points")
    fixed = {"share": Scale(-2, 1, "%"), "index": Scale(0, 1, "×"), "points": points, "number": Scale(0, 2)}
    return fixed.get(unit, Scale())
