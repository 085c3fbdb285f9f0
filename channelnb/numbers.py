"""Numbers as people read them: short, rounded half up, with their unit."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_MINUS = "\N{MINUS SIGN}"


def short_number(value: float, *, digits: int = 3) -> str:
    """A number in at most `digits` significant digits, with k, m or bn.

    >>> short_number(1234567), short_number(999.6), short_number(0)
    ('1.23 m', '1 k', '0')
    """
    size = abs(value)
    for limit, divisor, word in ((999.5e6, 1e9, "bn"), (999.5e3, 1e6, "m"), (999.5, 1e3, "k")):
        if size >= limit:
            return f"{_plain(value / divisor, digits)} {word}"
    return _plain(value, digits)


def _rounded(value: float, decimals: int) -> str:
    # Half up on the shortest decimal that is the float, as people round: 0.6315 is 63.15 %, so 63.2 %.
    exact = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{abs(exact):,}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{_MINUS}{text}" if exact < 0 else text


def _plain(value: float, digits: int) -> str:
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 1
    return _rounded(value, max(0, digits - whole))


def percent(share: float, *, digits: int = 1) -> str:
    """A share as a percentage.

    >>> percent(0.6315), percent(-0.1)
    ('63.2 %', '−10 %')
    """
    return f"{_rounded(float(Decimal(repr(float(share))) * 100), digits)} %"


def amount(value: float, currency: str) -> str:
    """Money, short, with its currency in front unless that stands elsewhere ("").

    >>> amount(80450596.98, "USD")
    'USD 80.5 m'
    """
    return f"{currency} {short_number(value)}".strip()


_AFTER = {"share": " %", "index": "×", "points": " points", "days": " days", "hours": " hours"}
"""What stands after a value of each unit; what is in money has its currency in front."""


def value_text(value: float, unit: str, currency: str) -> str:
    """A value as its unit is written.

    >>> value_text(3.4217, "index", "USD"), value_text(12, "count", "USD"), value_text(0.5, "share", "USD")
    ('3.4×', '12', '50 %')
    >>> value_text(12.46, "points", "USD"), value_text(1, "days", "USD"), value_text(53.2, "hours", "USD")
    ('12.5 points', '1 day', '53 hours')
    >>> value_text(67_012, "money_per_day", "USD"), value_text(70.2222, "score", "USD")
    ('USD 67 k a day', '70.2')
    """
    if unit.startswith("money"):
        return amount(value, currency) + (" a day" if unit == "money_per_day" else "")
    text, after = _bare(value, unit), _AFTER.get(unit, "")
    return text + (after.removesuffix("s") if text in ("1", f"{_MINUS}1") else after)


def _bare(value: float, unit: str) -> str:
    """A value that is not money, without its unit."""
    if unit == "share":
        # Of a share above ten times the whole, tenths of a per cent are no more than noise.
        return percent(value, digits=1 if abs(value) < 10 else 0).removesuffix(_AFTER["share"])
    if unit == "index":
        return _plain(value, 2) if abs(value) < 10 else _plain(value, 3)
    if unit in ("days", "hours") and abs(value) < 10_000:
        return _rounded(value, 1 if abs(value) < 10 else 0)
    if unit == "points":
        return _rounded(value, 1)
    return short_number(value) if abs(value) >= 10_000 else _plain(value, 4 if value == int(value) else 3)


def range_text(low: float, high: float | None, unit: str, currency: str) -> str:
    """What lies between two values, the unit written once; `high` is None where there is no upper end.

    >>> range_text(0.0715, 0.5907, "share", "USD"), range_text(1200, 3400, "money", "USD")
    ('7.2 to 59.1 %', 'USD 1.2 k to 3.4 k')
    >>> range_text(4, None, "days", "USD"), range_text(2, 2, "index", "USD")
    ('4 days or more', '2×')
    """
    least = value_text(low, unit, currency)
    if high is None:
        return f"{least} or more"
    most = value_text(high, unit, currency)
    if least == most:
        return most
    if unit.startswith("money"):
        return f"{least.removesuffix(' a day')} to {most.removeprefix(currency).lstrip()}"
    return f"{_bare(low, unit)} to {most}"


def whole_number(value: float) -> str:
    """A value rounded to a whole number, half up.

    >>> whole_number(72.5), whole_number(71.49)
    ('73', '71')
    """
    return _rounded(value, 0)


def cents(value: float | Decimal, *, signed: bool = False) -> str:
    """An amount to the cent, for what must be checked rather than grasped; `signed` writes a plus too.

    >>> cents(41802111.2), cents(-0.005), cents(12, signed=True)
    ('41,802,111.20', '−0.01', '+12.00')
    """
    exact = Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    sign = _MINUS if exact < 0 else "+" if signed else ""
    return f"{sign}{abs(exact):,}"
