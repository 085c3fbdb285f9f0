"""One visual language: what the partner, peers, plan, forecast and uncertainty look like in every picture."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Ink:
    """A colour on a light page, and its counterpart on a dark one."""

    light: str
    dark: str


@dataclass(frozen=True)
class Look:
    """The colours by role, from Okabe and Ito's palette, so that colour-blind readers can tell them apart.

    A role has a form of its own too, and never colour alone: the partner is a filled bar or dot, the
    year before a pale bar, the plan a black tick, peers a grey band, the forecast a hollow bar,
    uncertainty a thin line. Each colour is used for nothing else, since the picture's style sheet
    swaps it by its code when the page is dark.
    """

    paper: Ink = Ink("#ffffff", "#14181d")
    ink: Ink = Ink("#1c2430", "#e9ecf0")
    soft: Ink = Ink("#566270", "#a7b1bc")
    grid: Ink = Ink("#e3e8ed", "#2c343d")
    partner: Ink = Ink("#0072b2", "#4aa8de")
    prior: Ink = Ink("#b5cfe0", "#35566c")
    plan: Ink = Ink("#11161d", "#f7f8fa")
    peers: Ink = Ink("#cfd6dd", "#4a545f")
    forecast: Ink = Ink("#3f8fbf", "#7cbfe6")
    uncertain: Ink = Ink("#7a8794", "#8c97a3")
    over: Ink = Ink("#007a5a", "#3fc29a")
    under: Ink = Ink("#c25100", "#f08a4b")

    @property
    def style(self) -> str:
        """The style sheet of a picture: each colour as a variable, light or dark as the reader's screen is."""
        light = "".join(f"--{role.name}:{getattr(self, role.name).light};" for role in fields(self))
        dark = "".join(f"--{role.name}:{getattr(self, role.name).dark};" for role in fields(self))
        return (
            f"svg{{{light}}}@media(prefers-color-scheme:dark){{svg{{{dark}}}}}"
            "*{stroke-linejoin:round}text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif}"
        )

    @property
    def variables(self) -> dict[str, str]:
        """The variable that stands for each light colour.

        >>> LOOK.variables["#0072b2"]
        'var(--partner)'
        """
        return {getattr(self, role.name).light: f"var(--{role.name})" for role in fields(self)}


LOOK = Look()

# Clusters are told apart by shape and by their name beside them; the colours come second.
CLUSTER_MARKS = ("o", "s", "^", "D", "P", "X", "v", "*")
CLUSTER_COLOURS = ("#0072b2", "#c25100", "#007a5a", "#cc79a7", "#3f8fbf", "#b07d00", "#7a8794", "#1c2430")

SIZE, SMALL = 9.5, 8.5

# Any: matplotlib's stubs name each key, pandas and seaborn know none of them.
RC: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": LOOK.uncertain.light,
    "axes.facecolor": "none",
    "axes.grid": False,
    "axes.labelcolor": LOOK.soft.light,
    "axes.labelsize": SMALL,
    "axes.linewidth": 0.8,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": LOOK.paper.light,
    "font.size": SIZE,
    "grid.color": LOOK.grid.light,
    "grid.linewidth": 0.8,
    "hatch.linewidth": 0.8,
    "lines.linewidth": 2.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "channelnb",
    "text.color": LOOK.ink.light,
    # A name may hold dollar signs; it is not a formula.
    "text.parse_math": False,
    "xtick.color": LOOK.soft.light,
    "xtick.labelsize": SMALL,
    "xtick.major.size": 0,
    "ytick.color": LOOK.soft.light,
    "ytick.labelsize": SMALL,
    "ytick.major.size": 0,
}
