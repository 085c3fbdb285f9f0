"""What every cell of the recruiting report draws on: the quarter's study, its facts, and how they are said."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from channelnb.errors import NotUsable
from channelnb.fiscal import FiscalCalendar, is_month
from channelnb.narrative.facts import Fact, Facts
from channelnb.narrative.recruiting import TraitWords, gap_of, written
from channelnb.narrative.recruiting_facts import HIGH, OTHERS, gather
from channelnb.narrative.sentence import Piece, Sentence, say
from channelnb.recruiting.study import Study, study
from channelnb.report.shown import Shown
from channelnb.report.words import narrative, spoken
from channelnb.snapshot import Snapshot

JUDGED = ("ok", "not_distinct")
"""The states of traits that could be judged."""


@dataclass(frozen=True)
class Page:
    """One quarter's study, its facts, and the currency in which money is written."""

    study: Study
    facts: Facts
    currency: str

    @property
    def quarter(self) -> str:
        """The quarter studied."""
        return self.study.quarter

    def traits(self, *states: str) -> list[TraitWords]:
        """The traits in these states, the widest gap first."""
        rows = self.study.gaps[self.study.gaps["state"].isin(states)]
        rows = rows.sort_values("gap", key=lambda gap: -gap.abs(), kind="stable")
        return [TraitWords(row["trait"], row["label"], row["kind"], row["level"]) for row in rows.to_dict("records")]

    def of(self, metric: str, role: str = "actual", **grain: str) -> Fact:
        """A fact of the quarter."""
        return self.facts.of(metric, self.quarter, role=role, **grain)

    def gap(self, trait: TraitWords) -> Fact:
        """The gap of a trait."""
        return gap_of(self.facts, self.quarter, trait)

    def means(self, trait: TraitWords) -> tuple[Fact, Fact]:
        """The mean of a trait among the high performers, and among the others."""
        high, others = (self.of("trait_mean", role, trait=trait.name) for role in (HIGH, OTHERS))
        return high, others

    def line(self, *pieces: Piece) -> Shown:
        """Words and figures as they stand in a cell, a card or a paragraph; each figure keeps its fact."""
        figures = [written(piece, self.currency) if isinstance(piece, Fact) else piece for piece in pieces]
        return spoken(say(*figures), self.currency)

    def told(self, *sentences: Sentence) -> Shown:
        """Sentences one below the other."""
        return narrative(sentences, self.currency)


def page_of(snapshot: Snapshot) -> Page:
    """The page of a snapshot; computed once for each version of it."""
    return _studied(snapshot.folder, snapshot.data_version)


@lru_cache(maxsize=2)
def _studied(folder: Path, data_version: str) -> Page:
    # Every cell asks for the study, and a snapshot of one version never changes.
    snapshot = Snapshot.open(folder)
    about = snapshot.about
    if is_month(about.period):
        raise NotUsable(f"recruiting is studied by quarter, and this snapshot is of {about.period}; take a quarter's.")
    found = study(
        snapshot.frame("partners"),
        snapshot.frame("partner").rename(columns={"period": "quarter"}),
        snapshot.frame("candidates"),
        quarter=about.period,
        calendar=FiscalCalendar(about.first_month),
    )
    return Page(found, gather(found), about.currency)


def named(trait: TraitWords) -> str:
    """A trait as a heading names it.

    >>> named(TraitWords("trait_bank", "Bank", "category", "Guardian"))
    'Bank: Guardian'
    """
    return f"{trait.label}: {trait.level}" if trait.level else trait.label
