"""From an executed notebook to the page that a manager or a partner reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets import default

from channelnb.report.origins import Origins, noted, origins
from channelnb.report.page import PARTNER, PageInfo
from channelnb.report.sections import Section, facts_of, sections_of
from channelnb.report.style import TEMPLATES


class ReportExporter(HTMLExporter):
    """``jupyter nbconvert --to channelnb_report``: a page that stands alone and tells all without a script.

    The one script that it holds shows beside a figure what the list at the page's end says of it.
    What the page says of itself comes from ``resources["page"]``, or else from the notebook's title.
    """

    export_from_notebook = "channelnb report"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "channelnb_report"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self) -> list[str]:
        return [str(TEMPLATES)]

    def from_notebook_node(  # type: ignore[override]  # as HTMLExporter, which gives text and not a notebook
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page of a notebook, and nbconvert's resources."""
        given = {"page": PageInfo(), **(resources or {})}
        report = laid_out(nb, given["page"])
        # The sections hold all that is shown. Past HTMLExporter, which would parse the finished page once more to give
        # pictures a text (ours have one), and without the cells, all of which nbconvert would copy first.
        bare = NotebookNode({**nb, "cells": []})
        text, resources = super(HTMLExporter, self).from_notebook_node(bare, {**given, "report": report}, **kw)
        return text, resources

    def default_filters(self) -> Any:
        """nbconvert's filters, and the one that `basic` names for cells, which stand in our own sections here."""
        yield from super().default_filters()  # type: ignore[no-untyped-call]  # nbconvert's is untyped
        yield "highlight_code", escape


class ReportPreprocessor(Preprocessor):
    """Lays a notebook out for the template `channelnb_report`, whichever exporter of HTML it is chosen for.

    The template's ``conf.json`` names it, so that ``jupyter nbconvert --to html --template channelnb_report`` works.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """The notebook as it is, and resources with the report and what the page says of itself."""
        resources.setdefault("page", PageInfo())
        if "report" not in resources:
            resources["report"] = laid_out(nb, resources["page"])
        return nb, resources


@dataclass(frozen=True)
class Laid:
    """A notebook as the template shows it: its title, its summary, its sections, and where its figures come from."""

    title: str
    summary: Section
    sections: list[Section]
    origins: Origins | None

    @property
    def tabled(self) -> bool:
        """Whether there is a table on the page."""
        return any("<table" in section.html for section in (self.summary, *self.sections))


def laid_out(notebook: NotebookNode, page: PageInfo) -> Laid:
    """An executed notebook as the parts of a page; of what is empty nothing is kept."""
    title, sections = sections_of(notebook.cells, internal=page.edition != PARTNER)
    facts = {fact["id"]: fact for fact in facts_of(notebook.cells)}
    for section in sections:
        section.html = noted(section.html, facts)
    return Laid(
        title=page.title or title or "Report",
        summary=sections[0],
        sections=[section for section in sections[1:] if not section.empty],
        origins=origins((section.html for section in sections), edition=page.edition),
    )


@cache
def _exporter() -> ReportExporter:
    # Its template is compiled once for the whole of a run.
    return ReportExporter()  # type: ignore[no-untyped-call]  # nbconvert's is untyped


def page_html(notebook: NotebookNode, page: PageInfo) -> str:
    """The whole HTML of a report, the same bytes for the same notebook and page.

    Needs an executed notebook; its parameters, paths and errors' tracebacks do not reach the page.
    """
    text, _ = _exporter().from_notebook_node(notebook, {"page": page})
    return str(text)
