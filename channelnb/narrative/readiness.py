"""Facts and sentences on what a source's data can and cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from channelnb.book.rules import SEVERITIES
from channelnb.frames import records
from channelnb.narrative.facts import Fact, Facts, from_row
from channelnb.narrative.sentence import (
    Piece,
    Sentence,
    Stated,
    in_list,
    mid_sentence,
    number_of,
    say,
    stated,
    words,
)

NAMED = 6
"""How many metrics or tables a sentence names before it counts the rest."""

_WORDS = (
    *("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)

OF_THE_WHOLE, OF_NO_PARTNER = "metrics_of_the_whole", "metrics_of_no_partner"
"""The metrics that count what is measurable, but has no figure of any partner."""


def of_the_whole(metrics: pd.DataFrame) -> pd.Series[bool]:
    """Which metrics have a figure for the channel as a whole only: what they count is of no partner.

    >>> row = {"state": "ok", "ok": 0, "too_few": 0}
    >>> of_the_whole(pd.DataFrame([row, row | {"ok": 9}, row | {"too_few": 9}, row | {"state": "no_data"}])).tolist()
    [True, False, False, False]
    """
    return metrics["state"].eq("ok") & metrics["ok"].eq(0) & metrics["too_few"].eq(0)


def of_no_partner(metrics: pd.DataFrame) -> pd.Series[bool]:
    """Which metrics have a figure of no partner yet, as each that has cases has too few.

    >>> row = {"state": "ok", "ok": 0, "too_few": 9}
    >>> of_no_partner(pd.DataFrame([row, row | {"ok": 1}, row | {"too_few": 0}])).tolist()
    [True, False, False]
    """
    return metrics["state"].eq("ok") & metrics["ok"].eq(0) & metrics["too_few"].gt(0)


def gather(frames: Mapping[str, pd.DataFrame], *, period: str) -> Facts:
    """Every fact that the readiness report may state, from the snapshot's frames that tell of readiness."""
    return Facts(_facts(frames, _Maker(period)))


class _Maker:
    """Makes facts of one period; each is a count unless said otherwise."""

    def __init__(self, period: str) -> None:
        self.period = period

    def __call__(self, metric: str, value: Any, unit: str = "count", **beside: Any) -> Fact:
        grain = beside.pop("grain", {})
        row = {"state": "ok", **beside, **grain, "metric": metric, "period": self.period, "value": value}
        return from_row(row, unit=unit, grain=grain)


def _facts(frames: Mapping[str, pd.DataFrame], made: _Maker) -> Iterator[Fact]:
    metrics, tables, findings = (frames[f"readiness_{name}"] for name in ("metrics", "tables", "findings"))
    yield made("metrics", len(metrics))
    yield made("metrics_measurable", int((metrics["state"] == "ok").sum()), denominator=len(metrics))
    for name, of in ((OF_THE_WHOLE, of_the_whole(metrics)), (OF_NO_PARTNER, of_no_partner(metrics))):
        yield made(name, int(of.sum()), denominator=len(metrics))
    for row in records(metrics):
        told = row["state"] == "ok"
        yield made(
            "partners_measured",
            row["ok"] if told else None,
            denominator=row["partners"],
            state=row["state"],
            grain={"of_metric": row["metric"]},
        )
        yield made("partners_too_few", row["too_few"], denominator=row["partners"], grain={"of_metric": row["metric"]})
    yield made("tables_given", int(tables["given"].sum()), denominator=len(tables))
    for name in ("rows_in", "rows_used", "rows_rejected"):
        yield made(name, int(tables[name].sum()))
        for row in records(tables[tables["given"]]):
            yield made(name, row[name], grain={"table": row["table"]})
    for severity in SEVERITIES:
        yield made("findings", int((findings["severity"] == severity).sum()), grain={"severity": severity})
    for row in records(findings):
        column = row["column"] if isinstance(row["column"], str) else ""
        yield made(
            "finding_rows", row["rows"], grain={name: row[name] for name in ("table", "rule")} | {"column": column}
        )
    for row in records(frames["readiness_rules"]):
        broken = findings.loc[findings["rule"] == row["rule"], "rows"].sum()
        yield made("rows_found", int(broken) if row["looked_at"] else None, **_looked(row))
        yield made("places_looked_at", row["looked_at"], grain={"rule": row["rule"]})
    for row in records(frames["readiness_columns"]):
        if row["given"]:
            grain = {name: row[name] for name in ("table", "column")}
            yield made("column_filled", row["filled"], "share", grain=grain)


def _looked(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"state": "ok" if row["looked_at"] else "not_measurable", "grain": {"rule": row["rule"]}}


def finding(facts: Facts, period: str) -> Sentence:
    """How much can be measured, and whether the data can be trusted: the sentence that the page opens with.

    >>> counts = {"metrics": 13, "metrics_measurable": 9, "rows_rejected": 0}
    >>> facts = Facts([Fact(name, "2026Q3", value, unit="count") for name, value in counts.items()])
    >>> finding(facts, "2026Q3").text("USD")
    'Nine of thirteen metrics can be measured for 2026Q3; no rule finds anything wrong, and no row was rejected.'
    """
    measured, every = facts.of("metrics_measurable", period), facts.of("metrics", period)
    # Words beside figures would read oddly: both are one or the other.
    figures = max(int(fact.value or 0) for fact in (measured, every)) >= len(_WORDS)
    of = in_words(every, figures=figures)
    rest = [*_without_partner(facts, period, figures=figures), *_trust(facts, period)]
    if measured.value == every.value:
        return say("All ", of, f" metrics can be measured for {period}", *rest, ".")
    first = in_words(measured, capital=True, figures=figures)
    return say(first, " of ", of, f" metrics can be measured for {period}", *rest, ".")


def _without_partner(facts: Facts, period: str, *, figures: bool) -> list[Piece]:
    """How many of the metrics that can be measured have a figure of no partner."""
    told = ((OF_THE_WHOLE, " only for the channel as a whole"), (OF_NO_PARTNER, " for no partner yet"))
    found = [(facts.of(name, period), said) for name, said in told]
    items = [(in_words(fact, figures=figures), said) for fact, said in found if fact.value]
    return [", ", *in_list(items)] if items else []


def in_words(fact: Fact, *, capital: bool = False, figures: bool = False) -> Stated:
    """A count in words up to twenty.

    >>> in_words(Fact("metrics_measurable", "2026Q3", 9.0, unit="count"), capital=True).text
    'Nine'
    """
    value = int(fact.value or 0)
    word = f"{value:,}" if figures or value >= len(_WORDS) else _WORDS[value]
    return stated(fact, word[:1].upper() + word[1:] if capital else word)


def _trust(facts: Facts, period: str) -> list[Piece]:
    error, warning = (facts.of("findings", period, severity=name) for name in ("error", "warning"))
    if error.value:
        things = "thing" if error.value == 1 else "things"
        return ["; ", in_words(error), f" {things} must be mended before the figures are right"]
    if warning.value:
        said = "thing in the data looks" if warning.value == 1 else "things in the data look"
        return ["; ", in_words(warning), f" {said} suspicious"]
    return [
        "; no rule finds anything wrong, and ",
        stated(facts.of("rows_rejected", period), "no row"),
        " was rejected",
    ]


def rows(facts: Facts, period: str) -> Sentence:
    """What became of the rows that came in.

    >>> counts = {"rows_in": 1200, "rows_used": 1199, "rows_rejected": 1}
    >>> facts = Facts([Fact(name, "2026Q3", value, unit="count") for name, value in counts.items()])
    >>> rows(facts, "2026Q3").text("USD")
    'Of 1,200 rows that came in 1,199 are used; 1 breaks the contract and is in no figure.'
    """
    counts = [facts.of(name, period) for name in ("rows_in", "rows_used", "rows_rejected")]
    came, used, rejected = (stated(fact, f"{int(fact.value or 0):,}") for fact in counts)
    if not counts[-1].value:
        return say("All ", came, " rows that came in are used; none breaks the contract.")
    broke = "breaks the contract and is" if counts[-1].value == 1 else "break the contract and are"
    return say("Of ", came, " rows that came in ", used, " are used; ", rejected, f" {broke} in no figure.")


def severities(facts: Facts, period: str) -> list[Sentence]:
    """What errors, warnings and notes there are, and what these words mean.

    >>> found = Fact("findings", "2026Q3", 2.0, "count", (("severity", "error"),))
    >>> [sentence.text("") for sentence in severities(Facts([found]), "2026Q3")]
    ['2 errors: figures are wrong until that is mended.']
    """
    means = {
        "error": "figures are wrong until that is mended",
        "warning": "figures may mislead",
        "note": "worth knowing",
    }
    said = []
    for severity in SEVERITIES:
        fact = facts.of("findings", period, severity=severity)
        if fact.value:
            said.append(say(number_of(fact, severity), f": {means[severity]}."))
    return said or [say("No rule finds anything suspicious.")]


def measurable(metrics: pd.DataFrame, *, period: str) -> list[Sentence]:
    """Which metrics can be measured for all partners, for some, for the whole only, and for none.

    >>> rows = {"label": ["Revenue", "Win rate"], "state": ["ok", "not_measurable"], "ok": [9, 0], "partners": 9}
    >>> rows["too_few"] = 0
    >>> [sentence.text("") for sentence in measurable(pd.DataFrame(rows), period="2026Q3")]
    ['For every partner: revenue.', 'Not measurable, for want of data: win rate.']
    """
    known = metrics[metrics["state"] == "ok"]
    everyone = known[known["ok"] == known["partners"]]["label"]
    some = known[known["ok"].gt(0) & known["ok"].lt(known["partners"])]["label"]
    none = metrics[metrics["state"] == "no_data"]["label"]
    lacking = metrics[metrics["state"] == "not_measurable"]["label"]
    said = {
        "every": ("For every partner: ", everyone),
        "some": ("For some partners only: ", some),
        "whole": ("For the channel as a whole, and not by partner: ", metrics[of_the_whole(metrics)]["label"]),
        "few": ("For no partner yet, as each has too few cases: ", metrics[of_no_partner(metrics)]["label"]),
        "none": ("For no partner in this period, though the source has the columns: ", none),
        "not_measurable": ("Not measurable, for want of data: ", lacking),
    }
    return [say(start, *_named(labels, period, of), ".") for of, (start, labels) in said.items() if len(labels)]


def _named(labels: pd.Series, period: str, of: str) -> tuple[Piece, ...]:
    """Labels in the middle of a sentence; those beyond the first few are counted.

    >>> say(*_named(pd.Series(["Win rate", "Gross margin"]), "2026Q3", "every")).text("")
    'win rate and gross margin'
    """
    told: list[Piece] = [words(mid_sentence(label)) for label in labels]
    rest = len(told) - NAMED
    if rest <= 1:
        return in_list(told)
    more = Fact("metrics_not_named", period, float(rest), "count", (("measurable_for", of),))
    return in_list([*told[:NAMED], (more, " more")])
