"""Scorecards: by which few metrics the partners of a channel are scored, and from which day on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from channelnb.errors import BadParameters, unknown
from channelnb.metrics.registry import METRICS
from channelnb.settings import Keys, Lines, load_settings, read_yaml

CATEGORIES = ("performance", "activity", "capability", "effectiveness")
"""The four categories of a scorecard, in the order in which they are read."""

FEWEST, MOST = 2, 3
"""How many metrics a category may hold."""


@dataclass(frozen=True)
class ScoredMetric:
    """A metric that counts in a category, with its weight within it and what it should reach."""

    category: str
    metric: str
    weight: float
    target: float


@dataclass(frozen=True)
class Scorecard:
    """One version of a channel's scorecard, in force from the day `since` on; the channel is "" for the default.

    `weights` are those of the four categories; `at` is the file and line on which the version stands.
    """

    channel: str
    since: date
    metrics: tuple[ScoredMetric, ...]
    weights: tuple[float, ...] = (1.0,) * len(CATEGORIES)
    at: str = field(default="", compare=False)

    @property
    def content(self) -> str:
        """What scores follow from, as JSON: two versions of the same content give the same scores.

        >>> Scorecard("", date(2026, 1, 1), (ScoredMetric("activity", "win_rate", 1, 0.4),)).content
        '{"activity": {"win_rate": {"target": 0.4, "weight": 1}}, "weights": [1.0, 1.0, 1.0, 1.0]}'
        """
        by_category: dict[str, Any] = {"weights": list(self.weights)}
        for scored in self.metrics:
            terms = {"weight": scored.weight, "target": scored.target}
            by_category.setdefault(scored.category, {})[scored.metric] = terms
        return json.dumps(by_category, sort_keys=True)


@dataclass(frozen=True)
class Scorecards:
    """Every version of every channel's scorecard, those of a channel from the oldest to the newest; none by default."""

    versions: tuple[Scorecard, ...] = ()

    @property
    def channels(self) -> list[str]:
        """The channels that have scorecards of their own.

        >>> Scorecards((Scorecard("reseller", date(2026, 1, 1), ()), Scorecard("", date(2025, 1, 1), ()))).channels
        ['reseller']
        """
        return sorted({version.channel for version in self.versions} - {""})

    def in_force(self, channel: str, on: date) -> Scorecard | None:
        """The version by which a channel is scored on a day: its own, or the default where it has none yet.

        >>> default, own = (Scorecard(c, date(year, 1, 1), ()) for c, year in (("", 2025), ("reseller", 2026)))
        >>> cards = Scorecards((default, own))
        >>> [card and card.channel for card in (cards.in_force("reseller", date(y, 3, 1)) for y in (2024, 2025, 2026))]
        [None, '', 'reseller']
        """
        begun = [version for version in self.versions if version.since <= on and version.channel in (channel, "")]
        return max(begun, key=lambda version: (version.channel == channel, version.since), default=None)


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("write the day on which it takes effect, such as 2026-01-01") from None


def _few(value: object) -> object:
    if not isinstance(value, dict) or FEWEST <= len(value) <= MOST:
        return value
    found = f"it holds {len(value)} ({', '.join(map(str, value))})" if value else "it holds none"
    if len(value) > MOST:
        raise ValueError(
            f"a category takes two or three metrics, and {found}: attention is scarce, and a scorecard dies of too "
            "many figures; keep the three that matter most"
        )
    raise ValueError(f"a category takes two or three metrics, and {found}: one figure alone is soon gamed; add one")


def _above_zero(value: object) -> object:
    if isinstance(value, str):
        number = float(value)
        if not 0 < number < float("inf"):
            raise ValueError("it must be above 0: a score says how much of the target was reached")
    return value


class _Terms(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    target: Annotated[float, BeforeValidator(_above_zero)]
    asked: bool = False


_Metrics = Annotated[dict[str, _Terms], BeforeValidator(_few)]
_Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Weights(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    performance: _Weight = 1.0
    activity: _Weight = 1.0
    capability: _Weight = 1.0
    effectiveness: _Weight = 1.0


class _Version(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    since: Annotated[date, BeforeValidator(_day), Field(alias="from")]
    performance: _Metrics
    activity: _Metrics
    capability: _Metrics
    effectiveness: _Metrics
    weights: _Weights = _Weights()


_Versions = Annotated[tuple[_Version, ...], Field(min_length=1)]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    default: _Versions | None = None
    channels: dict[str, _Versions] = {}


def read_scorecards(path: Path) -> Scorecards:
    """The checked scorecards in a YAML file.

    Needs the metrics to be registered. Raises BadParameters, or UnknownName for a metric that there is not, with the
    file and line of each fault.

    >>> from tempfile import TemporaryDirectory
    >>> two = "{attainment: {target: 1}, win_rate: {target: 0.4}}"
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "scorecards.yaml")
    ...     _ = path.write_text(f"default:\\n- from: 2026-01-01\\n  performance: {two}\\n")
    ...     read_scorecards(path)
    Traceback (most recent call last):
    ...
    channelnb.errors.BadParameters: ...scorecards.yaml:2: the key 'default[0].activity' is missing; it must be set.
    ...
    """
    _, lines = read_yaml(path)
    written = load_settings(path, _File)
    places = _places(written)
    if not places:
        raise BadParameters(f"{path}:1: there is no scorecard; give a `default`, or `channels`.")
    found = [_version(path, lines, at, channel, version) for channel, at, version in places]
    _check_days(found)
    return Scorecards(tuple(sorted(found, key=lambda version: (version.channel, version.since))))


def _places(written: _File) -> list[tuple[str, Keys, _Version]]:
    """The channel of each version, and the keys that lead to it in the file."""
    default = [("", ("default", number), version) for number, version in enumerate(written.default or ())]
    return default + [
        (channel, ("channels", channel, number), version)
        for channel, versions in written.channels.items()
        for number, version in enumerate(versions)
    ]


def _version(path: Path, lines: Lines, at: Keys, channel: str, version: _Version) -> Scorecard:
    metrics: list[ScoredMetric] = []
    for category in CATEGORIES:
        for name, terms in getattr(version, category).items():
            where = f"{path}:{lines[(*at, category, name)]}"
            _check_metric(name, terms, where)
            if name in [scored.metric for scored in metrics]:
                raise BadParameters(f"{where}: {name} counts in this scorecard already; keep it in one category.")
            metrics.append(ScoredMetric(category, name, terms.weight, terms.target))
    weights = tuple(getattr(version.weights, category) for category in CATEGORIES)
    return Scorecard(channel, version.since, tuple(metrics), weights, f"{path}:{lines[at]}")


def _check_metric(name: str, terms: _Terms, where: str) -> None:
    if name not in METRICS:
        raise unknown("metric", name, METRICS, where=where)
    metric = METRICS[name]
    if metric.better == "neither":
        raise BadParameters(
            f"{where}: neither more nor less of {name} is better, so it has no score; take another metric."
        )
    if metric.forward:
        raise BadParameters(
            f"{where}: {name} tells of periods that lie ahead, and a score is of one that has begun; "
            "take another metric."
        )
    if getattr(metric, "asked", False) and not terms.asked:
        raise BadParameters(
            f"{where}: what {name} is made of must be asked of the partners, whose answers would move their own "
            "scores; take another metric, or say `asked: true` beside its target."
        )


def _check_days(versions: Iterable[Scorecard]) -> None:
    seen: dict[tuple[str, date], str] = {}
    for version in versions:
        first = seen.setdefault((version.channel, version.since), version.at)
        if first != version.at:
            raise BadParameters(
                f"{version.at}: a version from {version.since} stands at {first} already; give this one another day."
            )
