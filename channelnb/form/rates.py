"""The form's protected sheets: what the page reckons with, and the plan by month that it makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from channelnb.form.form import SIDES, STATUSES, WAYS_SHOWN, Form, FormLine
from channelnb.form.layout import FIRST_LINE, MONTHS, PLAN, RATES, Layout
from channelnb.form.style import CENTS, MONEY, Formula, font, lock, put, write
from channelnb.planning.business.plan import COST_RATES, OWN_RATES, PERCENTAGE, SAMPLE
from channelnb.planning.business.profit import PAID_TO_PARTNER
from channelnb.planning.meeting.agenda import AREAS

IDENTITY = {"run": "B1", "partner_id": "B2", "edition": "B3", "months": "B4", "figures": "B5"}
"""The cells of the sheet of rates that say what the form is of."""

_YEARS, _READY, _FIRST_RATE = "CDE", "F", "G"
LISTS = ("ways", "statuses", "areas", "sides", "owners", "measures", "units", "nows")
_LIST_COLUMNS = dict(zip(LISTS, "PQRSTUVW", strict=True))
_FIRST_RAMP = 25
_REVENUE = "E"
"""The column of revenue on the sheet of months."""


def rate_names(form: Form) -> tuple[str, ...]:
    """The amounts that follow from revenue by a rate, as far as the form's edition may show them.

    >>> rate_names(Form("acme/2026Q3", "P1", "Ada", "Acme", "USD", "2026-09-30", "partner", "2026-10", 30, "", ()))
    ('rebate', 'incentives', 'mdf', 'resale_revenue')
    """
    shown = tuple(name for name in OWN_RATES if name != "discount")
    return shown + (COST_RATES if form.internal else ())


def list_range(form: Form, name: str) -> str:
    """Where a drop-down's entries stand, for the page's formulas.

    >>> form = Form("acme/2026Q3", "P1", "Ada", "Acme", "USD", "2026-09-30", "partner", "2026-10", 30, "", ())
    >>> list_range(form, "sides")
    'Rates!$S$8:$S$9'
    """
    column, size = _LIST_COLUMNS[name], len(_lists(form)[name])
    return f"{RATES}!${column}${FIRST_LINE}:${column}${FIRST_LINE + max(size, 1) - 1}"


def line_range(form: Form) -> str:
    """Where the names of the lines stand, for a drop-down."""
    return f"{RATES}!$A${FIRST_LINE}:$A${FIRST_LINE + len(form.lines) - 1}"


def ready(row: int) -> Formula:
    """Whether a line's choice and inputs are complete."""
    return Formula(f"{RATES}!{_READY}{row}")


def unfilled(form: Form) -> Formula:
    """How many lines lack a choice or an input."""
    return Formula(f"COUNTIF({RATES}!{_READY}{FIRST_LINE}:{_READY}{FIRST_LINE + len(form.lines) - 1},FALSE)")


def write_rates(sheet: Worksheet, form: Form) -> None:
    """Write the sheet of rates: what the form is of, each line's ramp and rates, its years, and the lists."""
    identity: tuple[str | int, ...] = (form.run_mark, form.partner_id, form.edition, form.months, form.digest)
    for (what, at), value in zip(IDENTITY.items(), identity, strict=True):
        write(sheet, f"A{at[1:]}", what.replace("_", " "), look=font(bold=True))
        write(sheet, at, value)
    write(sheet, "D1", "What the page reckons with. Nothing is to be filled in here.", look=font(italic=True))
    for letter, title in _titles(form).items():
        write(sheet, f"{letter}{FIRST_LINE - 1}", title, look=font(bold=True), wrap=True)
        sheet.column_dimensions[letter].width = 15
    for year in range(len(_YEARS)):
        for place, like in enumerate(form.lines):
            letter = get_column_letter(_FIRST_RAMP + year * len(form.lines) + place)
            write(sheet, f"{letter}{FIRST_LINE - 2}", f"share of a mature year in year {year + 1}, growing like")
            write(sheet, f"{letter}{FIRST_LINE - 1}", like.line, look=font(bold=True))
    for place, line in enumerate(form.lines):
        _line(sheet, form, line, FIRST_LINE + place)
    for name, entries in _lists(form).items():
        for place, entry in enumerate(entries):
            put(sheet, f"{_LIST_COLUMNS[name]}{FIRST_LINE + place}", entry)
    lock(sheet)


def _titles(form: Form) -> dict[str, str]:
    years = {letter: f"revenue of a whole year {year}" for year, letter in enumerate(_YEARS, 1)}
    rates = {_rate_letter(form, name): f"{name.replace('_', ' ')} per unit of revenue" for name in rate_names(form)}
    lists = {_LIST_COLUMNS[name]: f"list: {name}" for name in LISTS}
    return {"A": "line", "B": "last twelve months", **years, _READY: "filled in", **rates, **lists}


def _rate_letter(form: Form, name: str) -> str:
    return chr(ord(_FIRST_RATE) + rate_names(form).index(name))


def _lists(form: Form) -> dict[str, tuple[str, ...]]:
    told = form.measures
    measured = (tuple(m.label for m in told), tuple(m.unit for m in told), tuple(m.now for m in told))
    entries = (tuple(WAYS_SHOWN.values()), STATUSES, AREAS, SIDES, form.owners, *measured)
    return dict(zip(LISTS, entries, strict=True))


def _line(sheet: Worksheet, form: Form, line: FormLine, row: int) -> None:
    put(sheet, f"A{row}", line.line)
    put(sheet, f"B{row}", line.last_year, form=MONEY)
    for year, letter in enumerate(_YEARS):
        by_way = _year(form, row, year)
        put(sheet, f"{letter}{row}", Formula(f"IF({_READY}{row},ROUND({by_way},2),0)"), form=MONEY)
    put(sheet, f"{_READY}{row}", _complete(form, row))
    for name in rate_names(form):
        put(sheet, f"{_rate_letter(form, name)}{row}", line.rates.get(name), form="0.0000")
    for year in range(len(_YEARS)):
        for place, like in enumerate(form.lines):
            if like.line in line.ramps:
                letter = get_column_letter(_FIRST_RAMP + year * len(form.lines) + place)
                put(sheet, f"{letter}{row}", line.ramps[like.line][year], form="0.0000")


def _ramps(form: Form, row: int, year: int) -> str:
    """What each line's ramp is of a mature year, side by side in a row."""
    first = _FIRST_RAMP + year * len(form.lines)
    return f"${get_column_letter(first)}${row}:${get_column_letter(first + len(form.lines) - 1)}${row}"


def _chosen(form: Form, row: int) -> tuple[str, str, str, str]:
    page = Layout.of(form)
    way, first, second, like = (f"{PLAN}!{page.at(name, row)}" for name in ("way", "first", "second", "like"))
    # By EXACT, as MATCH would take the asterisk in a line's name for any text.
    return way, first, second, f"EXACT({_ramps(form, FIRST_LINE - 1, 0)},{like})"


def _by_way(way: str, percentage: str, sample: str, custom: str) -> str:
    return f'IF({way}="{WAYS_SHOWN[PERCENTAGE]}",{percentage},IF({way}="{WAYS_SHOWN[SAMPLE]}",{sample},{custom}))'


def _year(form: Form, row: int, year: int) -> str:
    way, first, second, same = _chosen(form, row)
    later = f'IF({second}="",{first},{second})'
    grown = f"B{row}*(1+{first}/100)*(1+{later}/100)^{year}"
    ramped = f"{first}*SUMPRODUCT({same}*{_ramps(form, row, year)})"
    return _by_way(way, grown, ramped, later if year else first)


def _complete(form: Form, row: int) -> Formula:
    way, first, second, same = _chosen(form, row)
    grown = f"AND(B{row}>0,{first}>-100,N({second})>-100)"
    ramped = f"AND({first}>=0,SUMPRODUCT({same}*ISNUMBER({_ramps(form, row, 0)}))=1)"
    custom = f"AND({first}>=0,N({second})>=0)"
    return Formula(f'IF(AND({way}<>"",ISNUMBER({first})),{_by_way(way, grown, ramped, custom)},FALSE)')


@dataclass(frozen=True)
class _Month:
    """A line's month on the sheet of months: its row, whose, when, and the share of its year by its end."""

    row: int
    place: int
    line: FormLine
    year: int
    when: str
    share: float
    first: bool


def _months(form: Form) -> Iterator[_Month]:
    row = count(2)
    for place, line in enumerate(form.lines):
        for year in range(form.years):
            for month, share in enumerate(form.shares_so_far(line, year)):
                when = str(form.span[12 * year + month])
                yield _Month(next(row), place, line, year, when, share, first=month == 0)


def write_months(sheet: Worksheet, form: Form) -> None:
    """Write the sheet of months: one row for each line and month, its amounts by the formulas of the plan."""
    names = [name.replace("_", " ") for name in rate_names(form)]
    heads = ["line", "month", "year", "share of the year so far", "revenue", *names, "partner profit"]
    for place, title in enumerate([*heads, *(["vendor profit"] if form.internal else [])], start=1):
        letter = get_column_letter(place)
        write(sheet, f"{letter}1", title, look=font(bold=True), wrap=True)
        sheet.column_dimensions[letter].width = 16
    for month in _months(form):
        row = month.row
        put(sheet, f"A{row}", month.line.line)
        put(sheet, f"B{row}", month.when)
        put(sheet, f"C{row}", month.year + 1)
        put(sheet, f"D{row}", month.share, form="0.0000")
        for letter, formula in _amounts(form, month).items():
            put(sheet, f"{letter}{row}", Formula(f"ROUND({formula},2)"), form=CENTS)
    sheet.freeze_panes = "C2"
    lock(sheet)


def _amounts(form: Form, month: _Month) -> dict[str, str]:
    """The formula of each amount of a month that is known, by its column."""
    row, rates = month.row, month.line.rates
    of_year = f"{RATES}!{_YEARS[month.year]}{FIRST_LINE + month.place}"
    before = "" if month.first else f"-ROUND({of_year}*D{row - 1},2)"
    letters = {name: chr(ord(_REVENUE) + at) for at, name in enumerate(rate_names(form), start=1)}
    found = {_REVENUE: f"ROUND({of_year}*D{row},2){before}"}
    for name in letters.keys() & rates.keys():
        found[letters[name]] = f"{_REVENUE}{row}*{RATES}!{_rate_letter(form, name)}{FIRST_LINE + month.place}"
    paid = "+".join(f"{letters[name]}{row}" for name in PAID_TO_PARTNER)
    partner, vendor = (chr(ord(_REVENUE) + len(letters) + at) for at in (1, 2))
    if "resale_revenue" in rates:
        found[partner] = f"{letters['resale_revenue']}{row}-{_REVENUE}{row}+{paid}"
    if form.internal and "cost" in rates:
        found[vendor] = f"{_REVENUE}{row}-{letters['cost']}{row}-({paid})-{letters['cost_to_serve']}{row}"
    return found


def month_column(form: Form, name: str) -> str:
    """The letter of an amount's column on the sheet of months: revenue, partner or vendor (profit)."""
    place = {"revenue": 0, "partner": len(rate_names(form)) + 1, "vendor": len(rate_names(form)) + 2}
    return f"{MONTHS}!{chr(ord(_REVENUE) + place[name])}"
