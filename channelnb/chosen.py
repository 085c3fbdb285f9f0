"""What a run chooses that changes figures."""

from __future__ import annotations

from dataclasses import dataclass, field

from channelnb.scorecards import Scorecards


@dataclass(frozen=True)
class Settings:
    """What a run chooses that changes figures.

    `pipeline_band` is the range in which a pipeline index counts as healthy, whatever the target.
    `action_costs` is what it costs, in the vendor's currency, to raise a metric by one, a share by one of its cases,
    as pairs of a metric and an amount. `next_targets` are the targets of the next period, as a partner's id ("" for all
    that have none of their own), a kind of target and its value; `updates` is what the vendor has to tell at every
    review.

    >>> Settings(pipeline_target=3.0).min_peers
    5
    """

    pipeline_target: float = 4.0
    pipeline_band: tuple[float, float] = (3.0, 5.0)
    min_peers: int = 5
    scorecards: Scorecards = field(default_factory=Scorecards)
    goal_lines: tuple[str, ...] = ()
    action_costs: tuple[tuple[str, float], ...] = ()
    next_targets: tuple[tuple[str, str, float], ...] = ()
    updates: tuple[str, ...] = ()
