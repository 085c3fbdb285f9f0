"""An executed notebook as the sections of a page: headings, evidence, and the code behind it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Any

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from channelnb.glance import unstyled
from channelnb.redaction import told
from channelnb.report.allowed import allowed
from channelnb.report.shown import FACTS_MIME

# A parameters cell holds paths of the machine that ran it; the page's head says what a reader needs of it.
HIDDEN_TAGS = frozenset({"parameters", "injected-parameters", "remove_cell"})
EVIDENCE_TAG = "evidence"
"""The tag of the Markdown cell whose first heading begins the evidence: on paper, on a page of its own."""
_H2 = re.compile(r"<h2[^>]*>(.*?)</h2>", re.DOTALL)
_H1 = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
# What `absence` makes, and nothing else.
_ABSENT = re.compile(r'(?:<p class="callout neutral absent">(?:(?!</p>).)*</p>\s*)+', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


@dataclass
class Section:
    """One heading (a question), what answers it, and the code that made the answer.

    `heading` and `html` are safe HTML, `code` is text; the first section of a page, its summary, has no heading.
    `silent` says that a cell answered that there is nothing to show, `evidence` that the section is behind the front
    pages.
    """

    heading: str = ""
    slug: str = ""
    html: str = ""
    code: list[str] = field(default_factory=list)
    silent: bool = False
    evidence: bool = False

    @property
    def empty(self) -> bool:
        """True when a reader would see nothing of it, or a question that has no answer here.

        >>> Section(code=["page = open_page()"]).empty, Section(heading="How did it sell?").empty
        (True, False)
        >>> Section(heading="How did it sell?", silent=True).empty
        True
        >>> remark = '<p class="callout neutral absent">No deal.</p>'
        >>> [Section("Deals?", html=remark, evidence=behind).empty for behind in (True, False)]
        [True, False]
        """
        if self.evidence and _ABSENT.fullmatch(self.html):
            return True
        return not self.html and (self.silent or not self.heading)

    @property
    def title(self) -> str:
        """The heading as text.

        >>> Section(heading="Why <em>so</em>?").title
        'Why so?'
        """
        return plain(self.heading)


def sections_of(cells: Iterable[Mapping[str, Any]], *, internal: bool) -> tuple[str, list[Section]]:
    """The title of a notebook (its first H1, as text) and its sections, the summary first.

    An H2 of a Markdown cell begins a section; from the cell tagged ``evidence`` on, all are evidence. The code is kept
    for the internal edition only.

    >>> title, parts = sections_of([{"cell_type": "markdown", "source": "# A\\nSo.\\n## Why?\\nB."}], internal=True)
    >>> title, [(part.heading, part.html) for part in parts]
    ('A', [('', '<p>So.</p>'), ('Why?', '<p>B.</p>')])
    """
    title, sections, evidence = "", [Section()], False
    for cell in cells:
        tags = set(cell.get("metadata", {}).get("tags", []))
        if HIDDEN_TAGS & tags:
            continue
        evidence |= EVIDENCE_TAG in tags
        if cell["cell_type"] == "markdown":
            found, parts = _markdown(cell["source"])
            title = title or found
            sections[-1].html += parts[0]
            found_here = zip(parts[1::2], parts[2::2], strict=True)
            sections.extend(Section(heading, html=html, evidence=evidence) for heading, html in found_here)
        elif cell["cell_type"] == "code":
            outputs = cell.get("outputs", [])
            sections[-1].html += "".join(output_html(output, internal=internal) for output in outputs)
            sections[-1].silent |= any(output.get("data", {}).get("text/html") == "" for output in outputs)
            if internal and cell["source"].strip():
                sections[-1].code.append(cell["source"].strip())
    for number, section in enumerate(sections[1:], start=1):
        section.slug = f"{_slug(section.heading)}-{number}"
    return title, sections


def facts_of(cells: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every fact that a notebook's cells state, as it stands in a ``.facts.json``.

    >>> data = {FACTS_MIME: [{"id": "revenue||2026Q3|actual"}]}
    >>> facts_of([{"cell_type": "code", "outputs": [{"data": data}]}, {"cell_type": "markdown"}])
    [{'id': 'revenue||2026Q3|actual'}]
    """
    outputs = (output for cell in cells if cell["cell_type"] == "code" for output in cell.get("outputs", []))
    return [fact for output in outputs for fact in output.get("data", {}).get(FACTS_MIME, ())]


def _markdown(source: str) -> tuple[str, list[str]]:
    """The H1 of a Markdown cell, and its HTML cut at the H2s: before, heading, after, heading, after, …"""
    rendered = MarkdownWithMath(renderer=IPythonRenderer(escape=False, exclude_anchor_links=True)).render(source)
    html = allowed(rendered)
    title = _H1.search(html)
    html = _H1.sub("", html)
    # A cut may go through a block that stands around a heading.
    parts = [allowed(part).strip() for part in _H2.split(html)]
    return (plain(title[1]) if title else ""), parts


def output_html(output: Mapping[str, Any], *, internal: bool) -> str:
    """The safe HTML of one output of a cell: ours as it is, text escaped, pictures as images, else nothing.

    What an analyst's own cells show says nothing of the machine, as in a notebook that is kept.

    >>> output_html({"output_type": "display_data", "data": {"text/plain": "<b>"}}, internal=True)
    '<pre class="plain">&lt;b&gt;</pre>'
    """
    kind = output["output_type"]
    if kind == "stream":
        # What a library says on stderr is for whoever runs the notebook, and often names paths.
        return _pre(output["text"]) if internal and output["name"] == "stdout" else ""
    if kind == "error":
        return f'<p class="callout bad">This part could not be made ({escape(str(output["ename"]))}).</p>'
    data = output.get("data", {})
    if FACTS_MIME in data and "text/html" in data:
        return allowed(unstyled(_joined(data["text/html"])), top_heading=3)
    if "image/svg+xml" in data:
        return _image("svg+xml", b64encode(told(_joined(data["image/svg+xml"])).encode()).decode("ascii"), output)
    if "image/png" in data:
        return _image("png", "".join(_joined(data["image/png"]).split()), output)
    return _pre(data["text/plain"]) if "text/plain" in data else ""


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _image(kind: str, encoded: str, output: Mapping[str, Any]) -> str:
    alt = told(str(output.get("metadata", {}).get("alt", "A picture that has no description")))
    return allowed(f'<img alt="{escape(alt)}" src="data:image/{kind};base64,{escape(encoded)}">')


def _pre(text: str | list[str]) -> str:
    return f'<pre class="plain">{escape(told(_joined(text)), quote=False)}</pre>'


def plain(html: str) -> str:
    """The text of some safe HTML.

    >>> plain("Why <em>so</em> &amp; how?")
    'Why so & how?'
    """
    return unescape(_TAG.sub("", html)).strip()


def _slug(heading: str) -> str:
    words = re.findall(r"[a-z0-9]+", plain(heading).lower())
    return "-".join(words[:6]) or "section"
