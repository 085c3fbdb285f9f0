"""From an executed notebook to the page that a manager or a partner reads."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from traitlets import default

from channelnb.report.origins import noted, origins
from channelnb.report.page import PARTNER, PageInfo
from channelnb.report.sections import facts_of, plain, sections_of

TEMPLATES = Path(__file__).parent / "template"


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
        page = (resources or {}).get("page") or PageInfo()
        title, sections = sections_of(nb.cells, internal=page.edition != PARTNER)
        facts = {fact["id"]: fact for fact in facts_of(nb.cells)}
        for section in sections:
            section.html = noted(section.html, facts)
        about = {
            "origins": origins((section.html for section in sections), edition=page.edition),
            "page": page,
            "title": page.title or title or "Report",
            "summary": sections[0],
            "sections": [section for section in sections[1:] if not section.empty],
        }
        text, resources = super().from_notebook_node(nb, {**(resources or {}), **about}, **kw)
        return text, resources

    def default_filters(self) -> Any:
        """nbconvert's filters, and ours."""
        yield from super().default_filters()  # type: ignore[no-untyped-call]  # nbconvert's is untyped
        yield "plain", plain


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
