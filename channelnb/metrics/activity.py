"""Activity: pipeline at hand, deals registered, and the marketing that partners take part in."""

from __future__ import annotations

from dataclasses import replace

from channelnb.metrics.derived import derive
from channelnb.metrics.held import DONE
from channelnb.metrics.parts import Amount, Median, Part, Ratio, Window, count, distinct, durations, stock
from channelnb.metrics.registry import metric

STALE_DAYS = 180
"""Days for which a deal may be open before it is stale: twice the quarter that a sale takes unless `source.yaml` says
otherwise."""

MARKETING = ("event", "webinar", "campaign", "content", "social", "case_study")
"""Kinds of activities that are marketing: what reaches customers, rather than trains or reviews a partner."""

_OPEN = "(outcome = 'open' OR closed_on IS NOT NULL)"
_DATED = f"{_OPEN} AND created_on IS NOT NULL"
_IN_CAMPAIGN = "LEFT JOIN campaigns AS camp ON camp.campaign_id = f.campaign_id"

for _name, _sql, _need in (
    ("campaign_is_digital", "camp.digital", "digital"),
    ("campaign_from", "camp.started_on", "started_on"),
    ("campaign_until", "camp.ended_on", "ended_on"),
):
    derive("activities", _name, _sql, needs=["activities.campaign_id", f"campaigns.{_need}"], join=_IN_CAMPAIGN)
# The day from which it is known that the partner takes part.
derive("activities", "known_from", "coalesce(f.requested_on, f.held_on)", needs=["activities.held_on"])


@metric(category="activity", unit="money", better="higher", absent="no record of opportunities")
def open_pipeline() -> Amount:
    """Value, not weighted, of the opportunities that are open on the period's last day.

    Amounts are as known today. Deals with no opening date count as open all along; deals decided
    without a closing date never do.

    Source: common practice in channel management.

    >>> worked("open_pipeline", opportunities="created_on closed_on outcome amount / 2026-07-01 - open 100 / "
    ...        "2026-07-01 2026-10-05 won 50 / 2026-07-01 2026-09-30 won 900 / 2026-10-01 - open 70 / - - open 5")
    155
    """
    return Amount(stock("opportunities", "amount", since="created_on", until="closed_on", where=_OPEN))


def _stale() -> Part:
    return stock("opportunities", "amount", since=f"created_on + {STALE_DAYS}", until="closed_on", where=_DATED)


@metric(category="activity", unit="money", better="lower", absent="no record of opportunities")
def stale_pipeline() -> Amount:
    """Value, not weighted, of the opportunities that are open on the period's last day, and have been for 180 days.

    Half a year, twice the quarter that a sale takes unless the vendor says otherwise; long sales cycles need another
    reading. Amounts are as known today; deals with no opening date are left out, as nobody knows how old they are.

    Source: common practice in channel management; the limit is this catalogue's own.

    >>> worked("stale_pipeline", opportunities="created_on closed_on outcome amount / 2026-04-03 - open 100 / "
    ...        "2026-04-04 - open 50 / 2025-01-01 2026-09-30 lost 900 / - - open 7")
    100
    """
    return Amount(_stale())


@metric(category="activity", unit="share", better="lower", absent="no open deal with an opening date")
def stale_share() -> Ratio:
    """Share of the open pipeline's value, on the period's last day, that has been open for 180 days.

    It is `stale_pipeline` over the value of all open deals whose opening date is known. One large old deal moves it.

    Source: common practice in channel management; the limit is this catalogue's own.

    >>> worked("stale_share", opportunities="created_on closed_on outcome amount / 2026-04-03 - open 100 / "
    ...        "2026-04-04 - open 300 / 2025-01-01 2026-09-30 lost 900 / - - open 700")
    100 / 400 = 0.25
    """
    return Ratio(_stale(), stock("opportunities", "amount", since="created_on", until="closed_on", where=_DATED))


@metric(category="activity", unit="count", better="higher", absent="no record of registrations")
def deal_registrations() -> Amount:
    """Deals that the partner registered with the vendor in the period.

    Whatever the vendor said to them; a deal counts once, on the day on which it was registered, not on that on which
    it was opened.

    Source: common practice in channel management; deal registration is part of most vendors' partner programmes.

    >>> worked("deal_registrations", opportunities="registered_on created_on / 2026-07-07 2026-06-01 / "
    ...        "2026-09-30 2026-09-01 / - 2026-08-01 / 2026-06-30 2026-06-01")
    2
    """
    return Amount(count("opportunities", at="registered_on"))


@metric(category="activity", unit="share", better="higher", absent="no decided registration", at_least=5)
def registration_approval_rate() -> Ratio:
    """Share of the registrations on which the vendor decided in the period that it approved.

    By the day of the decision, so that what is pending does not make the newest period read low. A low rate may be
    the partner's (deals that others had registered) or the vendor's: ask why before it is held against anybody.

    Source: common practice in channel management.

    >>> worked("registration_approval_rate", opportunities='''registered_on decided_on registration_decision
    ...        2026-06-20 2026-07-01 approved / 2026-07-01 2026-07-05 denied / 2026-08-01 - pending
    ...        2026-07-01 2026-07-05 approved / 2026-06-01 2026-06-05 denied''')
    2 / 3 = 0.667 (3 cases, too few)
    """
    approved = "registration_decision = 'approved'"
    return Ratio(
        count("opportunities", at="decided_on", where=approved),
        count("opportunities", at="decided_on", where="registration_decision IN ('approved', 'denied')"),
    )


@metric(category="vendor", unit="days", better="lower", absent="no registration", at_least=5)
def registration_approval_time() -> Median:
    """Median days from a deal's registration to the vendor's decision, be it yes or no.

    The vendor's own delay. All deals registered in the period; what is pending at its end counts as longer than it has
    waited. A decision without a day is left out, as nobody knows how long it took.

    Source: E. L. Kaplan and P. Meier (1958) for the median of what is not over.

    >>> worked("registration_approval_time", opportunities='''registered_on decided_on registration_decision
    ...        2026-07-01 2026-07-03 approved / 2026-07-01 2026-07-06 denied / 2026-07-01 2026-07-11 approved
    ...        2026-07-01 2026-07-21 approved / 2026-07-01 - pending / 2026-07-01 - approved''')
    4 / 5 = 10
    """
    told = "decided_on IS NOT NULL OR coalesce(registration_decision, 'pending') = 'pending'"
    return Median(durations("opportunities", since="registered_on", until="decided_on", where=told))


@metric(category="activity", unit="share", better="higher", absent="no decided deal that was registered", at_least=5)
def registration_win_rate() -> Ratio:
    """Share of the registered and approved deals decided in the period, won or lost, that were won.

    As `win_rate`, which leaves out what is open and what ended in no decision, of approved registrations alone. Deals
    are registered when they look well, so it is higher than the win rate of all without any doing of the programme's.

    Source: common practice in channel management.

    >>> worked("registration_win_rate", opportunities='''registered_on registration_decision outcome closed_on
    ...        2026-05-01 approved won 2026-07-01 / 2026-05-01 approved lost 2026-07-01
    ...        2026-05-01 denied won 2026-07-01 / - - won 2026-07-01
    ...        2026-05-01 approved no_decision 2026-07-01 / 2026-05-01 approved won 2026-06-30''')
    1 / 2 = 0.5 (2 cases, too few)
    """
    approved = "registered_on IS NOT NULL AND registration_decision = 'approved'"
    return Ratio(
        count("opportunities", at="closed_on", where=f"{approved} AND outcome = 'won'"),
        count("opportunities", at="closed_on", where=f"{approved} AND outcome IN ('won', 'lost')"),
    )


@metric(category="activity", unit="share", better="higher", absent="no partner, or no record of activities")
def marketing_participation() -> Ratio:
    """Share of the partners there were in the period that did any marketing with the vendor in it.

    Events, webinars, campaigns, content, posts and case studies that took place; training and reviews are not
    marketing. Of one partner it is 1 or 0. Firms that left during the period count, for what they did in it does;
    a firm that merged counts as the one that took it over.

    Source: common practice in channel management.

    >>> worked("marketing_participation", partners="partner_id left_on / P1 - / P2 - / P3 2026-08-15 / P4 2026-06-15",
    ...        activities='''partner_id kind held_on status
    ...        P1 event 2026-07-01 done / P1 webinar 2026-07-02 done / P2 event 2026-09-02 planned
    ...        P2 training 2026-07-02 done / P3 social 2026-08-01 done''')
    2 / 3 = 0.667
    """
    kinds = ", ".join(f"'{kind}'" for kind in MARKETING)
    firm = "survivor_id = partner_id"
    there = stock("partners", "partner_id", since="joined_on", until="left_on", where=firm, distinct=True)
    # Nobody left in most periods, and some sources never say who did.
    left = replace(distinct("partners", "partner_id", at="left_on", where=firm), optional=True)
    return Ratio(
        distinct("activities", "partner_id", at="held_on", where=f"{DONE} AND kind IN ({kinds})"), there + left
    )


def _digital(*, since: str, until: str = "", where: str = "campaign_from IS NOT NULL") -> Part:
    digital = f"campaign_is_digital AND {where}"
    return stock("activities", "campaign_id", since=since, until=until, where=digital, distinct=True)


@metric(category="activity", unit="count", better="higher", absent="no record of activities")
def digital_campaigns_planned() -> Amount:
    """Different digital campaigns that the partner has a part in and that have not begun by the period's last day.

    A partner has a part in a campaign when an activity with it belongs to the campaign, from the day on which that was
    asked for, or else held. Campaigns without a first day are left out.

    Source: common practice in channel management.

    >>> worked("digital_campaigns_planned", campaigns="campaign_id digital started_on / A true 2026-10-01 / "
    ...        "B true 2026-09-30 / C false 2026-11-01 / D true 2026-11-01",
    ...        activities='''campaign_id kind held_on status requested_on
    ...        A webinar 2026-10-07 planned 2026-09-01 / A social 2026-10-08 planned 2026-09-01
    ...        B webinar 2026-10-07 planned 2026-09-01 / C event 2026-11-07 planned 2026-09-01''')
    1
    """
    return Amount(_digital(since="known_from", until="campaign_from"))


@metric(category="activity", unit="count", better="higher", absent="no record of activities")
def digital_campaigns_running() -> Amount:
    """Different digital campaigns that the partner has a part in and that run on beyond the period's last day.

    One without a last day runs on. It says that they run, not that anything was done in them: read it with
    `marketing_participation`.

    Source: common practice in channel management.

    >>> worked("digital_campaigns_running", campaigns="campaign_id digital started_on ended_on / "
    ...        "A true 2026-07-01 2026-10-01 / B true 2026-07-01 2026-09-30 / C true 2026-08-01 - / "
    ...        "D false 2026-07-01 - / E true 2026-10-01 -",
    ...        activities="campaign_id kind held_on / A webinar 2026-07-07 / A social 2026-07-08 / "
    ...        "B webinar 2026-07-07 / C social 2026-08-07 / D event 2026-07-07 / E webinar 2026-08-07")
    2
    """
    return Amount(_digital(since="greatest(campaign_from, known_from)", until="campaign_until"))


@metric(category="activity", unit="count", better="higher", absent="no record of activities")
def digital_campaigns_done() -> Amount:
    """Different digital campaigns that ended in the period and in which something was done with the partner.

    A campaign counts once, in the period of its last day, whatever was done in it; one of which the partner's part
    was only ever planned does not.

    Source: common practice in channel management.

    >>> worked("digital_campaigns_done", campaigns="campaign_id digital ended_on / A true 2026-07-31 / "
    ...        "B true 2026-06-30 / C true 2026-10-01 / D false 2026-07-31 / E true 2026-08-31",
    ...        activities='''campaign_id kind held_on status / A webinar 2026-05-07 done / A social 2026-05-08 done
    ...        B webinar 2026-06-07 done / C social 2026-08-07 done / D event 2026-07-07 done
    ...        E event 2026-08-07 planned''')
    1
    """
    over = _digital(since="campaign_until", where=f"{DONE} AND campaign_until IS NOT NULL")
    # To the day: a campaign that ends later in a running month is not over.
    return Amount(over - over.over(Window.OPENING))
