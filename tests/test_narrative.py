"""Sentences follow their facts, and say when they cannot say."""

from __future__ import annotations

import pytest

from channelnb.errors import NotUsable
from channelnb.narrative import promises, review, standing
from channelnb.narrative.facts import (
    AHEAD_OF,
    GAP,
    PEER_MEDIAN,
    PIPELINE,
    PLAN,
    PLAN_TO_DATE,
    PRIOR,
    TARGET,
    Fact,
    Facts,
    collect,
)
from channelnb.narrative.figures import figure, text_of
from channelnb.narrative.sentence import gist, say
from channelnb.numbers import percent, short_number

Q = "2026Q3"


def money(value: float | None, *, metric: str = "revenue", role: str = "actual", period: str = Q, **grain: str) -> Fact:
    state = "no_data" if value is None else "ok"
    return Fact(metric, period, value, "money", tuple(sorted(grain.items())), role, state=state)


def share(metric: str, value: float | None, *, n: int = 10, state: str = "", role: str = "actual") -> Fact:
    return Fact(metric, Q, value, "share", role=role, n=n, state=state or ("no_data" if value is None else "ok"))


def said(sentence) -> str:
    return sentence.text("EUR")


@pytest.mark.parametrize(
    ("growth", "expected"),
    [
        (0.2, "Revenue in 2026Q3 was EUR 120, up 20 % on EUR 100 in 2025Q3."),
        (-0.2, "Revenue in 2026Q3 was EUR 120, down 20 % on EUR 100 in 2025Q3."),
        (0.004, "Revenue in 2026Q3 was EUR 120, level with EUR 100 in 2025Q3."),
        (
            None,
            "Revenue in 2026Q3 was EUR 120; there is no revenue a year earlier for this partner, "
            "so there is nothing to compare it with.",
        ),
    ],
)
def test_revenue_follows_its_growth(growth, expected):
    facts = Facts([money(120), money(100, role=PRIOR), share("growth_yoy", growth)])
    assert said(standing.revenue(facts, Q, "2025Q3")) == expected


@pytest.mark.parametrize(
    ("attained", "expected"),
    [
        (1.1, "Against the plan of EUR 100 for 2026Q3, attainment was 110 %: the partner is ahead of plan."),
        (0.9, "Against the plan of EUR 100 for 2026Q3, attainment was 90 %: the partner is behind plan."),
        (1.0, "Against the plan of EUR 100 for 2026Q3, attainment was 100 %: the partner is on plan."),
        (None, "How 2026Q3 compares with plan cannot be said: there is no plan for this partner."),
    ],
)
def test_attainment_follows_its_fact(attained, expected):
    facts = Facts([money(100, role=PLAN), share("attainment", attained)])
    assert said(standing.attainment(facts, Q)) == expected


def test_too_few_cases_are_no_rate():
    facts = Facts([share("win_rate", 1.0, n=2, state="too_few")])
    assert said(standing.winning(facts, Q)) == "The win rate in 2026Q3 cannot be said: there are too few cases (2)."


def test_what_the_vendor_has_no_data_of_is_said_once():
    facts = Facts([share(name, None, state="not_measurable") for name in ("win_rate", "lead_acceptance")])
    told = gist([standing.winning(facts, Q), standing.leads(facts, Q)])
    assert [said(sentence) for sentence in told] == ["The vendor's data do not tell of the win rate and leads."]


def rank(metric: str, ahead: float, *, own: float = 0.4) -> list[Fact]:
    return [
        share(metric, own),
        share(metric, 0.5, role=PEER_MEDIAN),
        share(metric, ahead, n=7, role=AHEAD_OF),
    ]


def test_peers_name_the_highest_and_the_lowest():
    facts = Facts([*rank("win_rate", 0.9, own=0.6), *rank("gross_margin", 0.1), *rank("customer_retention", 0.5)])
    groups = dict.fromkeys(("win_rate", "gross_margin", "customer_retention"), "reseller")
    high, low = (said(sentence) for sentence in standing.against_peers(facts, Q, groups))
    assert high.startswith("Against its peers it stands highest in win rate: 60 %")
    assert low == (
        "It stands lowest in gross margin: 40 %, where the median of its peers is 50 %; "
        "it is ahead of 10 % of 7 other firms (reseller)."
    )


def test_what_is_level_with_the_median_is_neither_highest_nor_lowest():
    names = ("win_rate", "gross_margin", "customer_retention")
    groups = dict.fromkeys(names, "reseller")
    ranks = {name: rank(name, ahead, own=0.5) for name, ahead in zip(names, (0.9, 0.1, 0.5), strict=True)}
    level = [fact for facts in ranks.values() for fact in facts]
    (only,) = standing.against_peers(Facts(level), Q, groups)
    assert said(only) == "It is level with the median of its peers in each measure compared."
    apart = [*ranks["win_rate"], *ranks["gross_margin"], *rank("customer_retention", 0.4)]
    (only,) = standing.against_peers(Facts(apart), Q, groups)
    assert said(only).startswith("Against its peers it stands lowest in customer retention: 40 %")


def test_only_what_is_more_than_chance_is_called_notable():
    facts = Facts([*rank("win_rate", 0.9, own=0.6), *rank("gross_margin", 0.1), *rank("customer_retention", 0.5)])
    groups = dict.fromkeys(("win_rate", "gross_margin", "customer_retention"), "reseller")
    plain = " ".join(said(sentence) for sentence in standing.against_peers(facts, Q, groups))
    assert "notable" not in plain
    high, low, also = standing.against_peers(facts, Q, groups, notable=["gross_margin", "customer_retention"])
    assert "notable" not in said(high)
    assert said(low).endswith("it is ahead of 10 % of 7 other firms (reseller), a notable difference.")
    assert said(also) == "Also notable beside its peers: customer retention at 40 %."


@pytest.mark.parametrize(("ahead", "own", "half"), [(0.2, 0.4, "lower"), (0.8, 0.6, "upper")])
def test_nobody_is_praised_for_being_last(ahead, own, half):
    facts = Facts([*rank("win_rate", ahead, own=own), *rank("gross_margin", ahead, own=own)])
    (only,) = standing.against_peers(facts, Q, dict.fromkeys(("win_rate", "gross_margin"), "reseller"))
    assert said(only).startswith(f"It is in the {half} half of its peers in each of the 2 measures compared")


@pytest.mark.parametrize(("ahead", "own"), [(0.4, 0.6), (0.6, 0.4), (0.5, 0.5)])
def test_a_half_is_told_by_the_median_not_by_ties(ahead, own):
    facts = Facts(
        [*rank("win_rate", ahead), *rank("gross_margin", ahead, own=own), *rank("attainment", ahead, own=0.7)]
    )
    told = standing.against_peers(facts, Q, dict.fromkeys(("win_rate", "gross_margin", "attainment"), "reseller"))
    assert len(told) == 2
    assert "half" not in " ".join(said(sentence) for sentence in told)


def test_of_a_running_month_the_year_before_and_the_plan_are_pro_rata():
    figures = [money(120), money(100, role=PRIOR), share("growth_yoy", 0.2), share("attainment", 0.8)]
    plan = [money(150, role=PLAN_TO_DATE), money(90, line="Cloud"), money(80, role=PLAN_TO_DATE, line="Cloud")]
    running = Facts([*figures, *plan], pro_rata=True)
    assert said(standing.revenue(running, Q, "2025Q3", so_far=True)) == (
        "Revenue in 2026Q3 so far was EUR 120, up 20 % on EUR 100 in the same part of 2025Q3 (pro rata)."
    )
    assert said(standing.attainment(running, Q)).startswith("Against the plan to date (pro rata) of EUR 150 for")
    assert "ahead of its plan to date (pro rata): EUR 90" in said(review.lines(running, Q)[0])
    whole = Facts([*figures, *plan])
    assert "pro rata" not in said(standing.revenue(whole, Q, "2025Q3", so_far=True)) + said(
        standing.attainment(whole, Q)
    )


def test_what_an_absent_table_would_tell_is_not_told_as_none():
    facts = Facts([], absent=["opportunities", "commitments"])
    told = [
        review.ahead(facts, "2026Q4"),
        review.shortfalls(facts, [], low=3.0),
        review.concentration(facts, Q),
        promises.promises(facts, Q, "partner"),
        standing.winning(facts, Q),
    ]
    assert [said(sentence).partition(" cannot be said: ")[2] for sentence in told] == [
        *["the vendor's data hold no opportunities."] * 3,
        "the vendor's data hold no commitments.",
        "the vendor's data hold no opportunities.",
    ]
    assert [said(sentence) for sentence in gist(told)] == [
        "The vendor's data do not tell of pipeline, open deals, promises and the win rate."
    ]
    assert said(promises.promises(Facts([]), Q, "partner")) == "The partner had no promise due in 2026Q3."


def test_one_measure_is_neither_the_highest_nor_the_lowest():
    (only,) = standing.against_peers(Facts(rank("win_rate", 0.9)), Q, {"win_rate": "reseller"})
    assert said(only).startswith("It can be compared with its peers in one measure only, win rate: 40 %")


def test_history_names_the_best_and_the_last_quarter():
    quarters = ["2026Q1", "2026Q2", Q]
    sold = [Fact("revenue", q, v, "money", n=n) for q, v, n in zip(quarters, (50.0, 70.0, 0.0), (1, 2, 0), strict=True)]
    assert said(standing.history(Facts(sold), quarters)) == (
        "Over the 3 quarters to 2026Q3 it sold EUR 120 in all, most in 2026Q2 with EUR 70; its last sale was in 2026Q2."
    )
    never = [Fact("revenue", q, 0.0, "money", n=0) for q in quarters]
    assert said(standing.history(Facts(never), quarters)) == "No sale is recorded in the 3 quarters to 2026Q3."


@pytest.mark.parametrize(("index", "side"), [(4.0, "at"), (3.98, "at"), (3.9, "under"), (12.5, "over")])
def test_pipeline_is_over_or_under_its_target(index, side):
    facts = Facts(
        [
            Fact("pipeline_index", Q, index, "index"),
            Fact("pipeline_index", Q, 4.0, "index", role=TARGET),
            money(index * 100, role=PIPELINE),
            money(100, role=PLAN),
        ]
    )
    assert f", {side} the target of 4×." in said(review.ahead(facts, Q))


def test_shortfalls_name_the_quarters_and_the_gap():
    facts = Facts(
        [
            Fact("pipeline_index", "2026Q4", 3.0, "index"),
            money(100, role=GAP, period="2026Q4"),
            Fact("pipeline_index", "2027Q1", 5.0, "index"),
            money(-100, role=GAP, period="2027Q1"),
        ]
    )
    more = "; for 2026Q4, EUR 100 more pipeline would reach the target."
    coming = ["2026Q4", "2027Q1", "2027Q2"]
    assert said(review.shortfalls(facts, coming, low=3.5)) == f"Under the healthy range is 2026Q4{more}"
    healthy = "Every coming quarter with a plan (2026Q4 and 2027Q1) is in the healthy range of its pipeline or over it"
    assert said(review.shortfalls(facts, coming, low=3.0)) == healthy + more
    met = "Every coming quarter with a plan (2027Q1) is at its pipeline target or over it."
    assert said(review.shortfalls(facts, ["2027Q1"], low=3.0)) == met
    none = "No coming period has a plan to measure the pipeline against."
    assert said(review.shortfalls(facts, [], low=3.0)) == none


def test_promises_are_counted_by_their_end():
    def count(value: float, **grain: str) -> Fact:
        return Fact("promises", Q, value, "count", tuple(sorted(grain.items())))

    facts = Facts(
        [count(3, side="vendor"), count(2, side="vendor", result="met"), count(1, side="vendor", result="missed")]
    )
    assert said(promises.promises(facts, Q, "vendor")) == "The vendor had 3 promises due in 2026Q3: 2 met and 1 missed."
    assert said(promises.promises(facts, Q, "partner")) == "The partner had no promise due in 2026Q3."


def test_lines_furthest_from_plan_are_named():
    facts = Facts(
        [
            *(money(v, line=line) for line, v in (("Disks", 80), ("Routers", 130), ("Cables", 95))),
            *(money(100, role=PLAN, line=line) for line in ("Disks", "Routers", "Cables")),
        ]
    )
    behind, ahead = (said(sentence) for sentence in review.lines(facts, Q))
    assert behind == "Disks is the line furthest behind its plan: EUR 80 against EUR 100."
    assert ahead == "Routers is the line furthest ahead of its plan: EUR 130 against EUR 100."


def test_order_of_facts_changes_no_word():
    facts = [money(v, line=line) for line, v in (("Disks", 80), ("Routers", 80))]
    facts += [money(100, role=PLAN, line=line) for line in ("Disks", "Routers")]
    one, other = (review.lines(Facts(order), Q) for order in (facts, facts[::-1]))
    assert [said(sentence) for sentence in one] == [said(sentence) for sentence in other]


def test_every_figure_in_a_sentence_names_its_fact():
    facts = Facts([money(120), money(100, role=PRIOR), share("growth_yoy", 0.2)])
    html = standing.revenue(facts, Q, "2025Q3").markup("EUR").html
    assert '<data value="120" data-fact="revenue||2026Q3|actual">EUR 120</data>' in html
    assert '<data value="0.2" data-fact="growth_yoy||2026Q3|actual">20 %</data>' in html


def test_one_id_with_two_contents_is_refused():
    with pytest.raises(NotUsable, match=r"two facts are called 'revenue\|\|2026Q3\|actual'"):
        collect([money(1), money(2)])


def test_text_from_data_is_escaped():
    html = figure(money(1, line='<b>"x"</b>'), "EUR").html
    assert "<b>" not in html
    assert "&lt;b&gt;&quot;x&quot;" in html


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (-0.0, "0"),
        (999.4, "999"),
        (999.5, "1 k"),
        (-1234, "−1.23 k"),
        (999_999, "1 m"),
        (2.5e9, "2.5 bn"),
        (0.005, "0.01"),
    ],
)
def test_short_numbers(value, expected):
    assert short_number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0.6315, "63.2 %"), (-0.00001, "0 %"), (12.5, "1,250 %"), (0.0005, "0.1 %")]
)
def test_percentages_round_half_up(value, expected):
    assert percent(value) == expected


@pytest.mark.parametrize(
    ("state", "expected"), [("no_data", "no data"), ("not_measurable", "not measurable"), ("suppressed", "withheld")]
)
def test_a_state_is_a_word(state, expected):
    assert text_of(Fact("win_rate", Q, None, "share", state=state), "EUR") == expected


def test_a_name_that_ends_in_a_full_stop_has_one_only():
    assert said(say("It buys through Granite Kft.", ".")) == "It buys through Granite Kft."
