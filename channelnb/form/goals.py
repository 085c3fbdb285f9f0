"""The form's goals and strategies: what the scorecard says, and a row for each that both sides agree on."""

from __future__ import annotations

from openpyxl.formatting.rule import Rule
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from channelnb.form.form import Form, Goal
from channelnb.form.layout import Layout
from channelnb.form.page import add, dress_input
from channelnb.form.rates import list_range
from channelnb.form.style import BOX, DAY, HEAD, QUIET, UNDER, Formula, font, open_for_input, share_format, write

_TITLES = {
    "area": "Area",
    "text": "What we will do",
    "metric": "Measured by",
    "now": "Now",
    "target": "Target",
    "side": "Whose",
    "owner": "Who sees to it",
    "due_on": "By (date)",
    "if_missed": "If missed",
}
_AMOUNTS = "#,##0.##"


def write_goals(sheet: Worksheet, form: Form) -> None:
    """Write the scorecard's strengths and weaknesses, and rows for goals, some proposed."""
    page = Layout.of(form)
    head = page.goals_head
    _heading(sheet, page, f"A{head - 3}", "Goals and strategies")
    for row, label, said in ((head - 2, "Strengths", form.strengths), (head - 1, "Weaknesses", form.weaknesses)):
        write(sheet, f"A{row}", label, look=font(10.5, bold=True))
        sheet.merge_cells(f"B{row}:{page.last}{row}")
        write(sheet, f"B{row}", said or "The scorecard names none.", look=font(10))
        sheet.row_dimensions[row].height = 16
    for name, (first, last) in page.goal_columns.items():
        if first != last:
            sheet.merge_cells(f"{first}{head}:{last}{head}")
        write(sheet, f"{first}{head}", _TITLES[name], look=font(9.5, bold=True, colour="FFFFFF"), back=HEAD)
    proposals = [*form.goals, *[Goal(side="")] * len(page.goals)]
    for row, goal in zip(page.goals, proposals, strict=False):
        _goal(sheet, form, page, row, goal)
    _rules(sheet, form, page)


def _heading(sheet: Worksheet, page: Layout, at: str, said: str) -> None:
    row = int(at[1:])
    sheet.merge_cells(f"{at}:{page.last}{row}")
    write(sheet, at, said, look=font(10.5, bold=True, colour=HEAD), border=UNDER)
    sheet.row_dimensions[row].height = 24


def _goal(sheet: Worksheet, form: Form, page: Layout, row: int, goal: Goal) -> None:
    labels = {measure.name: measure.label for measure in form.measures}
    values = {
        "area": goal.area,
        "text": goal.text,
        "metric": labels.get(goal.metric, ""),
        "target": goal.target,
        "side": goal.side,
        "owner": goal.owner,
        "due_on": goal.due_on,
        "if_missed": goal.if_missed,
    }
    for name, (first, last) in page.goal_columns.items():
        if first != last:
            sheet.merge_cells(f"{first}{row}:{last}{row}")
        if name == "now":
            continue
        at = f"{first}{row}"
        write(sheet, at, values[name] if values[name] != "" else None)
        open_for_input(sheet, f"{first}{row}:{last}{row}")
        figure = name in ("target", "due_on")
        dress_input(sheet, at, {"target": _AMOUNTS, "due_on": DAY}.get(name, "General"), wrap=True,
                    align="right" if figure else "left")  # fmt: skip
    write(sheet, page.goal_at("now", row), _now(form, page.goal_at("metric", row)), look=font(9, colour=QUIET),
          border=BOX, align="right", wrap=True)  # fmt: skip
    sheet.row_dimensions[row].height = 30


def _now(form: Form, metric: str) -> Formula:
    labels, nows = list_range(form, "measures"), list_range(form, "nows")
    return Formula(f'IF({metric}="","",IFERROR(INDEX({nows},MATCH({metric},{labels},0)),""))')


def _rules(sheet: Worksheet, form: Form, page: Layout) -> None:
    top, end = page.goals[0], page.goals[-1]

    def area(name: str) -> str:
        return f"{page.goal_at(name, top)}:{page.goal_at(name, end)}"

    for name, entries, said in (
        ("area", "areas", "What it is about: choose from the list."),
        ("side", "sides", "Who promises it: the partner or the vendor."),
        ("metric", "measures", "The figure that will tell: choose from the list, or leave it blank for a thing to do."),
    ):
        add(sheet, area(name), DataValidation("list", formula1=list_range(form, entries), allow_blank=True),
            _TITLES[name], said)  # fmt: skip
    if form.owners:
        owners = DataValidation("list", formula1=list_range(form, "owners"), allow_blank=True)
        add(sheet, area("owner"), owners, _TITLES["owner"], "Choose from the list, or type another name.")
        owners.showErrorMessage = False
    number = DataValidation("decimal", operator="between", formula1="-1000000000000", formula2="1000000000000")
    add(sheet, area("target"), number, _TITLES["target"], "A number in the unit of the figure now: 35 for 35 %.")
    first, last = form.span[0].start_time, form.span[-1].end_time
    limits = [f"DATE({day.year},{day.month},{day.day})" for day in (first, last)]
    day = DataValidation("date", operator="between", formula1=limits[0], formula2=limits[1], allow_blank=True)
    said = f"A day within the plan, such as {form.span[5].end_time:%Y-%m-%d}."
    add(sheet, area("due_on"), day, _TITLES["due_on"], said)
    if form.measures:
        units, labels = list_range(form, "units"), list_range(form, "measures")
        share = f'INDEX({units},MATCH(${page.goal_at("metric", top)},{labels},0))="%"'
        sheet.conditional_formatting.add(area("target"), Rule("expression", dxf=share_format(), formula=[share]))
