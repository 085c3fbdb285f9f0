from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import pytest

from channelnb.errors import NotUsable
from channelnb.fiscal import day_text
from channelnb.narrative.changes import Flag
from channelnb.narrative.facts import Fact
from channelnb.redaction import without_paths
from channelnb.report.index_page import IndexPage, PartnerRow, ReportLink
from channelnb.report.page import Link, PageInfo
from channelnb.report.shown import Shown
from channelnb.report.site import css_text, failure_page, index_html

INJECTED = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><svg onload=alert(1)>",
    "{{ 7 * 7 }}",
)


def fact(metric: str, value: float | None, unit: str, *, state: str = "ok") -> Fact:
    return Fact(metric, "2026Q3", value, unit=unit, state=state)


PAST = (("2026Q1", 3_800_000.0), ("2026Q2", 1_900_000.0), ("2026Q3", 950_000.0))

CONTOSO = PartnerRow(
    "P0007",
    "Contoso",
    channel="reseller",
    region="Iberia",
    segment="Retail",
    tier="Gold",
    manager="Ana Sousa",
    kpis={
        "revenue": fact("revenue", 1_738_456.2, "money"),
        "growth_yoy": fact("growth_yoy", 0.137, "share"),
        "attainment": fact("attainment", None, "share", state="no_data"),
        "pipeline_index": fact("pipeline_index", 3.42, "index"),
    },
    before=fact("revenue", 1_900_000.0, "money"),
    reports=[ReportLink("Profile", "internal/p/a.html"), ReportLink("Profile", "partner/p/a.html", edition="partner"),
             ReportLink("Review", "partner/p/b.html", edition="partner")],
    past=[Fact("revenue", period, value, "money") for period, value in PAST],
)  # fmt: skip
TAILSPIN = PartnerRow("P0008", "Tailspin", failures=["Code cell 4 stopped in /srv/data/x/sales.csv."])
INDEX = IndexPage(
    PageInfo(
        "Fabrikam: partners in 2026Q3",
        vendor="Fabrikam",
        period="2026Q3",
        as_of="2026-09-30",
        data_version="3f9a12c07b",
        made_on="2026-10-05",
    ),
    currency="EUR",
    partners=[CONTOSO, TAILSPIN],
    reports=1_002,
    failed=1,
    channel_reports=[Link("Recruiting", "recruiting.html")],
)


def rows(html: str) -> list[list[str]]:
    """The text of each row's cells, blanks joined."""
    body = "".join(part.split("</tbody>")[0] for part in html.split("<tbody>")[1:])
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("<tr ")[1:]]
    return [[" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in row] for row in found]


def test_front_page_has_one_row_per_partner_with_its_figures_and_links() -> None:
    html = index_html(INDEX)
    first, second = rows(html)
    assert first == [
        "Contoso P0007 · reseller · Gold · Retail · Iberia",
        "Ana Sousa",
        "1,738",
        "9 % down",
        "13.7",
        "no data",
        "3.4",
        "–",
        "Profile · partner’sReview, partner’s",
        "made",
    ]
    assert second == ["Tailspin P0008", "", "–", "–", "–", "–", "–", "–", "", "failed"]
    assert '<a href="internal/p/a.html">Profile</a> · <a href="partner/p/a.html">partner’s</a><br>' in html
    assert '<data value="1738456.2" data-fact="revenue||2026Q3|actual">1,738</data>' in html
    assert re.findall(r'data-key="revenue"[^>]*>Revenue <span class="unit">(.*?)</span>', html) == ["EUR k"]


def test_front_page_says_what_was_made_and_what_failed_in_plain_words() -> None:
    html = index_html(INDEX)
    lead = re.search(r'<p class="lead">(.*?)</p>', html, re.DOTALL)
    assert lead
    assert lead[1] == "2 partners, 1,002 reports made, 1 report could not be made."
    assert "<li>Tailspin (P0008): Code cell 4 stopped in …/sales.csv.</li>" in html
    assert '<a href="recruiting.html">Recruiting</a>' in html
    assert "What was known on 30 September 2026" in html
    assert "Data version 3f9a12c07b" in html


def test_front_page_without_failures_says_none_and_has_no_list_of_them() -> None:
    html = index_html(replace(INDEX, partners=[CONTOSO], failed=0))
    assert "1 partner, 1,002 reports made, none failed." in html
    assert "What could not be made?" not in html


def test_partners_of_one_failure_are_told_together_and_those_of_most_first() -> None:
    alike = [replace(TAILSPIN, partner_id=f"P{number}") for number in range(15)]
    alone = replace(TAILSPIN, name="Ada", failures=["The time was up."])
    html = index_html(replace(INDEX, partners=[alone, *alike], failed=16))
    assert re.findall(r"<li>(.*?)</li>", html) == [
        "Tailspin (P0), Tailspin (P1), Tailspin (P2), Tailspin (P3), Tailspin (P4) and 10 more: "
        "Code cell 4 stopped in …/sales.csv.",
        "Ada (P0008): The time was up.",
    ]


def test_long_list_of_failures_is_cut_and_says_so() -> None:
    failed = [replace(TAILSPIN, failures=[f"Cell {number} stopped."]) for number in range(15)]
    html = index_html(replace(INDEX, partners=failed, failed=15))
    assert html.count("<li>Tailspin") == 12
    assert "For 3 more reasons" in html


@pytest.mark.parametrize(
    "changes, status",
    [
        ({}, "made"),
        ({"failures": ["x"]}, "partly made"),
        ({"failures": ["x"], "reports": []}, "failed"),
        ({"reports": []}, "not made"),
    ],
)
def test_status(changes: dict[str, list[str]], status: str) -> None:
    assert replace(CONTOSO, **changes).status == status


@pytest.mark.parametrize(
    "now, before, shown",
    [
        (110.0, 100.0, "10 % up"),
        (100.2, 100.0, "level"),
        (50.0, 100.0, "50 % down"),
        (50.0, 0.0, "–"),
        (50.0, -5.0, "–"),
        (50.0, None, "–"),
        (None, 50.0, "–"),
    ],
)
def test_change_since_the_quarter_before(now: float | None, before: float | None, shown: str) -> None:
    row = replace(CONTOSO, kpis={"revenue": fact("revenue", now, "money")}, before=fact("revenue", before, "money"))
    assert rows(index_html(replace(INDEX, partners=[row])))[0][3] == shown


@pytest.mark.parametrize("text", INJECTED)
def test_text_from_data_is_text_on_the_front_page(text: str) -> None:
    row = PartnerRow(
        text, text, channel=text, region=text, segment=text, tier=text, manager=text, failures=[text],
        flags=[Flag("tier", text)], manager_page="a.html", failure_links=[ReportLink(text, "c.html")],
        reports=[ReportLink(text, "a.html")],
    )  # fmt: skip
    index = replace(
        INDEX, page=replace(INDEX.page, vendor=text, data_version=text), currency=text, partners=[row, CONTOSO],
        channel_failures=[text], channel_reports=[Link(text, "b.html")], compared=text,
    )  # fmt: skip
    html = index_html(index)
    assert html.count("<script") == html.count("</script>") == 1
    assert html.count("<style>") == html.count("</style>") == 1
    assert html.count("<svg") == html.count("<path") == 1, "the line of the one who has one"
    assert not re.search(r"<(img|iframe)", html)
    assert "49" not in rows(html)[0][0]


def test_only_our_own_script_may_run_and_nothing_is_loaded() -> None:
    html = index_html(INDEX)
    script = html.split("<script>")[1].split("</script>")[0]
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"script-src 'sha256-{digest}'"
    )
    assert f'content="{policy}"' in html.replace("&#39;", "'")
    assert not re.search(r'\b(?:src|action|onclick|onload)="', html)
    assert not re.search(r'href="(?!internal/|partner/|recruiting\.html|#)', html)


def test_controls_are_for_those_who_have_javascript() -> None:
    assert re.search(r"<form[^>]* hidden>", index_html(INDEX))


def test_what_changed_is_told_above_and_marked_in_the_row() -> None:
    flags = [Flag("under_plan"), Flag("tier", "tier Gold, was Silver")]
    html = index_html(
        replace(
            INDEX,
            partners=[replace(CONTOSO, flags=flags), TAILSPIN],
            compared="2026Q2",
            changed=[Shown("1 partner fell under plan.")],
            in_all=[Shown("All partners together.")],
            vendors=1_234,
        )
    )
    whole = html.index("Of all 1,234 partners of the vendor:")
    assert html.index("fell under plan.") < whole < html.index("<li>All partners together.</li>")
    assert "<li>1 partner fell under plan.</li>" in html
    assert '<span class="down bad">now under plan</span><br><span class="level neutral">tier Gold' in html
    assert "Since the review of 2026Q2" in html
    assert "<option>another tier</option><option>now under plan</option><option>none</option>" in html
    assert re.findall(r'<tr data-f="[^"]* (\S+)">', html) == ["2,1", "3"]


def test_without_a_review_before_nothing_is_said_of_one() -> None:
    assert "Since the review" not in index_html(INDEX)


def test_a_run_without_partners_has_no_list_of_them() -> None:
    html = index_html(replace(INDEX, partners=[]))
    assert "0 partners, 1,002 reports made" in html
    assert not re.search("<(table|form|script)", html)


@pytest.mark.parametrize(
    "text", ['"}body{display:none}', "</style><script>alert(1)</script>", "\\", "\n", "EUR k", "é"]
)
def test_a_text_in_the_style_sheet_can_end_nothing(text: str) -> None:
    told = css_text(text)
    assert re.fullmatch(r'"(?:[A-Za-z0-9]|\\[0-9a-f]{1,6} )*"', told)
    assert re.sub(r"\\([0-9a-f]+) ", lambda found: chr(int(found[1], 16)), told[1:-1]) == text


def test_front_page_has_the_same_bytes() -> None:
    assert index_html(INDEX) == index_html(INDEX)


def test_a_running_period_is_not_held_against_a_whole_one() -> None:
    row = replace(CONTOSO, kpis={"revenue": fact("revenue", 50.0, "money")}, before=fact("revenue", 100.0, "money"))
    assert rows(index_html(replace(INDEX, partners=[replace(row, before=None)])))[0][3] == "–"


@pytest.mark.parametrize("text", INJECTED)
def test_failure_page_says_what_failed_where_and_what_to_do(text: str) -> None:
    page = PageInfo("Contoso: business review", vendor=text, period="2026Q3", home="../../index.html")
    html = failure_page(page, notebook="qbr", why=f"No file C:\\data\\sales.csv {text}")
    assert "<code>qbr</code>" in html
    assert "What is to be done?" in html
    assert html.count("<li>") == 4
    assert '<a href="../../index.html">All partners</a>' in html
    assert not re.search(r"<(script|img|svg)", html)
    assert "C:\\data" not in html


def test_failure_page_takes_other_advice() -> None:
    html = failure_page(PageInfo("x"), notebook="qbr", why="y", what_to_do=["Ask & mend /srv/data/a.sql."])
    assert "<li>Ask &amp; mend …/a.sql.</li>" in html
    assert html.count("<li>") == 1


@pytest.mark.parametrize(
    "text, cut",
    [
        ("in /srv/data/x/sales.csv, row 3", "in …/sales.csv, row 3"),
        (r"in C:\data\x\sales.csv", "in …/sales.csv"),
        ("'/home/ana/a.py'", "'…/a.py'"),
        ("sales/2026 and 3/4 of n/a", "sales/2026 and 3/4 of n/a"),
        ("</p></div>", "</p></div>"),
    ],
)
def test_paths_are_cut_to_their_last_part(text: str, cut: str) -> None:
    assert without_paths(text) == cut


def test_a_date_that_is_none_is_an_error() -> None:
    with pytest.raises(NotUsable, match="'yesterday' is not a date"):
        day_text("yesterday")
