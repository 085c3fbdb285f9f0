"""What becomes of deals: how many are won, how long they take and what they are worth."""

from __future__ import annotations

from channelnb.metrics.derived import AS_OF, derive
from channelnb.metrics.parts import Median, Part, Ratio, Window, cases, count, durations, total
from channelnb.metrics.registry import metric

COHORT_DAYS = 180
"""The days that a deal has to be won in, where deals are judged by the day on which they were opened."""

WON = "outcome = 'won'"
WON_OR_LOST = "outcome IN ('won', 'lost')"
DECIDED = "outcome IN ('won', 'lost', 'no_decision')"
DATED = "(outcome = 'open' OR closed_on IS NOT NULL)"
"""Of a deal that was decided on no known day, nobody can say when it was open."""

derive(
    "opportunities",
    "cohort_on",
    f"CASE WHEN f.created_on + {COHORT_DAYS} <= {AS_OF} THEN f.created_on + {COHORT_DAYS} END",
    needs=["opportunities.created_on"],
)


def _closed(where: str) -> Part:
    return count("opportunities", at="closed_on", where=where)


def _value(where: str) -> Part:
    return total("opportunities", "amount", at="closed_on", where=where)


@metric(category="effectiveness", unit="share", better="higher", absent="no decided deal", at_least=5)
def win_rate() -> Ratio:
    """Share of the opportunities decided in the period, won or lost, that were won.

    Those that are still open and those that ended in no decision are left out, so it flatters whoever closes
    nothing: read it with `win_rate_with_no_decision` and `cohort_win_rate`.

    Source: common practice in sales management, where no-decision is usually left out without a word.

    >>> worked("win_rate", opportunities="outcome closed_on / won 2026-08-01 / lost 2026-08-02 / won 2026-09-01 / "
    ...        "no_decision 2026-08-03 / won 2026-06-30")
    2 / 3 = 0.667 (3 cases, too few)
    """
    return Ratio(_closed(WON), _closed(WON_OR_LOST))


@metric(category="effectiveness", unit="share", better="higher", absent="no decided deal", at_least=5, resample=True)
def win_rate_by_value() -> Ratio:
    """Share of the value of the opportunities decided in the period, won or lost, that was won.

    Below the win rate by count, the large deals are the ones that are lost. One deal can make it: mind the interval.

    Source: common practice in sales management.

    >>> worked("win_rate_by_value", opportunities="outcome amount closed_on / won 10 2026-08-01 / won 20 2026-08-02 / "
    ...        "lost 70 2026-08-03 / no_decision 50 2026-08-04")
    30 / 100 = 0.3 (3 cases, too few)
    """
    return Ratio(_value(WON), _value(WON_OR_LOST))


@metric(category="effectiveness", unit="share", better="higher", absent="no closed deal", at_least=5)
def win_rate_with_no_decision() -> Ratio:
    """Share of the opportunities closed in the period, those without a decision among them, that were won.

    A customer who decides nothing costs as much work as one who buys elsewhere. Open deals are left out still, so
    deals that nobody closes are missing from it.

    Source: common practice in sales management.

    >>> worked("win_rate_with_no_decision", opportunities="outcome closed_on / won 2026-08-01 / lost 2026-08-02 / "
    ...        "no_decision 2026-08-03 / no_decision 2026-09-01 / open -")
    1 / 4 = 0.25 (4 cases, too few)
    """
    return Ratio(_closed(WON), _closed(DECIDED))


@metric(category="effectiveness", unit="share", better="higher", absent="no closed deal", at_least=5, resample=True)
def win_rate_by_value_with_no_decision() -> Ratio:
    """Share of the value of the opportunities closed in the period, those without a decision among them, that was won.

    Values of deals that came to nothing are estimates that nobody had a reason to mend, so it is lower than it should
    be where these are too high.

    Source: common practice in sales management.

    >>> worked("win_rate_by_value_with_no_decision", opportunities="outcome amount closed_on / won 30 2026-08-01 / "
    ...        "lost 70 2026-08-03 / no_decision 50 2026-08-04 / open 99 -")
    30 / 150 = 0.2 (3 cases, too few)
    """
    return Ratio(_value(WON), _value(DECIDED))


@metric(category="effectiveness", unit="share", better="higher", absent="no deal opened 180 days before", at_least=5)
def cohort_win_rate() -> Ratio:
    """Share of the opportunities whose first 180 days ended in the period that were won within these.

    All that were opened count, also those that are open or ended in no decision, so that nobody looks better for
    closing nothing. Deals that take longer count as not won here: compare partners that sell alike.

    Source: cohort analysis, common practice in sales operations.

    >>> worked("cohort_win_rate", opportunities="outcome created_on closed_on / won 2026-02-01 2026-07-31 / "
    ...        "won 2026-02-01 2026-08-01 / open 2026-03-01 - / lost 2026-04-03 2026-05-01 / won 2026-04-04 2026-05-01")
    1 / 4 = 0.25 (4 cases, too few)
    """
    within = "outcome = 'won' AND closed_on <= cohort_on"
    return Ratio(count("opportunities", at="cohort_on", where=within), count("opportunities", at="cohort_on"))


@metric(category="effectiveness", unit="days", better="lower", absent="no deal opened in two years", at_least=5)
def sales_cycle() -> Median:
    """Median days from opening an opportunity to its close, of those opened in the two years up to the period's end.

    All count, not the won ones alone: what is won is what was quick, and the slow ones are lost or open still. Those
    that are open have lasted at least as long as they have (they are censored), and no decision is a close like others.
    Deals that were closed on no known day are left out.

    Source: E. L. Kaplan and P. Meier (1958), Journal of the American Statistical Association 53, 457–481.

    >>> worked("sales_cycle", opportunities="outcome created_on closed_on / won 2026-06-01 2026-06-11 / "
    ...        "lost 2026-06-01 2026-07-01 / no_decision 2026-06-01 2026-07-31 / open 2026-06-01 - / "
    ...        "open 2026-07-01 - / won 2024-09-30 2024-10-01")
    3 / 5 = 60
    """
    return Median(durations("opportunities", since="created_on", until="closed_on", where=DATED, window=Window.T24))


@metric(category="effectiveness", unit="money", better="higher", absent="no won deal", resample=True)
def average_won_deal() -> Ratio:
    """Average value of the opportunities won in the period.

    One large deal moves it; read it with the median and the number of deals.

    Source: common practice in sales management.

    >>> worked("average_won_deal", opportunities="outcome amount closed_on / won 10 2026-08-01 / won 50 2026-08-02 / "
    ...        "lost 600 2026-08-03")
    60 / 2 = 30
    """
    return Ratio(_value(WON), _closed(WON))


@metric(category="effectiveness", unit="money", better="higher", absent="no won deal")
def median_won_deal() -> Median:
    """Value of the opportunity in the middle, of those won in the period in the order of their value.

    One large deal does not move it; where it lies far below the average, a few deals carry the period.

    Source: common practice in sales management.

    >>> worked("median_won_deal", opportunities="outcome amount closed_on / won 10 2026-08-01 / won 20 2026-08-02 / "
    ...        "won 900 2026-08-03 / lost 1 2026-08-04")
    3 / 3 = 20
    """
    return Median(cases("opportunities", "amount", at="closed_on", where=WON))
