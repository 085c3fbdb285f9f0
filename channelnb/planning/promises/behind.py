"""Where either side is behind its peers, or keeps the other waiting, and funds that end: ways to catch up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from channelnb.metrics.registry import METRICS
from channelnb.planning.promises.last_four import LAST_FOUR, last_four
from channelnb.planning.promises.levers import costs_of_one
from channelnb.planning.promises.reckoning import FUNDS, PEERS, VENDOR, Known, is_lower, most_of, ways_of
from channelnb.planning.promises.subjects import WORDINGS
from channelnb.planning.sides.roadmap import sold_lines

_BEHIND = 0.5
"""A figure is behind that is short of the median by more than this part of the spread of its peers."""


def to_the_peers(known: Known, levered: pd.DataFrame, reach: pd.DataFrame) -> pd.DataFrame:
    """What would bring a partner, or the vendor's side of it, to the median of its peers, where it is behind.

    Where costs are given, only what has one is compared by it.
    """
    asked = [name for name in (known.costs or WORDINGS) if METRICS[name].better != "neither" and name != "revenue"]
    asked = [name for name in asked if not _dearer(name, known.costs)]
    rows = _behind(known, reach, asked)
    rows = rows[~rows["metric"].isin(VENDOR_SPEED)]
    rows["limit"] = most_of(rows, known)
    rows = rows[rows["target"].le(rows["limit"])]
    gains = levered.set_index(["partner_id", "metric"])["gain_of_one"]
    gain = gains.reindex(pd.MultiIndex.from_frame(rows[["partner_id", "metric"]])).to_numpy()
    rows["gain"] = (rows["target"] - rows["baseline"]).abs() * gain
    # What costs more than it brings is no way.
    rows = rows[~rows["cost"].ge(rows["gain"])]
    rows["cites"] = [_beside_peers(name, known) for name in rows["metric"]]
    return _in_a_line(ways_of(rows, PEERS), known)


_INSTEAD = {"lead_acceptance": "leads_given", "leads_worked": "leads_given"}
"""What brings the same as one more case of a share: a lead more to work on."""


def _dearer(metric: str, costs: Mapping[str, float]) -> bool:
    """Whether one more case costs more than what could be done instead."""
    instead = _INSTEAD.get(metric, "")
    return metric in costs and instead in costs and costs[metric] > costs[instead]


def _in_a_line(rows: pd.DataFrame, known: Known) -> pd.DataFrame:
    """Certificates in the line that a partner sells most of those in which nobody is certified, where there is one."""
    if rows.empty:
        return rows
    by_line = known.made["partner_line"]
    sold = sold_lines(by_line, known.quarters)
    held = by_line[by_line["metric"].eq("certified_people") & by_line["period"].eq(known.quarter)]
    held = held.loc[held["value"].gt(0), ["partner_id", "line"]].assign(held=True)
    bare = sold.merge(held, on=["partner_id", "line"], how="left")
    bare = bare[bare["held"].isna()].sort_values(["partner_id", "revenue", "line"], ascending=[True, False, True])
    line = rows["partner_id"].map(bare.drop_duplicates("partner_id").set_index("partner_id")["line"])
    of_line = rows["metric"].eq("certified_people") & line.notna()
    one = {"baseline": 0.0, "target": 1.0, "cost": known.costs.get("certified_people", np.nan)}
    changed = {name: rows[name].mask(of_line, value) for name, value in one.items()}
    more = [
        f"\nrevenue|line={name}|{known.quarter}|actual" if told else ""
        for name, told in zip(line, of_line, strict=True)
    ]
    return rows.assign(line=line.where(of_line), cites=rows["cites"] + more, **changed)


VENDOR_SPEED = (
    *("registration_approval_time", "lead_handover_time", "mdf_days_to_decide", "mdf_days_to_pay"),
    "days_since_contact",
)
"""How long the vendor keeps a partner waiting."""


def of_the_vendor(known: Known, reach: pd.DataFrame) -> pd.DataFrame:
    """Where the vendor is behind on its own side: slower than with the partner's peers, or silent for longer."""
    rows = _behind(known, reach, VENDOR_SPEED)
    rows["cites"] = [_beside_peers(name, known) for name in rows["metric"]]
    return ways_of(rows, VENDOR)


_ANSWERS = {
    "claim": ("finance", "Answer the claims on development funds that wait longer than usual"),
    "payment": ("finance", "Pay the approved claims that wait longer than usual"),
    "registration": ("sales", "Answer the deal registrations that wait longer than usual"),
}


def of_the_waiting(known: Known) -> pd.DataFrame:
    """What the vendor keeps a partner waiting for, longer than it usually does."""
    rows = known.made["waiting"]
    rows = rows[rows["side"].eq(VENDOR) & rows["late"].gt(0) & rows["what"].isin(_ANSWERS)]
    told = {"area": [_ANSWERS[what][0] for what in rows["what"]], "text": [_ANSWERS[what][1] for what in rows["what"]]}
    cites = [f"waiting_late|what={what}|{known.quarter}|actual" for what in rows["what"]]
    # As urgent as so many spreads: the oldest waits this many times as long as is usual.
    return ways_of(rows.assign(distance=rows["oldest"] / rows["usual"].clip(lower=1), cites=cites, **told), VENDOR)


def _beside_peers(metric: str, known: Known) -> str:
    return f"{metric}||{known.quarter}|actual\n{metric}||{known.quarter}|peer_median"


def _behind(known: Known, reach: pd.DataFrame, metrics: Iterable[str]) -> pd.DataFrame:
    now = known.now.loc[known.now["state"].eq("ok"), ["partner_id", "metric", "value", "n"]]
    rows = now[now["metric"].isin(list(metrics))].merge(reach, on=["partner_id", "metric"])
    rows = rows[rows["state"].eq("ok") & rows["median"].notna()]
    short = (rows["median"] - rows["value"]) * np.where(is_lower(rows["metric"]), -1, 1)
    rows = rows[short.gt(0) & (short / rows["spread"]).gt(_BEHIND)]
    change = (rows["median"] - rows["value"]).abs()
    cost = change * costs_of_one(rows["metric"], rows["n"], known.costs)
    distance = change / rows["spread"]
    return rows.assign(baseline=rows["value"], target=rows["median"], cost=cost, distance=distance)


def usual_claims(known: Known) -> pd.DataFrame:
    """What was granted on a claim of each partner in the last four quarters, as `last_four` tells it."""
    return last_four(known.made["partner"], ["mdf_amount_per_claim"], quarters=known.quarters)


def of_the_funds(known: Known) -> pd.DataFrame:
    """Claims on development funds that are left and end within the next quarter: as many as they would usually take."""
    left = known.made["funds"]
    after = known.calendar.shift(known.quarter, 1)
    last = pd.to_datetime(left["expires_on"])
    soon = last.gt(pd.Timestamp(known.book.as_of)) & last.le(pd.Timestamp(known.calendar.end(after)))
    sums = left[soon & left["left"].gt(0)].groupby("partner_id")["left"].sum().rename("left").reset_index()
    usual = usual_claims(known)
    each = usual.pivot(index="partner_id", columns="metric", values="value").reindex(columns=["mdf_amount_per_claim"])
    rows = sums.merge(each.reset_index(), on="partner_id")
    # Half a claim's worth is no claim.
    rows["target"] = np.floor(rows["left"] / rows["mdf_amount_per_claim"])
    rows = rows[rows["target"].ge(1)]
    rows["cost"] = rows["target"] * known.costs.get("mdf_claims", np.nan)
    cites = f"mdf_expiring||{known.quarter}|actual\nmdf_amount_per_claim||{known.quarter}|{LAST_FOUR}"
    return ways_of(rows.assign(metric="mdf_claims", baseline=0.0, cites=cites), FUNDS)
