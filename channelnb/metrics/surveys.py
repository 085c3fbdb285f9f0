"""In the eyes of others: what customers say of partners, and partners of the vendor."""

from __future__ import annotations

from channelnb.metrics.derived import derive
from channelnb.metrics.parts import Ratio, Window, count, total
from channelnb.metrics.registry import metric

_SILENT = "no answer in twelve months, or not twelve months of surveys"
_UNASKED = "no survey in twelve months, or not twelve months of surveys"

derive(
    "surveys",
    "nps_points",
    "CASE WHEN f.nps >= 9 THEN 100 WHEN f.nps <= 6 THEN -100 ELSE 0 END",
    needs=["surveys.nps"],
)


def _satisfaction(about: str) -> Ratio:
    answered = f"about = '{about}' AND csat IS NOT NULL"
    return Ratio(
        total("surveys", "csat", at="answered_on", where=answered, window=Window.T12),
        count("surveys", at="answered_on", where=answered, window=Window.T12),
    )


def _promoters(about: str) -> Ratio:
    answered = f"about = '{about}' AND nps IS NOT NULL"
    return Ratio(
        total("surveys", "nps_points", at="answered_on", where=answered, window=Window.T12),
        count("surveys", at="answered_on", where=answered, window=Window.T12),
    )


def _responses(about: str) -> Ratio:
    return Ratio(
        count("surveys", at="sent_on", where=f"about = '{about}' AND answered_on IS NOT NULL", window=Window.T12),
        count("surveys", at="sent_on", where=f"about = '{about}'", window=Window.T12),
    )


@metric(category="performance", unit="score", better="higher", absent=_SILENT, at_least=5, resample=True)
def csat() -> Ratio:
    """Customer satisfaction: the average answer, from 1 to 5, about the partner in twelve months.

    The unhappy answer more readily, and so do the very happy: read it with the response rate. A survey that doesn't
    say whom it is about is left out.

    Source: ISO 10004, Customer satisfaction: guidelines for monitoring and measuring.

    >>> worked("csat", surveys="about sent_on answered_on csat / partner 2025-09-20 2025-10-01 4 / "
    ...        "partner 2026-08-01 2026-08-02 1 / partner 2026-08-01 2026-08-02 - / vendor 2026-08-01 2026-08-02 5 / "
    ...        "partner 2025-09-01 2025-09-30 5")
    5 / 2 = 2.5 (2 cases, too few)
    """
    return _satisfaction("partner")


@metric(category="performance", unit="points", better="higher", absent=_SILENT, at_least=5, resample=True)
def nps() -> Ratio:
    """Net promoter score of the partner in twelve months: share of answers of 9 or 10 less that of 0 to 6, in points.

    From -100, all detract, to 100, all promote; answers of 7 and 8 count in the whole only. It swings widely where
    few answer: read it with its interval and the response rate.

    Source: Reichheld, The One Number You Need to Grow, Harvard Business Review, December 2003.

    >>> worked("nps", surveys="about sent_on answered_on nps / partner 2026-07-01 2026-08-02 9 / "
    ...        "partner 2026-07-01 2026-08-02 10 / partner 2026-07-01 2026-08-02 8 / "
    ...        "partner 2026-07-01 2026-08-02 6 / vendor 2026-07-01 2026-08-02 0 / partner 2025-07-01 2025-09-30 0")
    100 / 4 = 25 (4 cases, too few)
    """
    return _promoters("partner")


@metric(category="performance", unit="share", better="higher", absent=_UNASKED, at_least=5)
def survey_response_rate() -> Ratio:
    """Share of the surveys about the partner that were sent in twelve months and have been answered.

    It goes with both satisfaction and the net promoter score. What was sent lately may yet be answered.

    Source: AAPOR, Standard Definitions: response rate 1, every survey sent being one that could be answered.

    >>> worked("survey_response_rate", surveys="about sent_on answered_on / partner 2026-07-01 2026-08-02 / "
    ...        "partner 2025-10-01 - / vendor 2026-07-01 - / partner 2025-09-30 2025-10-01")
    1 / 2 = 0.5 (2 cases, too few)
    """
    return _responses("partner")


@metric(category="vendor", unit="score", better="higher", absent=_SILENT, at_least=5, resample=True)
def vendor_csat() -> Ratio:
    """Satisfaction of partners with the vendor: the average answer, from 1 to 5, in twelve months.

    Partners know who reads their answers; one firm's few answers are its own voice, not a measure of it.

    Source: ISO 10004, Customer satisfaction: guidelines for monitoring and measuring; here of partners.

    >>> worked("vendor_csat", surveys="about sent_on answered_on csat / vendor 2026-07-01 2026-08-02 4 / "
    ...        "vendor 2026-07-01 2026-08-02 5 / vendor 2026-07-01 - - / partner 2025-10-01 2025-10-01 1")
    9 / 2 = 4.5 (2 cases, too few)
    """
    return _satisfaction("vendor")


@metric(category="vendor", unit="points", better="higher", absent=_SILENT, at_least=5, resample=True)
def vendor_nps() -> Ratio:
    """Net promoter score of the vendor among partners in twelve months, from -100 to 100 points.

    Answers of 9 and 10 less those of 0 to 6, over all answers. Few partners make it swing widely.

    Source: Reichheld, The One Number You Need to Grow, Harvard Business Review, December 2003.

    >>> worked("vendor_nps", surveys="about sent_on answered_on nps / vendor 2026-07-01 2026-08-02 6 / "
    ...        "vendor 2026-07-01 2026-08-02 7 / partner 2025-10-01 2025-10-01 9")
    -100 / 2 = -50 (2 cases, too few)
    """
    return _promoters("vendor")


@metric(category="vendor", unit="share", better="higher", absent=_UNASKED, at_least=5)
def vendor_survey_response_rate() -> Ratio:
    """Share of the surveys about the vendor that were sent in twelve months and have been answered.

    What was sent lately may yet be answered.

    Source: AAPOR, Standard Definitions: response rate 1, every survey sent being one that could be answered.

    >>> worked("vendor_survey_response_rate", surveys="about sent_on answered_on / vendor 2026-07-01 2026-08-02 / "
    ...        "vendor 2025-10-01 - / vendor 2026-07-01 2026-07-09 / partner 2025-10-01 -")
    2 / 3 = 0.667 (3 cases, too few)
    """
    return _responses("vendor")
