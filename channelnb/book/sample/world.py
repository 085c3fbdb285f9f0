"""The whole make-believe vendor, table by table: the order in which one rests on another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from channelnb.book.sample import (
    firms,
    leads,
    market,
    marketing,
    measures,
    money,
    people,
    pipeline,
    plans,
    programmes,
    promises,
    sales,
    together,
)
from channelnb.book.sample.cast import Cast, draw_cast
from channelnb.book.sample.draws import Array, Generator, dates, only, streams
from channelnb.book.sample.vendor import ALL_MONTHS, AS_OF

Tables = dict[str, pd.DataFrame]
Streams = Callable[[str], Generator]


@dataclass(frozen=True)
class World:
    """Everything that is true of the make-believe vendor, known today or not.

    `rows` are the sales of all months to the end of 2027, `euro` their revenue in cents of the vendor's
    currency, `deals` all deals to that day, `results` how each promise ended, `tables` what a source
    gives: money in whole cents, rates in millionths.
    """

    cast: Cast
    buyers: market.Buyers
    staff: people.Staff
    rows: pd.DataFrame
    deals: pd.DataFrame
    mix: Array
    flow: Array
    rate: Array
    euro: Array
    enrolled: pd.DataFrame
    good_candidates: Array
    results: pd.DataFrame
    tables: Tables


def make_world(*, partners: int, seed: int) -> World:
    """Draw the vendor of a seed; each part has a random stream of its own, by name.

    >>> world = make_world(partners=5, seed=7)
    >>> len(world.tables)
    32
    """
    stream = streams(seed)
    cast = draw_cast(stream("cast"), partners)
    buyers, staff = market.draw_buyers(stream("buyers"), cast), people.draw_staff(stream("staff"), cast)
    enrolled = programmes.draw_enrolments(stream("enrolled"), cast)
    mix, hoped = sales.line_mix(cast), sales.hoped(cast)
    flow = sales.expected(cast, hoped)
    true_flow = sales.happened(stream("flow"), cast, flow, programmes.effect(cast, enrolled))
    drawn = sales.draw_rows(stream("rows"), cast, true_flow, mix)
    filled = sales.fill(stream("fill"), cast, drawn, buyers, staff)
    rows = sales.arrange(stream("arrange"), cast, filled, buyers)
    closing = pipeline.closing_rows(stream("closing"), rows)
    # What closes a deal is entered on the day.
    rows.loc[closing, "recorded_on"] = rows.loc[closing, "sold_on"]
    deals = pipeline.draw_deals(stream("deals"), cast, rows, closing, buyers, staff)
    planned, rate = money.rates(stream("rates"))
    tables = _own_tables(stream, cast, staff, buyers)
    found = marketing.running_on(stream("found"), tables["campaigns"], dates(deals, "created") - leads.LEAD_DAYS)
    deals["campaign_id"] = only(deals["source"].to_numpy() == 1, found)
    rate_of_history = rate[money.MONTHS_BEFORE :]
    tables |= {"fx_rates": money.fx_rates(planned, rate), "plans": plans.plans(stream("plans"), cast, hoped, mix)}
    candidates, good = firms.candidates(stream("candidates"), max(12, partners * 2 // 3))
    world = World(
        cast=cast,
        buyers=buyers,
        staff=staff,
        rows=rows,
        deals=deals,
        mix=mix,
        flow=true_flow,
        rate=rate_of_history,
        euro=measures.in_euro(
            rows["revenue"].to_numpy(), rows["month"].to_numpy(), cast.usd[rows["partner"]], rate_of_history
        ),
        enrolled=enrolled,
        good_candidates=candidates["candidate_id"].to_numpy()[good],
        results=pd.DataFrame(),
        tables=tables | {"candidates": candidates},
    )
    return _with_the_rest(stream, world)


def _own_tables(stream: Streams, cast: Cast, staff: people.Staff, buyers: market.Buyers) -> Tables:
    """The tables that rest on nothing that was sold."""
    tiers = firms.tier_at(stream("tier"), cast, np.arange(ALL_MONTHS))
    managers = firms.managers(stream("managers"), cast)
    customers = market.customers(stream("customers"), cast, buyers)
    return {
        "partners": firms.partners(stream("partners"), cast, tiers[:, -1]),
        "partner_history": firms.partner_history(stream("partner_history"), cast, tiers),
        "tiers": firms.tier_table(),
        "managers": managers,
        "contacts": people.contacts(stream("contacts"), cast, managers),
        "salespeople": people.salespeople(stream("salespeople"), cast, staff),
        "assessments": people.assessments(stream("assessments"), staff),
        "certifications": people.certifications(stream("certifications"), cast, staff),
        "products": market.products(),
        "customers": customers,
        "markets": market.markets(stream("markets"), customers),
        "campaigns": marketing.campaigns(stream("campaigns")),
        "surveys": together.surveys(stream("surveys"), cast, buyers),
        "notes": together.notes(stream("notes"), cast, managers),
    }


def _with_the_rest(stream: Streams, world: World) -> World:
    """The world with the tables that rest on what was sold."""
    cast, deals, rows, tables = world.cast, world.deals, world.rows, world.tables
    by_quarter = sales.by_quarter(rows, cast)
    tiers = firms.tier_at(stream("tier"), cast, np.arange(ALL_MONTHS))
    budgets = money.mdf_budgets(cast, by_quarter, tiers)
    lead_rows = leads.draw_leads(stream("lead_rows"), cast, deals)
    lead_rows["campaign_id"] = _campaign_of(stream("lead_campaigns"), lead_rows, world)
    drawn = together.draw_activities(stream("drawn"), cast)
    held = together.activities(stream("activities"), cast, drawn, deals, tables["campaigns"])
    more = {
        "sales": sales.sales(cast, rows, world.buyers, world.staff, deal_of(rows, deals)),
        "opportunities": pipeline.opportunities(stream("opportunities"), cast, deals, world.buyers, world.staff),
        "pipeline_history": pipeline.pipeline_history(cast, deals),
        "deals_worked": pipeline.deals_worked(stream("deals_worked"), cast, deals, world.staff),
        "forecasts": plans.forecasts(stream("forecasts"), cast, world.flow, world.mix),
        "leads": leads.leads(stream("leads"), cast, lead_rows, _with_sellers(world), world.buyers),
        "activities": held,
        "attendance": together.attendance(stream("attendance"), drawn, held, world.staff, world.buyers),
        "enrolments": programmes.enrolments(stream("enrolments"), cast, world.enrolled, world.staff),
        "wallet": market.wallet(stream("wallet"), cast, _sold_by_year(rows)),
        "mdf_budgets": budgets.drop(columns=["partner", "at"]),
        "mdf_claims": money.mdf_claims(stream("mdf_claims"), cast, budgets, tables["campaigns"]),
        "incentives": money.incentives(stream("incentives"), cast, by_quarter),
        "costs": money.costs(stream("costs"), cast, world.flow),
    }
    promised, results = promises.commitments(stream("commitments"), cast, record_of(world), tables["contacts"])
    return World(**(vars(world) | {"tables": tables | more | {"commitments": promised}, "results": results}))


def _campaign_of(rng: Generator, lead_rows: pd.DataFrame, world: World) -> Array:
    """A lead's campaign is that of the deal it became; half of the other leads come from one too."""
    own = marketing.running_on(rng, world.tables["campaigns"], dates(lead_rows, "day"))
    own = only(rng.random(len(own)) < 0.5, own)
    deal = lead_rows["deal"].to_numpy()
    return np.asarray(np.where(deal >= 0, world.deals["campaign_id"].to_numpy(dtype=object)[deal], own))


def _with_sellers(world: World) -> pd.DataFrame:
    return world.deals.assign(seller_id=world.staff.person_id[world.deals["seller"]])


def _sold_by_year(rows: pd.DataFrame) -> pd.DataFrame:
    known = rows[rows["recorded_on"] <= AS_OF].assign(year=2023 + rows["month"] // 12)
    return known.groupby(["partner", "line", "year"])["revenue"].sum().reset_index()


def deal_of(rows: pd.DataFrame, deals: pd.DataFrame) -> Array:
    """The id of the deal that each sale closes, or none.

    >>> deals = pd.DataFrame({"sale": [1, -1], "deal_id": ["O1", "O2"]})
    >>> deal_of(pd.DataFrame(index=range(3)), deals).tolist()
    [None, 'O1', None]
    """
    found = np.full(len(rows), None, dtype=object)
    closing = deals["sale"].to_numpy() >= 0
    found[deals["sale"].to_numpy()[closing]] = deals["deal_id"].to_numpy(dtype=object)[closing]
    return found


def record_of(world: World) -> promises.Record:
    """What promises are measured by, from the sales known today."""
    cast, tables = world.cast, world.tables
    known = (world.rows["recorded_on"] <= AS_OF).to_numpy()
    rows = world.rows[known]
    revenue, line_low, line_high = measures.revenue(cast, rows, world.euro[known])
    metrics = {
        "revenue": revenue,
        "open_pipeline": measures.open_pipeline(cast, world.deals, float(world.rate[:45].mean()) / 1e6),
        "certified_people": measures.certified_people(cast, tables["certifications"], tables["salespeople"]),
        "win_rate": measures.win_rate(cast, world.deals),
        "new_customers": measures.new_customers(cast, rows),
    }
    return promises.Record(metrics, line_low, line_high)
