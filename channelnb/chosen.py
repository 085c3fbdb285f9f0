"""What a run chooses that changes figures."""

from __future__ import annotations

from dataclasses import dataclass, field

from channelnb.scorecards import Scorecards


@dataclass(frozen=True)
class Settings:
    """What a run chooses that changes figures.

    `action_costs` is what it costs, in the vendor's currency, to raise a metric by one, as pairs of a metric and an
    amount.

    >>> Settings(pipeline_target=3.0).min_peers
    5
    """

    pipeline_target: float = 4.0
    min_peers: int = 5
    scorecards: Scorecards = field(default_factory=Scorecards)
    goal_lines: tuple[str, ...] = ()
    action_costs: tuple[tuple[str, float], ...] = ()
