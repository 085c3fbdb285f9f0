"""SQL for what is counted or summed entity by entity: different customers, those who are new, those who stayed."""

from __future__ import annotations

from collections.abc import Callable

from channelnb.metrics.fold import Fold
from channelnb.metrics.grain import Grain
from channelnb.metrics.parts import STOCKS, Part, Window
from channelnb.metrics.periods import begin, end, within

_FOLLOWS = {Window.PRIOR_T12: Window.T12}
_PRECEDES = {Window.PERIOD: Window.LOOK_BACK, Window.T12: Window.PRIOR_T12}
"""Windows that touch: the month in which an entity occurs next, or did before, tells whether it is in both."""


Keep = Callable[[str], str]
"""Makes a table of a SELECT, once, and says its name: several parts are of the same entities."""


def entities_sql(part: Part, grain: Grain, fold: Fold, periods: str, *, keep: Keep) -> str:
    """The SELECT of the entities of a part, counted or added up, by keys and period."""
    if part.aggregate == "distinct" and part.window in STOCKS:
        return _held(part, grain, fold, periods)
    rows = keep(_months(part, grain, fold))
    if part.aggregate == "distinct" and (test := _touching(part)):
        return (
            f"SELECT {grain.names}p.label AS period, CAST(count(*) FILTER ({test}) AS DOUBLE) AS value_0, "
            f"{_rows(part, test)} AS n_0 FROM {rows} AS f JOIN {periods} AS p ON {within(part.window, 'f.occurs')} "
            "GROUP BY ALL HAVING n_0 > 0"
        )
    return _compared(part, grain, lambda window: keep(_of(part, grain, rows, periods, window)))


def _rows(part: Part, test: str) -> str:
    """Rows behind it: those of the window, or, where windows are compared, the entities themselves."""
    compared = part.also_in or part.not_in
    return f"CAST({f'count(*) FILTER ({test})' if compared else 'sum(f.n)'} AS DOUBLE)"


def _entity(part: Part) -> str:
    return part.of if part.aggregate == "distinct" else part.per


def _months(part: Part, grain: Grain, fold: Fold) -> str:
    """One row for each entity and month in which it occurs, with the months in which it did before and does next."""
    entity = f'f."{_entity(part)}"'
    joins, single = grain.once(part)
    value = (
        "NULL"
        if part.aggregate == "distinct"
        else f"{'max' if part.aggregate == 'once' else 'sum'}(f.{fold.value(part)})"
    )
    by = ", ".join([*(f'"{dim}"' for dim in grain.dims), "entity"])
    rows = (
        f"SELECT {grain.named}{entity} AS entity, f.placed AS occurs, {value} AS v, sum(f.{fold.rows(part)}) AS n "
        f"FROM {fold.name} AS f {grain.joins} {joins} "
        f"WHERE f.{fold.rows(part)} > 0 AND {entity} IS NOT NULL AND {single} GROUP BY ALL"
    )
    beside = "lag(occurs) OVER w AS before, lead(occurs) OVER w AS after"
    return f"SELECT *, {beside} FROM ({rows}) WINDOW w AS (PARTITION BY {by} ORDER BY occurs)"


def _touching(part: Part) -> str:
    """The condition that a row is its entity's only one that counts in a window; "" where rows must be compared."""
    last = f"(f.after IS NULL OR f.after > p.{end(part.window)})"
    first = f"(f.before IS NULL OR f.before < p.{begin(part.window)})"
    if part.also_in is None and part.not_in is None:
        return last
    if part.also_in and part.also_in is _FOLLOWS.get(part.window):
        return f"f.after > p.{end(part.window)} AND f.after <= p.{end(part.also_in)}"
    if part.not_in and part.not_in is _PRECEDES.get(part.window):
        return f"{first} AND (f.before IS NULL OR f.before < p.{begin(part.not_in)})"
    return ""


def _held(part: Part, grain: Grain, fold: Fold, periods: str) -> str:
    return (
        f'SELECT {grain.named}p.label AS period, CAST(count(DISTINCT f."{part.of}") AS DOUBLE) AS value_0, '
        f"CAST(sum(f.{fold.rows(part)}) AS DOUBLE) AS n_0 FROM {fold.name} AS f "
        f"JOIN {periods} AS p ON {within(part.window, 'f.placed', 'f.ended')} {grain.joins} "
        f"WHERE f.{fold.rows(part)} > 0 GROUP BY ALL"
    )


def _of(part: Part, grain: Grain, rows: str, periods: str, window: Window) -> str:
    """What each entity comes to in a window, by keys and period."""
    figure = "max(f.v)" if part.aggregate == "once" else "sum(f.v)"
    return (
        f"SELECT {grain.names}p.label AS period, entity, {figure} AS v, sum(f.n) AS n "
        f"FROM {rows} AS f JOIN {periods} AS p ON {within(window, 'f.occurs')} GROUP BY ALL"
    )


def _compared(part: Part, grain: Grain, of: Callable[[Window], str]) -> str:
    """Entities of the window that occur, or don't, in the other one, with what each comes to."""
    keys = f"{grain.names}period, entity"
    value, source = "sum(h.v)", f"{of(part.window)} AS h"
    if part.at_most_in:
        value = "sum(greatest(least(h.v, t.v), 0))"
        source += f" JOIN {of(part.at_most_in)} AS t USING ({keys})"
    elif other := part.also_in or part.not_in:
        source += f" {'SEMI' if part.also_in else 'ANTI'} JOIN {of(other)} AS t USING ({keys})"
    counted = "count(*)" if part.aggregate == "distinct" else value
    return (
        f"SELECT {grain.names}period, CAST({counted} AS DOUBLE) AS value_0, CAST(count(*) AS DOUBLE) AS n_0 "
        f"FROM {source} GROUP BY ALL"
    )


def totals_sql(part: Part, grain: Grain, fold: Fold, periods: str, *, keep: Keep) -> str:
    """The SELECT of each entity's sum in the window, by keys and period: one row for each entity that has any."""
    rows = keep(_months(part, grain, fold))
    own = keep(_of(part, grain, rows, periods, part.window))
    return f"SELECT {grain.names}period, CAST(v AS DOUBLE) AS value_0, CAST(n AS DOUBLE) AS n_0 FROM {own}"
