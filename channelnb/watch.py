"""The defection watch: signs that a partner may be turning away, or that the vendor gives it reason to."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from channelnb.errors import ColumnsMissing, NotUsable

WATCHED = (
    "share_of_partner_sales",
    "growth_yoy",
    "leads_given",
    "lead_score",
    "lead_acceptance",
    "days_since_contact",
)
"""The metrics that the watch reads, by partner."""

SIGNALS = ("falling_share", "fewer_good_leads", "no_contact")
"""What may be a sign, in the order in which it is shown."""

_NEEDED = ("partner_id", "metric", "numerator", "value", "state")
# Points and accepted leads are counts, which few cases make no less true.
COUNTED = ("leads_given", "lead_score", "lead_acceptance")


@dataclass(frozen=True)
class Thresholds:
    """From where on a change is a sign: each is what a vendor would ask about, not what a law of nature says.

    `share_lost` is of the partner's sales (0.05 is five points), `revenue_lost` and `leads_lost` of the year
    before; whoever had fewer than `fewest_leads` then is not judged by leads. Leads of one quarter are few, and
    vary by a third from year to year for no reason: so half of them must be gone.
    """

    share_lost: float = 0.05
    revenue_lost: float = 0.10
    leads_lost: float = 0.5
    fewest_leads: int = 5
    days_without_contact: int = 90


USUAL = Thresholds()
"""The thresholds unless others are given."""


def watch(now: pd.DataFrame, before: pd.DataFrame, *, thresholds: Thresholds = USUAL) -> pd.DataFrame:
    """Which signs of defection each partner shows, with the figures behind them.

    Needs what `measure` says of the metrics of WATCHED by partner_id, of a period and of the same one a
    year before. A row is a partner: for each of SIGNALS whether it is on (NA where it can't be told), how many are
    `on`, how many could be `told`, `of` how many; and the figures. `share_measure` says what tells of its share:
    share_of_partner_sales, or growth_yoy where the partner's whole sales are not known, or were told so low that
    the share passes 100 %; `share_change` is the change of the first in one year, or the second. `leads_measure` is
    lead_score (then leads are told in points, their number times their score) or lead_acceptance (leads accepted,
    where they have no scores). No sign comes from a figure that is missing: no contact on record is not told. Raises
    ColumnsMissing for a frame that is no measurement, NotUsable for one with several rows of a partner and metric.

    Source: common practice in account management; the signs are the vendor's own, not a fitted model.

    >>> rows = [("P1", "growth_yoy", None, -0.2), ("P1", "days_since_contact", 120.0, 120.0)]
    >>> now = pd.DataFrame(rows, columns=["partner_id", "metric", "numerator", "value"]).assign(state="ok")
    >>> watch(now, now.iloc[:0])[["partner_id", *SIGNALS, "on", "told"]]
      partner_id  falling_share  fewer_good_leads  no_contact  on  told
    0         P1           True              <NA>        True   2     2
    """
    current = _figures(now, "value")
    earlier = _figures(before, "value").reindex(current.index)
    partners = pd.DataFrame(index=current.index)
    share = _share(current, earlier, thresholds)
    leads = _leads((current, _figures(now, "numerator")), (earlier, _figures(before, "numerator")), thresholds)
    days = current["days_since_contact"]
    partners["falling_share"] = share.pop("falling_share")
    partners["fewer_good_leads"] = leads.pop("fewer_good_leads")
    partners["no_contact"] = _where_told(days > thresholds.days_without_contact, days.notna())
    signals = partners[list(SIGNALS)]
    partners = partners.assign(
        on=signals.fillna(False).sum(axis=1).astype("int64"),
        told=signals.notna().sum(axis=1).astype("int64"),
        of=len(SIGNALS),
    )
    return pd.concat([partners, share, leads, days], axis=1).rename_axis("partner_id").reset_index()


def _figures(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """One row for each partner, one column for each metric watched; NaN where it is not known."""
    lacking = [name for name in _NEEDED if name not in rows]
    if lacking:
        raise ColumnsMissing(
            f"the watch needs columns {lacking}; the frame has {[str(name) for name in rows.columns]}. "
            "Give what `measure` returns by partner_id."
        )
    watched = rows[rows["metric"].isin(WATCHED)]
    twice = watched[watched.duplicated(["partner_id", "metric"])]
    if len(twice):
        first = twice.iloc[0]
        raise NotUsable(
            f"partner {first['partner_id']!r} has several rows of {first['metric']!r}; "
            "the watch needs one period, measured by partner_id alone."
        )
    known = watched["state"].eq("ok") | (watched["state"].eq("too_few") & watched["metric"].isin(COUNTED))
    figures = watched[column].astype("float64").where(known)
    table = figures.set_axis(pd.MultiIndex.from_frame(watched[["partner_id", "metric"]])).unstack("metric")
    partners = pd.Index(sorted(rows["partner_id"].unique()), dtype="str", name="partner_id")
    return table.reindex(index=partners, columns=list(WATCHED)).astype("float64")


def _where_told(sign: pd.Series[bool], told: pd.Series[bool]) -> pd.Series[bool]:
    return sign.astype("boolean").where(told)


def _share(now: pd.DataFrame, before: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """What became of the vendor's share of the partner's sales or, where it is not known, of its revenue."""
    share, share_before = (one["share_of_partner_sales"].where(lambda told: told <= 1) for one in (now, before))
    change = share - share_before
    growth = now["growth_yoy"]
    by_share = change.notna()
    told = by_share | growth.notna()
    fell = (change <= -thresholds.share_lost).where(by_share, growth <= -thresholds.revenue_lost)
    measure = pd.Series("growth_yoy", index=now.index, dtype="str").mask(by_share, "share_of_partner_sales")
    return pd.DataFrame(
        {
            "falling_share": _where_told(fell, told),
            "share_measure": measure.where(told),
            "share_change": change.where(by_share, growth),
        }
    )


_Told = tuple[pd.DataFrame, pd.DataFrame]
"""Values and numerators of one period."""


def _leads(now: _Told, before: _Told, thresholds: Thresholds) -> pd.DataFrame:
    """The good leads of both periods: in points where both tell the score, else those that the partner accepted."""
    points, points_before = _points(now[0]), _points(before[0])
    accepted, accepted_before = _accepted(now), _accepted(before)
    by_points = points.notna() & points_before.notna()
    leads, leads_before = points.where(by_points, accepted), points_before.where(by_points, accepted_before)
    enough = before[0]["leads_given"] >= thresholds.fewest_leads
    told = leads.notna() & leads_before.notna() & enough
    measure = pd.Series("lead_acceptance", index=points.index, dtype="str").mask(by_points, "lead_score")
    return pd.DataFrame(
        {
            "fewer_good_leads": _where_told(leads <= leads_before * (1 - thresholds.leads_lost), told),
            "leads_measure": measure.where(told),
            "leads_now": leads.where(told),
            "leads_before": leads_before.where(told),
        }
    )


def _points(figures: pd.DataFrame) -> pd.Series[float]:
    """Leads times their score; none were given is no points."""
    return (figures["leads_given"] * figures["lead_score"]).mask(figures["leads_given"].eq(0), 0.0)


def _accepted(told: _Told) -> pd.Series[float]:
    """Leads that the partner accepted; none were given is none accepted."""
    values, numerators = told
    return numerators["lead_acceptance"].mask(values["leads_given"].eq(0), 0.0)
