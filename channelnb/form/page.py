"""The form's page: what it is of, the table of lines with what their plan comes to, and what is said below."""

from __future__ import annotations

from openpyxl.formatting.rule import FormulaRule, Rule
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from channelnb.form.form import WAYS_SHOWN, Form
from channelnb.form.layout import FILLED_BY, FIRST_LINE, STATUS, Layout
from channelnb.form.rates import line_range, list_range, month_column, ready, unfilled
from channelnb.form.style import (
    ALARM,
    BOX,
    HEAD,
    MONEY,
    QUIET,
    SHARE,
    TOTAL,
    UNDER,
    Formula,
    alarm,
    dress,
    font,
    growth_format,
    idle,
    open_for_input,
    write,
)  # fmt: skip
from channelnb.planning.business.plan import CUSTOM, PERCENTAGE, SAMPLE
from channelnb.planning.business.versions import DRAFT

HIGHEST_GROWTH = 300
"""In per cent: what grows by more is planned by figures of its own, and a slip such as 105 for 10.5 is seen."""

_WIDTHS = {"line": 16, "to_do": 21, "way": 16, "hint": 21, "like": 13, "change": 9}
_HINTS = {
    PERCENTAGE: "growth in %: first year, each later year",
    SAMPLE: "revenue of a mature year; a line to grow like",
    CUSTOM: "revenue: first year, each later year",
}

_UNHIDE = (
    " The plan by month, and the rates, are on hidden sheets: right-click the tab of this one, and choose Unhide "
    "(Excel) or Show Sheet (LibreOffice)."
)


def write_head(sheet: Worksheet, form: Form) -> None:
    """Write what the form is of, what to do with it, and the cells for who filled it in and its status."""
    page = Layout.of(form)
    last = page.last
    span = f"{form.span[0].strftime('%B %Y')} to {form.span[-1].strftime('%B %Y')}"
    inside = " INTERNAL, not for the partner: it shows the vendor's margins." if form.internal else ""
    _across(sheet, f"A1:{last}1", f"Business plan of {form.partner} with {form.vendor}, {span}", size=18, bold=True)
    _across(
        sheet,
        f"A2:{last}2",
        "Everything is filled in with a proposal. Change what you see differently, in the yellow cells; the rest "
        "follows at once.  1. Decide on the lines marked ●; the others can stay.  2. Keep, change or clear the goals.  "
        "3. Say who you are and whether it is a draft or committed, save, and send it back.  About five minutes.",
    )
    sheet["A2"].font, sheet.row_dimensions[2].height = font(10.5), 32
    _across(sheet, f"A3:{last}3", f"Amounts in {form.currency}, as known on {form.as_of}. {form.in_force}{inside}")
    sheet["A3"].font = font(10, colour=ALARM if form.internal else QUIET, bold=form.internal)
    for at, label in (("A4", "Filled in by"), ("E4", "Status")):
        write(sheet, at, label, look=font(bold=True), align="right" if at == "E4" else "")
    for area in ("B4:C4", "F4:G4"):
        sheet.merge_cells(area)
        open_for_input(sheet, area)
    dress_input(sheet, FILLED_BY, align="left")
    dress_input(sheet, STATUS, align="left")
    sheet[STATUS].value = DRAFT
    _across(sheet, f"I4:{last}4", Formula(f'IF({unfilled(form)}=0,"Every line is filled in.",{unfilled(form)}&'
            '" of the lines lack a figure: see the notes.")'))  # fmt: skip
    sheet.row_dimensions[1].height, sheet.row_dimensions[4].height = 30, 20
    add(sheet, STATUS, DataValidation("list", formula1=list_range(form, "statuses"), allow_blank=False),
        "Status", "draft while you still talk about it, committed once both sides stand by it.")  # fmt: skip


def dress_input(sheet: Worksheet, at: str, form: str = "General", *, wrap: bool = False, align: str = "left") -> None:
    """How an input's text looks."""
    dress(sheet[at], form=form, look=font(10, bold=not wrap), wrap=wrap, align=align)
    open_for_input(sheet, at)


def add(sheet: Worksheet, area: str, rule: DataValidation, title: str, said: str, *, refuse: str = "") -> None:
    """Let only what a rule allows into an area's cells, and say what that is before and after."""
    rule.promptTitle, rule.prompt, rule.showInputMessage = title, said, True
    rule.errorTitle, rule.error, rule.showErrorMessage = title, refuse or said, True
    rule.add(area)
    sheet.add_data_validation(rule)


def _across(sheet: Worksheet, area: str, said: str, *, size: float = 10, bold: bool = False) -> None:
    sheet.merge_cells(area)
    colour = HEAD if bold else QUIET
    write(sheet, area.split(":")[0], said, look=font(size, bold=bold, colour=colour), wrap=not bold)


def write_lines(sheet: Worksheet, form: Form) -> None:
    """Write the table of lines: for each the year behind, the proposal, and what the sheet makes of it."""
    page = Layout.of(form)
    for name, title in _titles(form).items():
        letter = page.columns[name]
        write(sheet, f"{letter}{FIRST_LINE - 1}", title, look=font(9.5, bold=True, colour="FFFFFF"), back=HEAD,
              align="left" if name in _WIDTHS and name != "change" else "right", wrap=True)  # fmt: skip
        sheet.column_dimensions[letter].width = _WIDTHS.get(name, _width(form))
    for name, size, title in _groups(form, page):
        first = list(page.columns).index(name)
        letters = list(page.columns.values())[first : first + size]
        at = f"{letters[0]}{FIRST_LINE - 2}"
        sheet.merge_cells(f"{at}:{letters[-1]}{FIRST_LINE - 2}")
        write(sheet, at, title, look=font(10, bold=True, colour=HEAD), align="left", border=UNDER)
    sheet.row_dimensions[5].height, sheet.row_dimensions[FIRST_LINE - 1].height = 8, 30
    for place, row in enumerate(page.rows):
        _line(sheet, form, page, place, row)
    _total(sheet, form, page)
    _rules(sheet, form, page)


def _width(form: Form) -> float:
    """How wide a column of amounts must be: for twice what all lines came to last year."""
    sold = 2 * sum(abs(line.last_year) for line in form.lines)
    return max(11.5, len(f"{sold:,.0f}") + 2.5)


def _titles(form: Form) -> dict[str, str]:
    years = {year: f"Year {year}\nto {form.span[12 * year - 12 :][:12][-1]:%b %y}" for year in range(1, form.years + 1)}
    whose = {"revenue": "", "partner": "", **({"vendor": ""} if form.internal else {})}
    return {
        "line": "Line",
        "to_do": "Note",
        "last": "Last 12 months",
        "way": "How to plan it",
        "hint": "What to enter",
        "first": "First figure",
        "second": "Second figure",
        "like": "Grows like",
        **{f"{name}_{year}": title for name in whose for year, title in years.items()},
        "change": "On last year",
        **{f"quarter_{quarter}": _when(form, 3 * (quarter - 1), 3) for quarter in range(1, 5)},
    }


def _when(form: Form, start: int, size: int) -> str:
    months = form.span[start : start + size]
    first, last = months[0].strftime("%b"), months[-1].strftime("%b %y")
    return f"{first if months[0].year == months[-1].year else months[0].strftime('%b %y')}–{last}"


def _groups(form: Form, page: Layout) -> list[tuple[str, int, str]]:
    profits = [("partner_1", "Partner's profit"), *([("vendor_1", "Vendor's profit")] if form.internal else [])]
    return [
        ("way", 5, "Your decision"),
        ("revenue_1", page.years + 1, "Revenue"),
        ("quarter_1", 4, "First year by quarter, by season"),
        *((name, page.years, title) for name, title in profits),
    ]


def _line(sheet: Worksheet, form: Form, page: Layout, place: int, row: int) -> None:
    line = form.lines[place]
    choice = line.choice
    percentage = choice.way == PERCENTAGE
    inputs = [None if value is None else round(value * 100, 1) if percentage else value
              for value in (choice.first, choice.second)]  # fmt: skip
    write(sheet, page.at("line", row), line.line, look=font(10.5, bold=True), border=UNDER, wrap=True)
    write(sheet, page.at("last", row), line.last_year, form=MONEY, border=UNDER, align="right")
    write(sheet, page.at("to_do", row), _to_do(form, page, row, line.remark), look=font(9, colour=QUIET),
          border=UNDER, wrap=True, align="left")  # fmt: skip
    write(sheet, page.at("hint", row), _hint(page.at("way", row)), look=font(9, colour=QUIET), border=BOX, wrap=True,
          align="left")  # fmt: skip
    shown = {
        "way": WAYS_SHOWN[choice.way],
        "first": inputs[0],
        "second": inputs[1],
        "like": (choice.like or line.line) if choice.way == SAMPLE else "",
    }
    for name, value in shown.items():
        write(sheet, page.at(name, row), value or None if name == "like" else value)
        figure = name in ("first", "second")
        dress_input(sheet, page.at(name, row), "#,##0" if figure else "General", wrap=not figure,
                    align="right" if figure else "left")  # fmt: skip
    sheet.row_dimensions[row].height = 30
    for name in page.columns:
        if name.startswith(("revenue_", "partner_", "vendor_", "quarter_")):
            write(sheet, page.at(name, row), _sum(form, place, name), form=MONEY, border=UNDER,
                  look=font(10, bold=name.startswith("revenue")), align="right")  # fmt: skip
    last, first = page.at("last", row), page.at("revenue_1", row)
    write(sheet, page.at("change", row), _change(first, last), form=SHARE, border=UNDER, align="right")


def _sum(form: Form, place: int, name: str) -> Formula | str:
    """The sum of a line's months that a column is about; words where the amount is not known."""
    what, _, number = name.partition("_")
    needed = {"partner": "resale_revenue", "vendor": "cost"}.get(what)
    if needed and needed not in form.lines[place].rates:
        return "not known"
    start, size = (3 * (int(number) - 1), 3) if what == "quarter" else (12 * (int(number) - 1), 12)
    column = month_column(form, "revenue" if what == "quarter" else what)
    first = 2 + place * form.months + start
    return Formula(f"SUM({column}{first}:{column.split('!')[1]}{min(first + size, 2 + (place + 1) * form.months) - 1})")


def _change(now: str, before: str) -> Formula:
    return Formula(f'IF({before}>0,ROUND(100*({now}/{before}-1),0),IF({now}>0,"new",""))')


def _hint(way: str) -> Formula:
    said = f'IF({way}="{WAYS_SHOWN[SAMPLE]}","{_HINTS[SAMPLE]}",IF({way}="{WAYS_SHOWN[CUSTOM]}","{_HINTS[CUSTOM]}","")'
    return Formula(f'IF({way}="{WAYS_SHOWN[PERCENTAGE]}","{_HINTS[PERCENTAGE]}",{said}))')


def _to_do(form: Form, page: Layout, row: int, remark: str) -> Formula:
    way, first, like, last = (page.at(name, row) for name in ("way", "first", "like", "last"))
    no_year = f'AND({way}="{WAYS_SHOWN[PERCENTAGE]}",{last}<=0)'
    no_shape = f'AND({way}="{WAYS_SHOWN[SAMPLE]}",{like}<>"",ISNUMBER({first}))'
    open_still = f'IF({no_year},"! no year to grow from: plan it another way",IF({no_shape},"! too few firms tell ' \
                 'how that line grows: take another","! fill in the yellow cells"))'  # fmt: skip
    quoted = remark.replace('"', '""')
    return Formula(f'IF({ready(row)},"{quoted}",{open_still})')


def _total(sheet: Worksheet, form: Form, page: Layout) -> None:
    row = page.total
    for letter in page.columns.values():
        dress(sheet[f"{letter}{row}"], look=font(10.5, bold=True), border=TOTAL)
    write(sheet, f"A{row}", "All lines", look=font(10.5, bold=True), border=TOTAL)
    for name, letter in page.columns.items():
        if name == "last" or name.startswith(("revenue_", "partner_", "vendor_", "quarter_")):
            area = f"{letter}{page.rows[0]}:{letter}{page.rows[-1]}"
            said = Formula(f'IF(COUNT({area})=0,"not known",SUM({area}))')
            write(sheet, f"{letter}{row}", said, form=MONEY, look=font(10.5, bold=True), border=TOTAL, align="right")
    change = _change(page.at("revenue_1", row), page.at("last", row))
    write(sheet, page.at("change", row), change, form=SHARE, look=font(10.5, bold=True), border=TOTAL, align="right")
    sheet.row_dimensions[row].height = 22


def _rules(sheet: Worksheet, form: Form, page: Layout) -> None:
    """What the inputs of the lines may hold, and how they look while they hold it."""
    top, end = page.rows[0], page.rows[-1]
    way, first, second, like, to_do = (page.columns[name] for name in ("way", "first", "second", "like", "to_do"))
    grows, ramps = (f'${way}{top}="{WAYS_SHOWN[name]}"' for name in (PERCENTAGE, SAMPLE))
    ways = DataValidation("list", formula1=list_range(form, "ways"), allow_blank=False)
    add(sheet, f"{way}{top}:{way}{end}", ways, "How to plan it", "Choose one of the three from the list.")
    for letter, other in ((first, ""), (second, f"NOT({ramps})")):
        value = f"{letter}{top}"
        growth = f"AND({value}>-100,{value}<={HIGHEST_GROWTH},OR({value}=0,ABS({value})>=1))"
        allowed = f"ISNUMBER({value}),IF({grows},{growth},{value}>=0){',' if other else ''}{other}"
        rule = DataValidation("custom", formula1=f"AND({allowed})", allow_blank=True)
        said = "Growth: 10 for +10 %, -5 for -5 %. Revenue: an amount, no currency. What to enter is said on the left."
        refuse = f"Growth is a number such as 10 for 10 %, at most {HIGHEST_GROWTH}; revenue an amount of 0 or more."
        add(sheet, f"{letter}{top}:{letter}{end}", rule, "A number", said, refuse=refuse)
    lines = DataValidation("list", formula1=line_range(form), allow_blank=True)
    add(sheet, f"{like}{top}:{like}{end}", lines, "Grows like", "Only for a sample forecast: a line of the list.")
    figures, scale = f"{first}{top}:{second}{end}", growth_format()
    sheet.conditional_formatting.add(figures, Rule(type="expression", dxf=scale, formula=[grows]))
    sheet.conditional_formatting.add(f"{second}{top}:{second}{end}", Rule("expression", dxf=idle(), formula=[ramps]))
    unused = [f"NOT({ramps})"]
    sheet.conditional_formatting.add(f"{like}{top}:{like}{end}", Rule("expression", dxf=idle(), formula=unused))
    marked = FormulaRule(formula=[f'OR(LEFT(${to_do}{top},1)="●",LEFT(${to_do}{top},1)="!")'])
    marked.dxf = alarm()
    sheet.conditional_formatting.add(f"{to_do}{top}:{to_do}{end}", marked)


def write_foot(sheet: Worksheet, form: Form) -> None:
    """Write, below the goals, what the figures leave out, and where the other sheets are."""
    page = Layout.of(form)
    unknown = [line.line for line in form.lines if "resale_revenue" not in line.rates]
    lacking = f" Not known, and not in the sum, for {', '.join(unknown)}: no resale prices." if unknown else ""
    said = (
        f"Partner's profit: what {form.partner} sells the goods for, less what it pays {form.vendor}, and what "
        f"{form.vendor} pays it, at the rates of the last twelve months; its own costs are not in it.{lacking}"
    )
    if len(unknown) == len(form.lines):
        said = f"Partner's profit is not known: {form.vendor}'s data tell no resale prices."
    vendor = " Vendor's profit: revenue less goods, what it pays the partner, and cost to serve."
    _across(sheet, f"A{page.foot}:{page.last}{page.foot}", said + (vendor if form.internal else "") + _UNHIDE, size=9)
    sheet.row_dimensions[page.foot].height = 36
