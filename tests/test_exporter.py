from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from channelnb.errors import NotUsable
from channelnb.narrative.facts import Fact
from channelnb.report.allowed import allowed
from channelnb.report.exporter import TEMPLATES, page_html
from channelnb.report.page import Link, PageInfo
from channelnb.report.sections import sections_of
from channelnb.report.shown import FACTS_MIME, Shown

PAGE = PageInfo(
    "Contoso: business review",
    vendor="Fabrikam",
    period="2026Q3",
    as_of="2026-09-30",
    data_version="3f9a12c07b",
    made_on="2026-10-05",
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>'
INJECTED = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<svg onload=alert(1)>", "<iframe src=//x>")


def displayed(data: object, **metadata: object) -> NotebookNode:
    bundle = data._repr_mimebundle_() if isinstance(data, Shown) else data
    return new_output("display_data", data=bundle, metadata=metadata)


def cell(*outputs: NotebookNode, source: str = "partner.summary()", tags: tuple[str, ...] = ()) -> NotebookNode:
    return new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})


def page_of(*cells: NotebookNode, page: PageInfo = PAGE) -> str:
    return page_html(new_notebook(cells=list(cells)), page)


def body_of(html: str) -> str:
    return html[html.index("<body>") :]


def test_page_has_one_h1_the_summary_first_and_a_contents_list_of_its_questions() -> None:
    html = page_of(
        new_markdown_cell("# Business review"),
        cell(displayed(Shown('<p class="lead">On plan.</p>'))),
        new_markdown_cell("## Who buys?"),
        cell(displayed(Shown("<p>Three do.</p>"))),
        new_markdown_cell("## What *next*?\n\nThis."),
    )
    assert re.findall(r"<h1>(.*?)</h1>", html) == ["Contoso: business review"]
    links = re.findall(r'<li><a href="#([^"]+)">([^<]+)</a></li>', html)
    assert links == [("who-buys-1", "Who buys?"), ("what-next-2", "What next?")]
    assert [html.index(f'<h2 id="{slug}">') for slug, _ in links]
    assert html.index("On plan.") < html.index("On this page") < html.index("Three do.")


def test_a_heading_within_a_block_leaves_the_page_whole() -> None:
    source = '<div class="x"><h2>Why?</h2>So.</div>\n\n<ul><li><strong><h2>How?</h2></strong>Thus.</ul>'
    _, parts = sections_of([new_markdown_cell(source)], internal=True)
    assert [part.heading for part in parts] == ["", "Why?", "How?"]
    assert [part.html for part in parts] == [
        '<div class="x"></div>',
        "So.\n\n<ul><li><strong></strong></li></ul>",
        "Thus.",
    ]


def test_title_comes_from_the_notebook_where_the_page_has_none() -> None:
    html = page_of(new_markdown_cell("# Fit & ready?"), page=replace(PAGE, title=""))
    assert "<h1>Fit &amp; ready?</h1>" in html
    assert "<title>Fit &amp; ready? · 2026Q3</title>" in html


def test_foot_says_period_date_data_version_edition_and_day_of_the_run() -> None:
    foot = page_of().split("<footer>")[1]
    assert re.findall(r"<span>([^<]+)</span>", foot) == [
        "Period 2026Q3",
        "What was known on 30 September 2026",
        "Data version 3f9a12c07b",
        "Internal edition: not for the partner",
        "Made on 5 October 2026",
    ]


def test_code_is_folded_in_the_internal_edition_and_absent_from_the_partners() -> None:
    cells = [new_markdown_cell("## Why?"), cell(source='show(x < 1, "<b>")')]
    internal, partners = page_of(*cells), page_of(*cells, page=replace(PAGE, edition="partner"))
    assert '<details class="code">' in internal
    assert "show(x &lt; 1, &#34;&lt;b&gt;&#34;)" in internal
    assert "<details" not in partners
    assert "show(" not in partners


@pytest.mark.parametrize("tag", ["parameters", "injected-parameters", "remove_cell"])
def test_parameters_and_paths_stay_out_of_the_page(tag: str) -> None:
    html = page_of(cell(displayed({"text/plain": "seen"}), source="source = '/srv/secret/data'", tags=(tag,)))
    assert "secret" not in html
    assert "seen" not in html


def test_html_is_shown_only_where_it_comes_with_facts() -> None:
    ours = displayed(Shown("<p>ours</p>", (Fact("revenue", "2026Q3", 1.0, unit="money"),)))
    others = displayed({"text/html": "<table><tr><td>theirs</td></tr></table>", "text/plain": "a <b> c"})
    html = body_of(page_of(cell(ours, others)))
    assert "<p>ours</p>" in html
    assert "theirs" not in html
    assert '<pre class="plain">a &lt;b&gt; c</pre>' in html
    assert FACTS_MIME not in html
    assert "numerator" not in html


@pytest.mark.parametrize(
    "mime",
    [
        "application/javascript",
        "text/vnd.mermaid",
        "text/latex",
        "text/markdown",
        "application/vnd.jupyter.widget-view+json",
        "image/gif",
    ],
)
def test_other_mime_types_are_dropped(mime: str) -> None:
    assert "dropped" not in page_of(cell(displayed({mime: "dropped"})))


def test_pictures_become_images_with_a_description() -> None:
    html = page_of(
        cell(
            displayed({"image/svg+xml": "<svg onload='alert(1)'/>"}, alt="It acts"),
            displayed({"image/svg+xml": SVG, "text/plain": "<Figure>"}, alt='Up "fast"'),
            displayed({"image/png": "iVBORw0KGgo=\n"}),
        )
    )
    assert "<svg" not in html
    assert "It acts" not in html
    images = re.findall(r"<img [^>]+>", html)
    assert ["data:image/svg+xml;base64," in images[0], "data:image/png;base64,iVBORw0KGgo=" in images[1]] == [True] * 2
    assert 'alt="Up &quot;fast&quot;"' in images[0]
    assert 'alt="A picture that has no description"' in images[1]


@pytest.mark.parametrize("edition, seen", [("internal", True), ("partner", False)])
def test_what_a_cell_prints_is_shown_to_the_vendor_only_and_warnings_to_nobody(edition: str, seen: bool) -> None:
    printed = new_output("stream", name="stdout", text="\x1b[31m<b>12</b>\x1b[0m\x07 rows")
    warned = new_output("stream", name="stderr", text="/usr/lib/x.py: DeprecationWarning")
    html = page_of(cell(printed, warned), page=replace(PAGE, edition=edition))
    assert ('<pre class="plain">&lt;b&gt;12&lt;/b&gt; rows</pre>' in html) is seen
    assert "DeprecationWarning" not in html


def test_an_error_is_named_without_its_traceback() -> None:
    error = new_output("error", ename="ValueError", evalue="/srv/x", traceback=["File /srv/x"])
    html = page_of(cell(error))
    assert "This part could not be made (ValueError)." in html
    assert "/srv/x" not in html


@pytest.mark.parametrize("text", INJECTED)
def test_text_from_data_is_text_in_head_links_and_headings(text: str) -> None:
    page = PageInfo(text, subtitle=text, vendor=text, period=text, data_version=text, links=(Link(text, "qbr.html"),))
    html = page_of(new_markdown_cell(f"## {text}"), new_markdown_cell("## Second"), page=page)
    assert not re.search(r"<(script|img|svg|iframe)", html)
    assert html.count("<h1>") == 1


def test_page_loads_nothing_and_runs_nothing() -> None:
    html = page_of(cell(displayed(Shown("<p>x</p>"))), new_markdown_cell("[out](https://example.com)"))
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in html
    assert "<script" not in html
    assert "<link" not in html
    assert not re.search(r'(?:src|srcset|poster|action)="(?!data:)', html)
    assert "@import" not in html
    assert "url(" not in html


def test_same_notebook_same_bytes_and_little_weight() -> None:
    cells = [new_markdown_cell("## Why?"), cell(displayed(Shown("<p>x</p>" * 100)))]
    first, again = page_of(*cells), page_of(*cells)
    assert first == again
    assert len(page_of()) < 15_000


def test_colour_of_the_vendor_reaches_the_page() -> None:
    assert ":root{--brand:#7a1f5c;--on-light:#7a1f5c;" in page_of(page=replace(PAGE, colour="#7a1f5c"))


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"edition": "public"}, "the edition is 'public'"),
        ({"colour": "red;}"}, "the vendor's colour is 'red;}'"),
        ({"home": "https://example.com"}, "the front page is 'https://example.com'"),
    ],
)
def test_page_info_refuses_what_it_cannot_show(wrong: dict[str, str], message: str) -> None:
    with pytest.raises(NotUsable, match=message):
        PageInfo(**wrong)


@pytest.mark.parametrize("href", ["javascript:alert(1)", "//evil.example", "/etc/passwd", "file:///etc"])
def test_a_link_leads_only_within_the_run(href: str) -> None:
    with pytest.raises(NotUsable, match="give a path relative"):
        Link("x", href)


@pytest.mark.parametrize(
    "html, safe",
    [
        ("<p>a & b</p>", "<p>a &amp; b</p>"),
        ("a &amp; &#39;b&#39; &lt;", "a &amp; &#39;b&#39; &lt;"),
        ("<script>x</script>after", "after"),
        ("<style>p{}</style><p style='color:red'>x</p>", "<p>x</p>"),
        ("<svg><a href='#'>x</a></svg>y", "y"),
        ("<p onclick=x onmouseover=y>z</p>", "<p>z</p>"),
        ('<img src="https://x/y.png" alt="z">', ""),
        ('<img src="data:text/html;base64,AA==">', ""),
        ('<img src="data:image/svg+xml;base64,AA==">', ""),
        ('<img src="data:image/png;base64,iVBORw0KGgo=">', '<img src="data:image/png;base64,iVBORw0KGgo=">'),
        ('<a href="javascript:x">y</a>', "<a>y</a>"),
        ('<a href="java\nscript:x">y</a>', "<a>y</a>"),
        ('<a href=" &#1;javascript:x">y</a>', "<a>y</a>"),
        ('<a href="data:text/html,x">y</a>', "<a>y</a>"),
        ('<a href="//evil.example">y</a>', "<a>y</a>"),
        ('<a href="#why">y</a>', '<a href="#why">y</a>'),
        ('<a href="https://example.com/a:b">y</a>', '<a href="https://example.com/a:b">y</a>'),
        ("</div></main><p>x", "<p>x</p>"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a<li>b</li></li></ul>"),
        ("<b>x</b><blink>y</blink>", "xy"),
        ("<!-- c --><?php x ?><!DOCTYPE html>z", "z"),
        ("<form action=x><input name=y><button>z</button></form>", "z"),
        ('<data value="1.5" data-fact="a|b">x</data>', '<data value="1.5" data-fact="a|b">x</data>'),
    ],
)
def test_allow_list(html: str, safe: str) -> None:
    assert allowed(html) == safe


def test_an_output_cannot_break_the_page_around_it() -> None:
    html = page_of(
        cell(displayed(Shown("</section></main></body><div><p>loose"))),
        new_markdown_cell("## Next?"),
        cell(displayed(Shown("<h1>Big</h1><h2>Less</h2>"))),
    )
    assert html.count("</main>") == html.count("</body>") == 1
    assert "<div><p>loose</p></div>" in html
    assert "<h3>Big</h3><h3>Less</h3>" in html


@pytest.mark.parametrize(
    "chosen",
    [
        ["--to", "channelnb_report"],
        # As where the wheel has put the template among Jupyter's own.
        ["--to", "html", "--template", "channelnb_report", f"--TemplateExporter.extra_template_basedirs={TEMPLATES}"],
    ],
    ids=["exporter", "template"],
)
def test_nbconvert_makes_the_page_by_itself(tmp_path: Path, chosen: list[str]) -> None:
    notebook = new_notebook(cells=[new_markdown_cell("# By itself\n\nText.")])
    nbformat.write(notebook, tmp_path / "a.ipynb")
    command = [sys.executable, "-m", "nbconvert", *chosen, str(tmp_path / "a.ipynb")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<h1>By itself</h1>" in html
    assert "Text." in html
    assert html.count("<style") == 1
    assert str(tmp_path) not in html


def test_the_wheel_puts_the_template_where_jupyter_looks() -> None:
    root = Path(__file__).parents[1]
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    (given, place), *others = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"].items()
    assert (root / given, others) == (TEMPLATES / "channelnb_report", [])
    assert place == "share/jupyter/nbconvert/templates/channelnb_report"
