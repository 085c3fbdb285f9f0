-- Leads: what was given, called, dropped and kept, by partner and month.

-- Since when each firm has sold to a segment.
CREATE OR REPLACE TEMP TABLE by_hand_served AS
SELECT sold.partner_id, customers.segment, by_hand_month(min(first_day)) AS since
FROM by_hand_sold AS sold JOIN customers USING (customer_id)
WHERE of = 'customer'
GROUP BY ALL;

-- Each lead once, with whether it lies outside of what its firm does.
CREATE OR REPLACE TEMP TABLE by_hand_leads AS
SELECT coalesce(f.partner_id, '(none)') AS partner_id, f.partner_id IS NOT NULL AS given,
    CAST(f.created_at AS TIMESTAMP) AS created_at, CAST(f.assigned_at AS TIMESTAMP) AS assigned_at,
    CAST(f.first_contact_at AS TIMESTAMP) AS called_at, f.accepted_at IS NOT NULL AS accepted,
    f.mql_on, f.sql_on, f.campaign_id, f.score, CAST(f.amount AS DOUBLE) AS amount, CAST(f.cost AS DOUBLE) AS cost,
    f.returned_at IS NOT NULL AS returned, f.outcome = 'dropped' AS lost_sight_of,
    coalesce(f.region <> firm.region, false)
    OR coalesce(f.segment <> firm.segment AND (SELECT by_hand_month(min(first_day)) FROM by_hand_sold) <= f.assigned_at
        AND coalesce(served.since > f.assigned_at, true), false)
    OR coalesce(f.line IS NOT NULL AND by_hand_month(began.first_day) <= f.assigned_at
        AND coalesce(by_hand_month(sold.first_day) > f.assigned_at, true), false) AS misplaced
FROM leads AS f
LEFT JOIN partners AS firm USING (partner_id)
LEFT JOIN by_hand_sold AS began ON began.of = 'firm' AND began.partner_id = f.partner_id
LEFT JOIN by_hand_sold AS sold ON sold.of = 'line' AND sold.partner_id = f.partner_id AND sold.line = f.line
LEFT JOIN by_hand_served AS served ON served.partner_id = f.partner_id AND served.segment = f.segment;

-- Leads given to partners.
CREATE OR REPLACE TEMP TABLE by_hand_given AS
SELECT partner_id, by_hand_month(assigned_at) AS month,
    count(*) FILTER (given) AS leads, sum(amount) FILTER (given) AS value,
    count(*) FILTER (given AND accepted) AS accepted, count(*) FILTER (given AND called_at IS NOT NULL) AS called,
    count(*) FILTER (given AND (lost_sight_of OR returned)) AS dropped,
    sum(amount) FILTER (given AND (lost_sight_of OR returned)) AS dropped_value,
    count(*) FILTER (given AND (lost_sight_of OR returned) AND (returned OR misplaced)) AS wrong,
    count(*) FILTER (given AND lost_sight_of AND NOT returned AND NOT misplaced
        AND (called_at IS NULL OR called_at > assigned_at + INTERVAL 72 HOUR)) AS late,
    avg(cost) FILTER (given) AS lead_cost, avg(score) FILTER (given) AS lead_score
FROM by_hand_leads
WHERE assigned_at IS NOT NULL
GROUP BY ALL;

-- Leads that came in.
CREATE OR REPLACE TEMP TABLE by_hand_came AS
SELECT partner_id, by_hand_month(created_at) AS month,
    count(*) FILTER (NOT given) AS kept, sum(amount) FILTER (NOT given) AS kept_value,
    avg(score) FILTER (NOT given) AS kept_lead_score, avg(cost) FILTER (campaign_id IS NOT NULL) AS cost_per_lead
FROM by_hand_leads
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE by_hand_qualified AS
SELECT partner_id, by_hand_month(mql_on) AS month, count(*) FILTER (sql_on >= mql_on) / count(*) AS mql_to_sql
FROM by_hand_leads
WHERE mql_on IS NOT NULL
GROUP BY ALL;

-- Hours from giving to the first call, and from coming in to giving, of which what goes on is known to the month's end.
CREATE OR REPLACE TEMP TABLE by_hand_calls AS
SELECT partner_id, month, coalesce(called_at < closes + INTERVAL 1 DAY, false) AS over,
    epoch(CASE WHEN over THEN called_at ELSE closes + INTERVAL 1 DAY END - assigned_at) / 3600 AS time
FROM by_hand_leads JOIN by_hand_months ON month = by_hand_month(assigned_at)
WHERE given AND (called_at IS NOT NULL OR NOT returned) AND time >= 0;

CREATE OR REPLACE TEMP TABLE by_hand_handovers AS
SELECT partner_id, month, coalesce(assigned_at < closes + INTERVAL 1 DAY, false) AS over,
    epoch(CASE WHEN over THEN assigned_at ELSE closes + INTERVAL 1 DAY END - created_at) / 3600 AS time
FROM by_hand_leads JOIN by_hand_months ON month = by_hand_month(created_at)
WHERE given AND time >= 0;

SELECT g.partner_id, g.month,
    accepted / nullif(leads, 0) AS lead_acceptance,
    called / nullif(leads, 0) AS leads_worked,
    calls.median AS lead_response_time,
    handovers.median AS lead_handover_time,
    dropped / nullif(leads, 0) AS dropped_leads,
    CASE WHEN g.month BETWEEN given.first AND given.last THEN coalesce(dropped_value, 0) END AS dropped_lead_value,
    wrong / nullif(leads, 0) AS dropped_to_wrong_partner,
    late / nullif(leads, 0) AS dropped_for_follow_up,
    lead_cost,
    mql_to_sql,
    cost_per_lead,
    CASE WHEN g.month BETWEEN given.first AND given.last THEN coalesce(leads, 0) END AS leads_given,
    CASE WHEN g.month BETWEEN given.first AND given.last THEN coalesce(value, 0) END AS leads_given_value,
    lead_score,
    CASE WHEN g.month BETWEEN came.first AND came.last THEN coalesce(kept, 0) END AS leads_kept_direct,
    CASE WHEN g.month BETWEEN came.first AND came.last THEN coalesce(kept_value, 0) END AS leads_kept_value,
    kept_lead_score
FROM by_hand_grid AS g
LEFT JOIN by_hand_given USING (partner_id, month)
LEFT JOIN by_hand_came USING (partner_id, month)
LEFT JOIN by_hand_qualified USING (partner_id, month)
LEFT JOIN by_hand_median('by_hand_calls') AS calls USING (partner_id, month)
LEFT JOIN by_hand_median('by_hand_handovers') AS handovers USING (partner_id, month)
CROSS JOIN (SELECT min(month) AS first, max(month) AS last FROM by_hand_given) AS given
CROSS JOIN (SELECT min(month) AS first, max(month) AS last FROM by_hand_came) AS came
