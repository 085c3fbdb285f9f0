from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from html import escape

import pandas as pd
import pytest

from channelnb.errors import ColumnsMissing, NotUsable, UnknownName
from channelnb.narrative.facts import Fact
from channelnb.narrative.figures import Markup
from channelnb.report.allowed import allowed
from channelnb.report.blocks import Card, callout, cards, lead, mark, paragraph, sentences
from channelnb.report.shown import Shown
from channelnb.report.tables import ColumnFormat, Scale, money_scales, scale_of, table

INJECTED = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "</td></table><h1>x",
    "&lt;b&gt;",
    "[a](javascript:alert(1))",
    "{{ 7 * 7 }}",
)
REVENUE = Fact("revenue", "2026Q3", 1_234_567.8, unit="money")
NONE = Fact("attainment", "2026Q3", None, unit="share", state="not_measurable")


def cells(shown: Shown) -> list[list[str]]:
    """The cells of each row of a table, the heading first, as HTML."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", shown.html, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]


def one(values: list[object], unit: str = "text", *, currency: str = "") -> Shown:
    frame = pd.DataFrame({"key": [str(number) for number in range(len(values))], "value": pd.Series(values)})
    formats = {"key": ColumnFormat("Key"), "value": ColumnFormat("Value", unit)}
    return table(frame, id="t", columns=formats, currency=currency)


@pytest.mark.parametrize(
    "unit, values, heading, expected",
    [
        ("money", [1234.4, -12.0, None], "EUR", ["1,234", "−12", "–"]),
        ("money", [99.5, 0.004], "EUR", ["99.50", "0.00"]),
        ("money", [0.0, None], "EUR", ["0", "–"]),
        ("money", [150_000.0, 1_499.0], "EUR k", ["150", "1"]),
        ("money", [Decimal("1234567890.12")], "EUR m", ["1,234.6"]),
        ("share", [0.6315, 0.1, -0.0004, float("nan")], "%", ["63.2", "10.0", "0.0", "–"]),
        ("index", [3.4217, 0.0], "×", ["3.4", "0.0"]),
        ("count", [12_345, 0], "", ["12,345", "0"]),
        ("number", [0.125, 2.0], "", ["0.13", "2.00"]),
        ("date", [date(2026, 9, 1), pd.NaT], "", ["1 September 2026", "–"]),
        ("text", ["007", None], "", ["007", "–"]),
    ],
)
def test_a_column_shares_scale_and_decimals_and_its_heading_has_the_unit(
    unit: str, values: list[object], heading: str, expected: list[str]
) -> None:
    found = cells(one(values, unit, currency="EUR"))
    assert found[0][1] == (f'Value <span class="unit">{heading}</span>' if heading else "Value")
    assert [re.sub(r"</?data[^>]*>", "", row[1]) for row in found[1:]] == expected


def test_a_number_that_is_no_fact_has_its_exact_value_beside_it() -> None:
    values = [150_000.25, None, Decimal("1499.10")]
    found = [row[1] for row in cells(one(values, "money", currency="EUR"))[1:]]
    assert found == ['<data value="150000.25">150</data>', "–", '<data value="1499.10">1</data>']
    assert [row[1] for row in cells(one([12], "text"))[1:]] == ["12"]


def test_columns_of_money_share_one_scale_unless_that_hides_a_figure() -> None:
    frame = pd.DataFrame({"line": ["a"], "revenue": [2e6], "plan": [9e4], "fee": [1200.0]})
    labels = {"revenue": "Revenue", "plan": "Plan", "fee": "Fee"}
    formats = {"line": ColumnFormat("Line")} | {key: ColumnFormat(label, "money") for key, label in labels.items()}
    assert table(frame, id="t", columns=formats, currency="EUR").text.splitlines() == [
        "Line\tRevenue (EUR k)\tPlan (EUR k)\tFee (EUR)",
        "a\t2,000\t90\t1,200",
    ]


@pytest.mark.parametrize(
    ("amounts", "scale"),
    [
        ([3e8, 4e6], "EUR m"),
        ([3e8, 4e3], "EUR k"),
        ([2e6, 240.0], "EUR"),
        ([2e6, -240.0], "EUR"),
        ([2e6, 0.0, 0.4], "EUR k"),
    ],
)
def test_no_amount_shows_as_zero(amounts: list[float], scale: str) -> None:
    assert cells(one(amounts, "money", currency="EUR"))[0][1] == f'Value <span class="unit">{scale}</span>'


def test_columns_of_one_scale_stay_on_one_where_an_amount_would_be_lost() -> None:
    scales = money_scales({"revenue": [2e6], "plan": [9e4, 240.0]}, currency="EUR")
    assert [scale.unit for scale in scales.values()] == ["EUR", "EUR"]


def test_facts_keep_their_exact_value_their_id_and_go_with_the_table() -> None:
    frame = pd.DataFrame({"line": ["a", "b"], "revenue": [REVENUE, NONE]})
    formats = {"line": ColumnFormat("Line"), "revenue": ColumnFormat("Revenue", "money")}
    shown = table(frame, id="t", columns=formats, currency="EUR")
    assert [row[1] for row in cells(shown)[1:]] == [
        '<data value="1234567.8" data-fact="revenue||2026Q3|actual">1,235</data>',
        '<data value="" data-fact="attainment||2026Q3|actual">not measurable</data>',
    ]
    assert shown.facts == (REVENUE, NONE)


@pytest.mark.parametrize("text", INJECTED)
def test_what_is_not_markup_of_ours_is_escaped_everywhere(text: str) -> None:
    frame = pd.DataFrame({text: [text], "b": [text]})
    formats = {text: ColumnFormat(text), "b": ColumnFormat(text)}
    html = table(frame, id="t", columns=formats, caption=text).html
    assert not re.search(r"<(script|img|svg|h1)", html)
    assert re.sub(r"<[^>]*>", "", html).count(escape(text)) == 5
    assert html.count("<table>") == html.count("</table>") == 1


def test_markup_of_ours_and_things_shown_pass() -> None:
    fact_shown = Shown("<data>1</data>", (REVENUE,), "1")
    found = cells(one([Markup("<em>so</em>", "so"), fact_shown]))
    assert [row[1] for row in found[1:]] == ["<em>so</em>", "<data>1</data>"]


def test_figures_are_aligned_the_first_column_heads_rows_and_the_box_scrolls() -> None:
    frame = pd.DataFrame({"line": ["a"], "n": [1]})
    shown = table(
        frame, id="t", columns={"line": ColumnFormat("Line"), "n": ColumnFormat("Deals", "count")}, caption="Deals & so"
    )
    assert shown.html.startswith(
        '<div class="table" id="t" role="group" tabindex="0" aria-label="Deals &amp; so"><table class="figures">'
    )
    assert "<caption>Deals &amp; so</caption>" in shown.html
    assert '<th scope="row">a</th>' in shown.html
    assert '<td><data value="1">1</data></td>' in shown.html
    assert '<th scope="col">Deals</th>' in shown.html
    assert set(re.findall(r'class="([^"]*)"', shown.html)) == {"table", "figures", "text"}


def test_tables_are_light_and_the_same_each_time() -> None:
    frame = pd.DataFrame({"line": ["a"] * 100, "n": [1] * 100})
    formats = {"line": ColumnFormat("Line"), "n": ColumnFormat("Deals", "count")}
    first, again = (table(frame, id="t", columns=formats).html for _ in range(2))
    assert first == again
    assert len(first) < 100 * 66 + 600
    assert "<style" not in first


def test_the_allow_list_leaves_our_own_html_as_it_is() -> None:
    frame = pd.DataFrame({"line": ["a & b"], "n": [mark("10 % ahead", arrow="up", tone="good")]})
    formats = {"line": ColumnFormat("Line"), "n": ColumnFormat("State")}
    parts = [
        table(frame, id="t", columns=formats, caption="A 'caption'"),
        cards([Card("Revenue", REVENUE, "so")], currency="EUR"),
        sentences(["a", "b"]),
        callout("c", tone="bad"),
    ]
    for part in parts:
        assert re.sub(r"\s+", " ", allowed(part.html)) == re.sub(r"\s+", " ", part.html)


@pytest.mark.parametrize("wrong", ["Total", "a b", "", '"><x'])
def test_a_table_refuses_an_id_that_is_not_plain(wrong: str) -> None:
    with pytest.raises(NotUsable, match="use small letters"):
        table(pd.DataFrame({"a": [1]}), id=wrong, columns={"a": ColumnFormat("A")})


def test_a_table_names_columns_that_it_lacks() -> None:
    with pytest.raises(ColumnsMissing, match=r"the table 't' lacks \['b'\]; it has \['a'\]"):
        table(pd.DataFrame({"a": [1]}), id="t", columns={"b": ColumnFormat("B")})


def test_an_unknown_unit_is_an_error_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="column 'A': there is no unit 'shares'; did you mean 'share'"):
        ColumnFormat("A", "shares")


def test_an_empty_table_has_its_heading() -> None:
    frame = pd.DataFrame({"a": [], "b": []})
    shown = table(frame, id="t", columns={"a": ColumnFormat("A"), "b": ColumnFormat("B", "money")}, currency="EUR")
    assert shown.text == "A\tB (EUR)"


@pytest.mark.parametrize("value, text", [(0.6315, "63.2"), (0.8405, "84.1"), (-0.125, "−12.5"), (0.0005, "0.1")])
def test_rounding_is_half_up_as_people_do(value: float, text: str) -> None:
    assert scale_of("share").text(value) == text
    assert Scale(0, 1).text(0.25) == "0.3"


def test_cards_show_figures_comparisons_and_why_there_is_none() -> None:
    shown = cards(
        [
            Card("Revenue", REVENUE, mark("9 % more", arrow="up", tone="good")),
            Card("Attainment", NONE, "There is <no> plan"),
        ],
        currency="EUR",
    )
    assert '<dd class="big"><data value="1234567.8" data-fact="revenue||2026Q3|actual">EUR 1.23 m</data></dd>' in (
        shown.html
    )
    assert '<dd class="big words"><data value="" data-fact=' in shown.html
    assert '<dd class="note">There is &lt;no&gt; plan</dd>' in shown.html
    assert shown.facts == (REVENUE, NONE)
    assert shown.text.splitlines() == [
        "Revenue: EUR 1.23 m, ▲ 9 % more",
        "Attainment: not measurable, There is <no> plan",
    ]


@pytest.mark.parametrize("text", INJECTED)
def test_words_are_escaped_in_every_block(text: str) -> None:
    blocks = [
        lead(text),
        paragraph(text),
        sentences([text]),
        callout(text),
        cards([Card(text, REVENUE, text)], currency=text),
        Shown(mark(text, arrow="down").html),
    ]
    for block in blocks:
        assert not re.search(r"<(script|img|svg|h1|/td)", block.html)


def test_facts_of_what_is_said_are_kept() -> None:
    said = Shown("<data>1</data>", (REVENUE,), "1")
    for shown in (
        lead(said),
        paragraph(said),
        callout(said),
        sentences(["a", said]),
        sentences(["a"], facts=[REVENUE]),
    ):
        assert shown.facts == (REVENUE,)


def test_sentences_are_a_list_but_one_alone_is_a_paragraph() -> None:
    assert sentences(["a", "b"]).html == '<ul class="sentences"><li>a</li><li>b</li></ul>'
    assert sentences(["a"]).html == "<p>a</p>"
    assert sentences([]).html == ""


def test_a_mark_never_is_colour_alone() -> None:
    shown = mark("behind", arrow="down", tone="bad")
    assert re.sub(r"<[^>]+>", "", shown.html) == "▼\N{NO-BREAK SPACE}behind"
    with pytest.raises(UnknownName, match="there is no arrow 'left'"):
        mark("x", arrow="left")
    with pytest.raises(UnknownName, match="there is no tone 'red'"):
        mark("x", arrow="up", tone="red")
    with pytest.raises(UnknownName, match="there is no tone 'red'"):
        callout("x", tone="red")


def test_neighbours_of_one_group_stand_under_one_heading_with_a_line_before():
    formats = {
        "line": ColumnFormat("Line"),
        "a": ColumnFormat("2026Q3", group="Against <plan>"),
        "b": ColumnFormat("2026", group="Against <plan>"),
        "c": ColumnFormat("2026Q4", group="Ahead"),
    }
    frame = pd.DataFrame({name: ["x"] for name in formats})
    html = table(frame, id="grouped", columns=formats).html
    assert re.findall(r'<th scope="colgroup" colspan="(\d)">(.*?)</th>', html) == [
        ("2", "Against &lt;plan&gt;"),
        ("1", "Ahead"),
    ]
    spans = re.findall(r'<colgroup class="(\w+)">((?:<col>)+)</colgroup>', html)
    assert [(kind, len(columns) // len("<col>")) for kind, columns in spans] == [
        ("heads", 1),
        ("group", 2),
        ("group", 1),
    ]
    assert "colgroup" not in table(frame[["line"]], id="plain", columns={"line": ColumnFormat("Line")}).html
