"""Forecasts as they stood when the quarter began, against what was sold then."""

from __future__ import annotations

from dataclasses import replace

from channelnb.metrics.derived import AS_OF, derive
from channelnb.metrics.parts import Part, Ratio, total
from channelnb.metrics.registry import metric

# A forecast is judged firm by firm, month by month and maker by maker, its lines added up, so that whoever foretells
# line by line is judged as fairly as whoever foretells one sum. The first row of each such item tells its figures.
_ITEM = "PARTITION BY f.partner_id, f.month, f.made_by"
_FORETOLD = f"sum(f.amount) OVER ({_ITEM})"
_SOLD = (
    "LEFT JOIN (SELECT partner_id, month, sum(revenue) AS revenue FROM {sales.sold_on} GROUP BY ALL) AS sold "
    "ON sold.partner_id = f.partner_id AND sold.month = f.month "
    "LEFT JOIN (SELECT min(month) AS first, max(month) AS last FROM {sales.sold_on}) AS told ON true"
)
_NEEDS = ("forecasts.amount", "sales.sold_on", "sales.revenue")

for _name, _sql in {
    "foretold": _FORETOLD,
    "sold_instead": "coalesce(sold.revenue, 0)",
    "missed_by": f"abs({_FORETOLD} - coalesce(sold.revenue, 0))",
}.items():
    _once = f"CASE WHEN row_number() OVER ({_ITEM} ORDER BY f.line) = 1 THEN {_sql} END"
    derive("forecasts", _name, _once, needs=_NEEDS, join=_SOLD)

derive(
    "forecasts",
    "judged_on",
    f"CASE WHEN f.month BETWEEN told.first AND told.last AND last_day(f.month) <= {AS_OF} THEN f.month END",
    needs=_NEEDS,
    join=_SOLD,
)


def _sum(of: str) -> Part:
    part = total("forecasts_in_force", of, at="judged_on")
    return replace(part, whole=("line", "original_partner_id"))


@metric(
    category="effectiveness",
    unit="share",
    better="higher",
    absent="no forecast made by the quarter's start",
    resample=True,
)
def forecast_accuracy() -> Ratio:
    """One less the error of the forecasts made by the quarter's start, over what was sold: 1 − WAPE.

    The last forecast made on or before the first day of a month's fiscal quarter counts, whatever was foretold later.
    The error is the difference, without its sign, of each partner's month: lines are added up first, for finer
    forecasts err more. Where several people foretell the same month, each is judged by the whole of it, and so it
    counts once for each. A month without a sale is an error of the whole forecast; one that nobody foretold doesn't
    count, nor one that is not over. Below zero, the forecast is worse than none at all.

    Source: S. Kolassa and W. Schütz (2007), Foresight 6, 40–43, there called MAD/MEAN.

    >>> worked("forecast_accuracy", sales="sold_on revenue / 2026-07-10 100 / 2026-08-10 100 / 2026-09-10 40",
    ...        forecasts="as_of month line amount / 2026-05-01 2026-07-01 - 500 / 2026-07-01 2026-07-01 A 70 / "
    ...        "2026-07-01 2026-07-01 B 50 / 2026-06-30 2026-08-01 - 90 / 2026-07-02 2026-08-01 - 60")
    170 / 200 = 0.85
    """
    return Ratio(_sum("sold_instead") - _sum("missed_by"), _sum("sold_instead"))


@metric(
    category="effectiveness",
    unit="share",
    better="neither",
    absent="no forecast made by the quarter's start",
    resample=True,
)
def forecast_bias() -> Ratio:
    """How far the forecasts made by the quarter's start lay above what was sold, over what was sold.

    Above zero, too much was foretold; errors both ways cancel out, so read it with `forecast_accuracy`, of which
    the same forecasts and months count.

    Source: R. J. Hyndman and G. Athanasopoulos, Forecasting: Principles and Practice, on the mean error of forecasts,
    here over the mean sold.

    >>> worked("forecast_bias", sales="sold_on revenue / 2026-07-10 100 / 2026-08-10 100 / 2026-09-10 40",
    ...        forecasts="as_of month line amount / 2026-05-01 2026-07-01 - 500 / 2026-07-01 2026-07-01 A 70 / "
    ...        "2026-07-01 2026-07-01 B 50 / 2026-06-30 2026-08-01 - 90 / 2026-07-02 2026-08-01 - 60")
    10 / 200 = 0.05
    """
    return Ratio(_sum("foretold") - _sum("sold_instead"), _sum("sold_instead"))
