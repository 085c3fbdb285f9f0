"""What a partner itself may read of what a snapshot holds of it: what is not named here stays with the vendor."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import pandas as pd

from channelnb.book.tables import CONTRACT
from channelnb.changes import CHANGES
from channelnb.metrics.known import KNOWN, kept_back
from channelnb.peers.frame import for_the_partner as without_a_peers_figures
from channelnb.planning.frames import MAKERS
from channelnb.planning.sides.line_mix import LINE_MIX
from channelnb.planning.sides.line_mix import for_the_partner as without_a_peers_mix
from channelnb.related import FOR_THE_PARTNER
from channelnb.scoring import SCORE_METRICS, SCORES

Frames = Mapping[str, pd.DataFrame]

_WHOLE = ("deals", "restated", "share_gap", *(name for maker in MAKERS for name in maker.for_the_partner))
_MEASURED = ("partner", "partner_year", "partner_line", "partner_person")
_ASSESSED = ("knowledge", "knowledge_areas")
_OTHER_FIRMS = ("parent_id", "distributor_id", "merged_into")


def for_the_partner(frames: Frames) -> dict[str, pd.DataFrame]:
    """One partner's frames as it may read them: nothing internal, no margin of the vendor's, nothing of another firm.

    Needs the frames of a slice; each is in the result, empty unless it is named here. Raises UnknownName for a metric
    that nobody has told of, which must not pass for one without money.
    """
    measured = {name: KNOWN[name] for frame in ("partner", "peers") for name in frames[frame]["metric"].unique()}
    margins = kept_back(measured)
    money = [name for name, metric in measured.items() if metric.unit.startswith("money")]
    unnamed = _unnamed(frames["people"])
    return {
        **{name: rows.head(0) for name, rows in frames.items()},
        **{name: _with_dashes(frames[name], unnamed, names=("made_by",)) for name in _WHOLE},
        **{name: _without(frames[name], margins) for name in _MEASURED},
        "peers": without_a_peers_figures(_without(frames["peers"], margins), money),
        LINE_MIX: without_a_peers_mix(frames[LINE_MIX]),
        "partners": _own_row(frames["partners"]),
        "people": _people(frames["people"]),
        "contacts": _contacts(frames["contacts"], unnamed),
        "notes": _notes(frames["notes"], unnamed),
        "promises": _promises(frames["promises"], frames["contacts"], unnamed),
        "related": frames["related"][frames["related"]["relation"].isin(FOR_THE_PARTNER)],
        # What an edition for the partner would have told otherwise then, or would now, is no change that it knows of.
        CHANGES: frames[CHANGES][frames[CHANGES]["for_the_partner"].astype(bool)],
        **_scores(frames, margins),
        **_assessed(frames),
    }


def _without(rows: pd.DataFrame, metrics: Collection[str]) -> pd.DataFrame:
    return rows[~rows["metric"].isin(metrics)]


def _as_agreed(rows: pd.DataFrame, table: str) -> pd.DataFrame:
    """The columns that the contract knows: what a vendor keeps in others, channelnb cannot tell."""
    known = {*CONTRACT[table].by_name, "partner_id"}
    return rows[[name for name in rows.columns if name in known]]


def _own_row(partners: pd.DataFrame) -> pd.DataFrame:
    """The partner's row, without the ids of the firms that it belongs to or buys from: it stands alone."""
    hidden = {name: partners[name].where(partners[name].isna()) for name in _OTHER_FIRMS if name in partners}
    alone = dict.fromkeys(("survivor_id", "group_id"), partners["partner_id"])
    return _as_agreed(partners, "partners").assign(**hidden, **alone)


def _people(people: pd.DataFrame) -> pd.DataFrame:
    """The partner's people; one who does not agree to be named is told of by the id alone."""
    own = _as_agreed(people, "salespeople")
    if not {"consent", "name"} <= {*own.columns}:
        return own
    return own.assign(name=own["name"].where(_agreed(own)))


def _agreed(people: pd.DataFrame) -> pd.Series:
    """Who said yes: who said nothing did not."""
    return people["consent"].eq(True).fillna(False).astype(bool)


def _unnamed(people: pd.DataFrame) -> set[str]:
    """The names of those who did not agree to be named, as far as nobody of the same name did, so written or not."""
    if not {"consent", "name"} <= {*people.columns}:
        return set()
    agreed, names = _agreed(people), people["name"].map(_folded, na_action="ignore")
    return {*names[~agreed].dropna()} - {*names[agreed].dropna()}


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _is_one_of(names: pd.Series, unnamed: Collection[str]) -> pd.Series:
    return names.map(_folded, na_action="ignore").isin(unnamed)


def _contacts(contacts: pd.DataFrame, unnamed: Collection[str]) -> pd.DataFrame:
    """Who sees to what; one who does not agree to be named as a person of the partner's stands by the role."""
    own = _as_agreed(contacts, "contacts")
    if not unnamed or own.empty:
        return own
    theirs = own["side"].eq("partner") & _is_one_of(own["name"], unnamed)
    return own.assign(name=own["name"].mask(theirs, own["role"]))


def _notes(notes: pd.DataFrame, unnamed: Collection[str]) -> pd.DataFrame:
    """Remarks for the partner; one that does not say for whom it is, is internal."""
    own = _as_agreed(notes, "notes")
    told = own[own["edition"].eq("partner")] if "edition" in own else own.head(0)
    return _with_dashes(told, unnamed, names=("author",), texts=("text",))


def _with_dashes(
    rows: pd.DataFrame, unnamed: Collection[str], *, names: Collection[str] = (), texts: Collection[str] = ()
) -> pd.DataFrame:
    """Rows in which nothing stands for those who do not agree to be named, and within a text a dash."""
    if not unnamed or rows.empty:
        return rows
    told = {name: rows[name].mask(_is_one_of(rows[name], unnamed)) for name in names if name in rows}
    told |= {name: _dashed(rows[name], unnamed) for name in texts if name in rows}
    return rows.assign(**told)


def _dashed(texts: pd.Series, unnamed: Collection[str]) -> pd.Series:
    either = "|".join(r"\s+".join(map(re.escape, name.split())) for name in sorted(unnamed, key=len, reverse=True))
    within = re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)
    return texts.map(lambda text: within.sub("\N{EN DASH}", text), na_action="ignore")


def _promises(promises: pd.DataFrame, contacts: pd.DataFrame, unnamed: Collection[str]) -> pd.DataFrame:
    """Promises, but of margins; who does not agree to be named stands in them by the role, where that is known."""
    own = _with_dashes(_without(promises, kept_back(promises["metric"].dropna())), unnamed, texts=("text",))
    if not unnamed or own.empty or "owner" not in own:
        return own
    roles = dict(zip(contacts["name"].map(_folded), contacts["role"], strict=True)) if len(contacts) else {}
    role = own["owner"].map(_folded, na_action="ignore").map(roles)
    return own.assign(owner=own["owner"].mask(_is_one_of(own["owner"], unnamed), role))


def _scores(frames: Frames, margins: Collection[str]) -> dict[str, pd.DataFrame]:
    """Scores of the periods in which no margin counts: from one and all figures behind it but one, that one follows."""
    of_metrics = frames[SCORE_METRICS]
    hidden = of_metrics.loc[of_metrics["metric"].isin(margins), "period"]
    return {name: frames[name][~frames[name]["period"].isin(hidden)] for name in (SCORES, SCORE_METRICS)}


def _assessed(frames: Frames) -> dict[str, pd.DataFrame]:
    """What people were found to know, of those who agreed to be named."""
    people = frames["people"]
    agreed = people["consent"].eq(True) if "consent" in people else pd.Series(False, index=people.index)
    named: set[str] = set(people.loc[agreed, "salesperson_id"]) if len(people) else set()
    return {name: frames[name][frames[name]["salesperson_id"].isin(named)] for name in _ASSESSED}
