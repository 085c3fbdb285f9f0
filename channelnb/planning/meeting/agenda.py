"""The agenda of a review: what a partner's state gives to talk about, area by area."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from channelnb.book.book import Book
from channelnb.chosen import Settings
from channelnb.fiscal import is_month
from channelnb.planning.maker import Made, Maker
from channelnb.planning.promises.commitments import MISSED
from channelnb.planning.sides.funds import FUNDS
from channelnb.planning.sides.roadmap import EXPIRING, FOR_LINE, FOR_TIER, ROADMAP, sold_lines
from channelnb.planning.sides.waiting import PARTNER, VENDOR, WAITING
from channelnb.watch import USUAL

AGENDA, AGENDA_INTERNAL = "agenda", "agenda_internal"
"""The tables of a snapshot that hold the agenda: what both sides may read, and what rests on the vendor's figures."""

SALES, MARKETING, TRAIN, TECHNICAL, FINANCE, PRODUCT, OTHER = AREAS = (
    *("sales", "marketing", "training", "technical", "finance"),
    *("product development and IP", "other"),
)
"""The areas of an agenda, in their order."""

COLUMNS = {
    **dict.fromkeys(("partner_id", "area", "topic", "side", "about", "period"), "str"),
    "minutes": "int64",
    "weight": "float64",
}
"""The columns of both tables, and what is in them: one row for each partner and item."""

MARGIN, OVERDUE, SIGNS = 0.005, 0.1, 2
"""From where on there is something to talk about: how far behind plan (a share of it), how much of the open pipeline
past its date, and how many signs that a partner may leave."""

BY_RULE = 0.05
"""What the grade of an item that rests on no money weighs at most: less than money that is this share of a plan."""

_NONE = pd.DataFrame({"partner_id": pd.Series([], dtype="str"), "grade": pd.Series([], dtype="float64")})


@dataclass(frozen=True)
class _State:
    """What the rules of an agenda look at: the book, the tables made before, this period and the next."""

    book: Book
    settings: Settings
    made: Made
    period: str
    after: str
    base: pd.Series
    """What money at stake is weighed by: the period's plan, or else its revenue."""

    @property
    def over(self) -> bool:
        """Whether the period was over on the book's date."""
        return self.book.calendar.end(self.period) <= self.book.as_of

    def value(self, metric: str, period: str = "", column: str = "value") -> pd.Series:
        """The known figures of a metric in a period, by partner."""
        rows = self.made["partner"]
        told = rows["metric"].eq(metric) & rows["period"].eq(period or self.period) & rows["state"].eq("ok")
        return rows[told].set_index("partner_id")[column].dropna()

    def weighed(self, money: pd.Series) -> pd.Series:
        """Money at stake as a share of the period's plan, or of its revenue; 0 where there is neither."""
        base = self.base.reindex(money.index)
        return (money / base.where(base.gt(0))).fillna(0.0)


def agenda(book: Book, settings: Settings, made: Made) -> dict[str, pd.DataFrame]:
    """What each partner's state on the book's date gives to talk about.

    Needs the tables ``partner``, ``partner_line``, ``promises``, ``watch``, ``waiting``, ``funds`` and ``roadmap``
    made before. One row is a partner and item: its `area` and `topic`, the `side` that leads it, what it is `about`
    (the id of a promise, lines, a day; "" for the partner as a whole), the `period` that it speaks of, its `minutes`,
    and its `weight`: the money at stake over the period's plan, or, where that is more, what its rule gives it, which
    is at most `BY_RULE`.
    Items that rest on the vendor's costs or on the watch are in ``agenda_internal``.
    """
    period = book.period or book.calendar.quarter_of(book.as_of)
    plan = _State(book, settings, made, period, book.calendar.shift(period, 1), pd.Series(dtype="float64"))
    base = plan.value("attainment", column="denominator").combine_first(plan.value("revenue"))
    state = _State(book, settings, made, period, plan.after, base)
    firms = made["partners"]
    there = set(firms.loc[firms["survivor_id"].eq(firms["partner_id"]), "partner_id"])
    return {name: _items(state, rules, there) for name, rules in ((AGENDA, _RULES), (AGENDA_INTERNAL, _INTERNAL))}


_Rule = Callable[[_State], pd.DataFrame]


def _items(state: _State, rules: dict[str, tuple[str, str, _Rule]], there: set[str]) -> pd.DataFrame:
    parts = []
    for topic, (area, side, rule) in rules.items():
        rows = rule(state)
        fixed = {"area": area, "side": side, "topic": topic, "about": "", "period": state.period}
        parts.append(rows.assign(**{name: value for name, value in fixed.items() if name not in rows}))
    found = pd.concat(parts, ignore_index=True).reindex(columns=[*COLUMNS, "money", "grade"])
    found = found[found["partner_id"].isin(there)].reset_index(drop=True)
    money, grade = (found[name].astype("float64").fillna(0.0).clip(0.0, 1.0) for name in ("money", "grade"))
    found["weight"] = np.maximum(money, grade * BY_RULE)
    # What rests on no money is no shorter to talk about.
    longest = money.where(money > grade, grade)
    found["minutes"] = np.select([longest.ge(0.5), longest.ge(0.1)], [15, 10], 5)
    place = {area: number for number, area in enumerate(AREAS)}
    found = found.assign(place=found["area"].map(place)).sort_values(
        ["partner_id", "weight", "place", "topic", "about"], ascending=[True, False, True, True, True]
    )
    return found[list(COLUMNS)].astype(COLUMNS).reset_index(drop=True)


def _rows(money: pd.Series) -> pd.DataFrame:
    """One row for each partner, by the share of its plan that is at stake."""
    return pd.DataFrame({"partner_id": money.index.astype("str"), "money": money.to_numpy(float)})


def _graded(partners: pd.Index, grade: float | npt.NDArray[np.float64]) -> pd.DataFrame:
    """One row for each partner, of what is graded by its rule, from 0 to 1, as no money tells how grave it is."""
    return pd.DataFrame({"partner_id": partners.astype("str"), "grade": grade})


def _behind_plan(state: _State) -> pd.DataFrame:
    share = state.value("attainment")
    return _rows(1 - share[share < 1 - MARGIN])


def _under_pipeline(state: _State) -> pd.DataFrame:
    """The first period that is not over, the next one or this one where it runs, if it is under the healthy band."""
    nearest = state.after if state.over else state.period
    index = state.value("pipeline_index", nearest)
    short = 1 - index / state.settings.pipeline_target
    return _rows(short[(index < state.settings.pipeline_band[0]) & (short > MARGIN)]).assign(period=nearest)


def _without_plan(state: _State) -> pd.DataFrame:
    """Partners with a plan for this period and none for the next: whoever never has one is not asked for it."""
    planned = state.value("attainment", column="denominator")
    ahead = state.value("pipeline_index", state.after, "denominator")
    missing = planned[~planned.index.isin(ahead[ahead > 0].index)]
    return _graded(missing.index, 0.3).assign(period=state.after)


def _overdue_deals(state: _State) -> pd.DataFrame:
    late, whole = state.value("pipeline_overdue"), state.value("open_pipeline")
    share = (late / whole.where(whole > 0)).dropna()
    late = late[late.index.isin(share[share >= OVERDUE].index)]
    # A deal is worth less than its amount: the target says how much pipeline a plan takes.
    return _rows(state.weighed(late) / state.settings.pipeline_target)


def _missed_again(state: _State) -> pd.DataFrame:
    return _missed_promises(state, again=True).assign(grade=0.6)


def _missed(state: _State) -> pd.DataFrame:
    """Promises missed for the first time; graver where it was agreed what follows."""
    rows = _missed_promises(state, again=False)
    return rows.assign(grade=np.where(rows["if_missed"].notna(), 0.5, 0.4))


def _missed_promises(state: _State, *, again: bool) -> pd.DataFrame:
    rows = state.made["promises"]
    rows = rows[rows["due_period"].eq(state.period) & rows["result"].eq(MISSED) & rows["misses"].ge(2).eq(again)]
    area = rows["area"].astype("object").fillna("").str.casefold().map(area_of)
    return rows[["partner_id", "side", "if_missed"]].assign(area=area, about=rows["commitment_id"])


def area_of(named: str) -> str:
    """The area of an agenda that a promise's area means; other where none does.

    >>> area_of("technical"), area_of("IP"), area_of("logistics")
    ('technical', 'product development and IP', 'other')
    """
    words = named.casefold().replace("-", " ").split()
    if {"product", "ip", "r&d", "development"} & set(words):
        return PRODUCT
    return next((area for area in AREAS if area in words), OTHER)


def _product_promises(state: _State) -> pd.DataFrame:
    """Promises on products or IP that are due by the end of the next period."""
    rows = state.made["promises"]
    soon = rows["due_period"].isin([state.period, state.after]) & rows["result"].eq("open")
    rows = rows[soon & rows["area"].astype("object").fillna("").map(area_of).eq(PRODUCT)]
    return rows[["partner_id", "side"]].assign(about=rows["commitment_id"], grade=0.2)


def _waiting(what: str, *, late: bool) -> _Rule:
    def rule(state: _State) -> pd.DataFrame:
        rows = state.made[WAITING]
        rows = rows[rows["what"].eq(what) & (rows["late"].gt(0) if late else True)]
        money = rows.set_index("partner_id")["late_amount" if late else "amount"].fillna(0.0)
        if what in ("lead", "registration"):
            money = money / state.settings.pipeline_target
        # Whoever waits for too long has something to talk about, however small the sum.
        return _rows(state.weighed(money)).assign(grade=0.15 if late else 0.05)

    return rule


def _funds_expiring(state: _State) -> pd.DataFrame:
    rows = state.made[FUNDS]
    ends = pd.to_datetime(rows["expires_on"])
    open_still = (ends > pd.Timestamp(state.book.as_of)) & (ends <= pd.Timestamp(state.book.calendar.end(state.after)))
    rows = rows[open_still & rows["left"].gt(0)]
    sums = rows.groupby("partner_id").agg(left=("left", "sum"), about=("expires_on", "min"))
    about = [day.date().isoformat() for day in pd.to_datetime(sums["about"])]
    return _rows(state.weighed(sums["left"])).assign(about=about, grade=0.05)


def _certificates_expiring(state: _State) -> pd.DataFrame:
    rows = _soon(state, EXPIRING)
    about = rows.groupby("partner_id")["line"].agg(lambda lines: ", ".join(sorted({line for line in lines if line})))
    return _graded(about.index, 0.25).assign(about=about.to_numpy(), period=_first(state))


def _tier_at_risk(state: _State) -> pd.DataFrame:
    rows, firms = _soon(state, FOR_TIER), state.made["partners"]
    if "tier" not in firms:
        return _NONE
    own = firms[["partner_id", "tier"]].dropna()
    rows = rows[rows["missing"].gt(0)].merge(own, on=["partner_id", "tier"])
    return rows[["partner_id"]].assign(about=rows["tier"], grade=0.5, period=_first(state))


def _line_uncertified(state: _State) -> pd.DataFrame:
    rows = _soon(state, FOR_LINE)
    sold = sold_lines(state.made["partner_line"], state.book.calendar.year_to(state.period))
    share = sold["revenue"] / sold.groupby("partner_id")["revenue"].transform("sum")
    rows = rows[["partner_id", "line"]].merge(sold.assign(share=share), on=["partner_id", "line"])
    lines = rows.sort_values(["partner_id", "line"]).groupby("partner_id")
    about = lines["line"].agg(", ".join)
    share_sold = lines["share"].sum()
    return _graded(share_sold.index, share_sold.to_numpy(float) / 2).assign(
        about=about.to_numpy(), period=_first(state)
    )


def _soon(state: _State, kind: str) -> pd.DataFrame:
    rows = state.made[ROADMAP]
    return rows[rows["kind"].eq(kind) & rows["quarter"].eq(_first(state))]


def _first(state: _State) -> str:
    """The first quarter of the roadmap."""
    quarters = state.made[ROADMAP]["quarter"]
    return str(quarters.min()) if len(quarters) else state.after


def _new_products(state: _State) -> pd.DataFrame:
    """Products launched in the last twelve months, in lines that the partner sells, of which it has sold none."""
    book = state.book
    if not book.has("products", "launched_on", "line") or not book.has("sales", "product_id"):
        return _NONE
    day = f"DATE '{book.as_of}'"
    launched = f"launched_on > {day} - INTERVAL 1 YEAR AND launched_on <= {day} AND line IS NOT NULL"
    found = book.query(
        f"WITH new AS (SELECT product_id, line, name FROM products WHERE {launched}), "
        f"sold AS (SELECT DISTINCT partner_id, product_id FROM sales WHERE sold_on > {day} - INTERVAL 1 YEAR), "
        "lines AS (SELECT DISTINCT partner_id, p.line FROM sold JOIN products p USING (product_id)) "
        "SELECT partner_id, string_agg(coalesce(new.name, new.product_id), ', ' ORDER BY new.product_id) AS about "
        "FROM lines JOIN new USING (line) ANTI JOIN sold USING (partner_id, product_id) "
        "WHERE partner_id IS NOT NULL GROUP BY partner_id ORDER BY partner_id"
    )
    return found.assign(grade=0.1)


def _no_contact(state: _State) -> pd.DataFrame:
    days = state.value("days_since_contact")
    days = days[days > USUAL.days_without_contact]
    return _graded(days.index, 0.4)


def _no_review(state: _State) -> pd.DataFrame:
    """No review was held in a quarter that is over, where some were with others: else nobody writes them down."""
    held = state.value("reviews_held")
    due = state.over and not is_month(state.period) and held.gt(0).any()
    missed = held[held.eq(0)] if due else held.iloc[:0]
    return _graded(missed.index, 0.2)


def _may_leave(state: _State) -> pd.DataFrame:
    rows = state.made["watch"]
    return rows.loc[rows["on"].ge(SIGNS), ["partner_id"]].assign(grade=0.8)


def _at_a_loss(state: _State) -> pd.DataFrame:
    earned = state.value("contribution")
    return _rows(state.weighed(-earned[earned < 0]))


_RULES: dict[str, tuple[str, str, _Rule]] = {
    "behind_plan": (SALES, PARTNER, _behind_plan),
    "under_pipeline": (SALES, PARTNER, _under_pipeline),
    "without_plan": (SALES, VENDOR, _without_plan),
    "overdue_deals": (SALES, PARTNER, _overdue_deals),
    "stale_leads": (SALES, PARTNER, _waiting("lead", late=True)),
    "late_registrations": (SALES, VENDOR, _waiting("registration", late=True)),
    "missed_again": (OTHER, PARTNER, _missed_again),
    "missed": (OTHER, PARTNER, _missed),
    "pending_claims": (MARKETING, VENDOR, _waiting("claim", late=False)),
    "funds_expiring": (MARKETING, PARTNER, _funds_expiring),
    "late_payments": (FINANCE, VENDOR, _waiting("payment", late=True)),
    "certificates_expiring": (TRAIN, PARTNER, _certificates_expiring),
    "tier_at_risk": (TRAIN, PARTNER, _tier_at_risk),
    "line_uncertified": (TECHNICAL, PARTNER, _line_uncertified),
    "new_products": (PRODUCT, VENDOR, _new_products),
    "product_promises": (PRODUCT, PARTNER, _product_promises),
    "no_contact": (OTHER, VENDOR, _no_contact),
    "no_review": (OTHER, VENDOR, _no_review),
}
_INTERNAL: dict[str, tuple[str, str, _Rule]] = {
    "may_leave": (OTHER, VENDOR, _may_leave),
    "at_a_loss": (FINANCE, VENDOR, _at_a_loss),
}

OF_MISSED = ("missed_again", "missed")
"""Topics that are about a promise that was missed: with these a review begins."""

OF_PROMISES = (*OF_MISSED, "product_promises")
"""Topics that are about one promise, whose id is in `about`."""

TOPICS = (*_RULES, *_INTERNAL)
"""Everything that can be on an agenda."""

MAKER = Maker(agenda, (AGENDA, AGENDA_INTERNAL), for_the_partner=(AGENDA,))
