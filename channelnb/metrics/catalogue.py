"""The catalogue as a table: a frame in code, and a table to search in JupyterLab."""

from __future__ import annotations

from html import escape

import pandas as pd

from channelnb.frames import records
from channelnb.metrics.known import tables_of
from channelnb.metrics.registry import METRICS, Metric

# The box is hidden until the script shows it: where none runs there is a plain table, and no box that does nothing.
_BOX = '<input type="search" placeholder="Find: all of these words" aria-label="Find metrics" size="40" hidden>'
_LEFT = ' style="text-align:left;vertical-align:top"'
_SCRIPT = """
for (const shown of document.querySelectorAll(".channelnb-catalogue")) {
  const [box, count] = [shown.querySelector("input"), shown.querySelector("output")];
  const lines = [...shown.querySelectorAll("tbody tr")];
  box.hidden = false;
  box.oninput = () => {
    const words = box.value.toLowerCase().split(/\\s+/);
    for (const line of lines) {
      const text = line.textContent.toLowerCase();
      line.hidden = !words.every((word) => text.includes(word));
    }
    count.textContent = `${lines.filter((line) => !line.hidden).length} of ${lines.length}`;
  };
}
"""


class Catalogue(pd.DataFrame):
    """A frame of metrics that JupyterLab shows with a box to search it; what is made from it is a plain frame."""

    def _repr_html_(self) -> str:
        head = "".join(f"<th{_LEFT}>{escape(str(name))}</th>" for name in self.columns)
        cells = (row.items() for row in records(self))
        rows = "".join(f"<tr>{''.join(_cell(name, value) for name, value in row)}</tr>" for row in cells)
        return (
            f'<div class="channelnb-catalogue">{_BOX} <output>{len(self)} of {len(self)}</output>'
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div><script>{_SCRIPT}</script>"
        )


def _cell(name: str, value: object) -> str:
    shown = ("asked of the partner" if value else "") if name == "asked" else str(value)
    return f"<td{_LEFT}>{escape(shown)}</td>"


def catalogue(words: str = "") -> Catalogue:
    """The catalogue: one row per metric, with its category, unit, direction and meaning.

    `words` keep the metrics that mention all of them in their name, label, meaning, category or tables. `asked` says
    whether the data must be asked of the partner, `tables` which tables of the contract it is measured from.

    >>> catalogue().set_index("metric").loc["win_rate", "unit"]
    'share'
    >>> "win_rate" in set(catalogue("won opportunities")["metric"])
    True
    """
    wanted = words.casefold().split()
    rows = [row for row in map(_row, METRICS.values()) if all(word in _text(row) for word in wanted)]
    return Catalogue(rows, columns=["metric", "label", "category", "unit", "better", "asked", "tables", "about"])


def _row(metric: Metric) -> dict[str, object]:
    return {
        "metric": metric.name,
        "label": metric.label,
        "category": metric.category,
        "unit": metric.unit,
        "better": metric.better,
        "asked": metric.asked,
        "tables": ", ".join(tables_of(metric)),
        "about": " ".join(metric.about.split()),
    }


def _text(row: dict[str, object]) -> str:
    return " ".join(str(value) for value in row.values() if isinstance(value, str)).casefold()
