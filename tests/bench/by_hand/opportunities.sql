-- Deals: what was opened, closed, registered and is open, by partner and month.

-- How each deal was seen while open: when and due when first, and due when at each quarter's start.
-- What was seen up to a quarter's first day tells of its start.
CREATE OR REPLACE TEMP TABLE by_hand_seen AS
SELECT opportunity_id, CAST(by_hand_quarter(as_of - 1) + INTERVAL 3 MONTH AS DATE) AS quarter,
    min(as_of) AS seen_on, arg_min(expected_close_on, as_of) AS first_due, arg_max(expected_close_on, as_of) AS due
FROM pipeline_history
WHERE coalesce(outcome, 'open') = 'open'
GROUP BY ALL;

-- Each deal once, with what its metrics ask of it.
CREATE OR REPLACE TEMP TABLE by_hand_deals AS
WITH first_seen AS (
    SELECT opportunity_id, min(seen_on) AS seen_on, arg_min(first_due, seen_on) AS first_due
    FROM by_hand_seen
    GROUP BY ALL
), looked AS (
    SELECT min(seen_on) AS since FROM first_seen
), dealt AS (
    SELECT coalesce(o.partner_id, '(none)') AS partner_id, CAST(o.amount AS DECIMAL(18, 6)) AS amount, o.outcome,
        o.created_on, o.closed_on, o.expected_close_on, o.campaign_id,
        o.registered_on, o.decided_on, o.registration_decision,
        by_hand_quarter(o.closed_on) AS closed_in,
        CASE WHEN s.opportunity_id IS NOT NULL THEN coalesce(s.first_due, o.expected_close_on)
            WHEN o.created_on >= looked.since THEN o.expected_close_on END AS first_due,
        at_start.due AS due_at_start,
        outcome = 'open' OR closed_on IS NOT NULL AS dated
    FROM opportunities AS o
    CROSS JOIN looked
    LEFT JOIN first_seen AS s USING (opportunity_id)
    LEFT JOIN by_hand_seen AS at_start
        ON at_start.opportunity_id = o.opportunity_id AND at_start.quarter = by_hand_quarter(o.closed_on)
)
SELECT *, bool_or(due_at_start IS NOT NULL) OVER (PARTITION BY closed_in) AS looked_at_start FROM dealt;

-- Deals closed.
CREATE OR REPLACE TEMP TABLE by_hand_closed AS
SELECT partner_id, by_hand_month(closed_on) AS month,
    count(*) FILTER (outcome = 'won') AS won,
    count(*) FILTER (outcome IN ('won', 'lost')) AS won_or_lost,
    count(*) FILTER (outcome IN ('won', 'lost', 'no_decision')) AS decided,
    CAST(sum(amount) FILTER (outcome = 'won') AS DOUBLE) AS won_value,
    CAST(sum(amount) FILTER (outcome IN ('won', 'lost')) AS DOUBLE) AS won_or_lost_value,
    CAST(sum(amount) FILTER (outcome IN ('won', 'lost', 'no_decision')) AS DOUBLE) AS decided_value,
    median(CAST(amount AS DOUBLE)) FILTER (outcome = 'won') AS median_won_deal,
    CAST(sum(amount) FILTER (outcome = 'won' AND by_hand_quarter(created_on) = closed_in) AS DOUBLE) AS quick_value,
    CAST(sum(amount) FILTER (outcome = 'won' AND closed_in <= by_hand_quarter(first_due)) AS DOUBLE) AS in_time_value,
    CAST(sum(amount) FILTER (outcome = 'won' AND first_due IS NOT NULL) AS DOUBLE) AS dated_value,
    sum(closed_on - created_on) FILTER (outcome = 'won' AND closed_on >= created_on) AS won_days,
    count(*) FILTER (outcome = 'won' AND closed_on >= created_on) AS won_cycles,
    CAST(sum(amount) FILTER (outcome = 'won' AND due_at_start >= closed_in + INTERVAL 3 MONTH) AS DOUBLE)
        AS pulled_value,
    CAST(sum(amount) FILTER (outcome = 'won' AND looked_at_start) AS DOUBLE) AS looked_value,
    count(*) FILTER (outcome = 'won' AND approved) AS registered_won,
    count(*) FILTER (outcome IN ('won', 'lost') AND approved) AS registered_decided
FROM (
    SELECT *, registered_on IS NOT NULL AND registration_decision = 'approved' AS approved
    FROM by_hand_deals
    WHERE closed_on IS NOT NULL
)
GROUP BY ALL;

-- Deals opened, and of these the ones opened in quarters of which the partner told how many deals it worked on.
CREATE OR REPLACE TEMP TABLE by_hand_opened AS
SELECT partner_id, by_hand_month(created_on) AS month, count(*) AS deals,
    CAST(sum(amount) AS DOUBLE) AS pipeline_created,
    CAST(sum(amount) FILTER (campaign_id IS NOT NULL) AS DOUBLE) AS marketing_pipeline
FROM by_hand_deals
WHERE created_on IS NOT NULL
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE by_hand_asked AS
WITH asked AS (
    SELECT coalesce(partner_id, '(none)') AS partner_id, sum(deals) AS all_deals,
        make_date(CAST(quarter[:4] AS INTEGER), 3 * CAST(quarter[-1:] AS INTEGER) - 2, 1) AS month
    FROM deals_worked
    GROUP BY ALL
), ours AS (
    SELECT partner_id, by_hand_quarter(month) AS month, sum(deals) AS deals FROM by_hand_opened GROUP BY ALL
)
SELECT partner_id, month, coalesce(deals, 0) / all_deals AS share_of_deals_worked
FROM asked LEFT JOIN ours USING (partner_id, month)
WHERE all_deals > 0;

-- Deals whose 180 days were over.
CREATE OR REPLACE TEMP TABLE by_hand_cohorts AS
SELECT partner_id, by_hand_month(created_on + 180) AS month,
    count(*) FILTER (outcome = 'won' AND closed_on <= created_on + 180) / count(*) AS cohort_win_rate
FROM by_hand_deals
WHERE created_on + 180 <= DATE '2026-09-30'
GROUP BY ALL;

-- Registrations, and decisions on them.
CREATE OR REPLACE TEMP TABLE by_hand_registered AS
SELECT partner_id, by_hand_month(registered_on) AS month, count(*) AS deal_registrations
FROM by_hand_deals
WHERE registered_on IS NOT NULL
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE by_hand_approved AS
SELECT partner_id, by_hand_month(decided_on) AS month,
    count(*) FILTER (registration_decision = 'approved') / count(*) AS registration_approval_rate
FROM by_hand_deals
WHERE decided_on IS NOT NULL AND registration_decision IN ('approved', 'denied')
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE by_hand_approvals AS
SELECT partner_id, month, coalesce(decided_on <= closes, false) AS over,
    CASE WHEN over THEN decided_on ELSE closes + 1 END - registered_on AS time
FROM by_hand_deals JOIN by_hand_months ON month = by_hand_month(registered_on)
WHERE (decided_on IS NOT NULL OR coalesce(registration_decision, 'pending') = 'pending') AND time >= 0;

-- Cycles of deals opened in the 24 months that end with each month.
CREATE OR REPLACE TEMP TABLE by_hand_cycles AS
SELECT partner_id, month, coalesce(closed_on <= closes, false) AS over,
    CASE WHEN over THEN closed_on ELSE closes + 1 END - created_on AS time
FROM by_hand_deals
JOIN by_hand_months ON month BETWEEN by_hand_month(created_on) AND by_hand_month(created_on) + INTERVAL 23 MONTH
WHERE dated AND time >= 0;

-- Stocks on each month's last day: what came in so far less what went out.
CREATE OR REPLACE TEMP TABLE by_hand_stocks AS
WITH held AS (
    SELECT partner_id, 'open' AS kind, created_on AS since, closed_on AS until, amount FROM by_hand_deals WHERE dated
    UNION ALL
    SELECT partner_id, 'known', created_on, closed_on, amount FROM by_hand_deals WHERE dated AND created_on IS NOT NULL
    UNION ALL
    SELECT partner_id, 'stale', created_on + 180, closed_on, amount FROM by_hand_deals
    WHERE dated AND created_on IS NOT NULL
    UNION ALL
    SELECT partner_id, 'overdue', greatest(created_on, expected_close_on + 1), closed_on, amount FROM by_hand_deals
    WHERE dated AND expected_close_on IS NOT NULL
), monthly AS (
    SELECT partner_id, kind, amount, by_hand_month(until) AS goes,
        greatest(by_hand_month(since), (SELECT min(month) FROM by_hand_months)) AS comes
    FROM held
), moves AS (
    SELECT partner_id, kind, comes AS month, amount, 1 AS deals FROM monthly WHERE goes IS NULL OR goes > comes
    UNION ALL
    SELECT partner_id, kind, goes, -amount, -1 FROM monthly WHERE goes > comes
), moved AS (
    SELECT partner_id, month,
        sum(amount) FILTER (kind = 'open') AS open_in, sum(deals) FILTER (kind = 'open') AS deals_in,
        sum(amount) FILTER (kind = 'known') AS known_in, sum(amount) FILTER (kind = 'stale') AS stale_in,
        sum(amount) FILTER (kind = 'overdue') AS overdue_in
    FROM moves
    GROUP BY ALL
)
SELECT partner_id, month, coalesce(sum(deals_in) OVER so_far, 0) AS deals,
    CAST(coalesce(sum(open_in) OVER so_far, 0) AS DOUBLE) AS open_pipeline,
    CAST(coalesce(sum(known_in) OVER so_far, 0) AS DOUBLE) AS known_pipeline,
    CAST(coalesce(sum(stale_in) OVER so_far, 0) AS DOUBLE) AS stale_pipeline,
    CAST(coalesce(sum(overdue_in) OVER so_far, 0) AS DOUBLE) AS pipeline_overdue
FROM by_hand_grid LEFT JOIN moved USING (partner_id, month)
WINDOW so_far AS (PARTITION BY partner_id ORDER BY month);

-- What was due in a quarter that is over, as seen last up to its first day.
CREATE OR REPLACE TEMP TABLE by_hand_slipped AS
WITH last_look AS (
    SELECT max(as_of) AS as_of, CAST(by_hand_quarter(as_of - 1) + INTERVAL 3 MONTH AS DATE) AS quarter
    FROM pipeline_history
    GROUP BY quarter
), due AS (
    SELECT coalesce(o.partner_id, '(none)') AS partner_id, quarter AS month, CAST(h.amount AS DOUBLE) AS amount,
        coalesce(o.closed_on >= quarter + INTERVAL 3 MONTH, true) AS late
    FROM pipeline_history AS h
    JOIN last_look USING (as_of)
    JOIN opportunities AS o USING (opportunity_id)
    WHERE coalesce(h.outcome, 'open') = 'open'
        AND h.expected_close_on >= quarter AND h.expected_close_on < quarter + INTERVAL 3 MONTH
        AND (o.outcome = 'open' OR o.closed_on >= quarter)
        AND quarter + INTERVAL 3 MONTH <= DATE '2026-10-01'
)
SELECT partner_id, month, coalesce(sum(amount) FILTER (late), 0) / sum(amount) AS slippage
FROM due
GROUP BY ALL
HAVING sum(amount) > 0;

-- Twelve months of closed deals, from the first month with twelve behind it.
CREATE OR REPLACE TEMP TABLE by_hand_year_of_deals AS
SELECT partner_id, month, month >= first + INTERVAL 11 MONTH AS told,
    sum(won_value) OVER year AS won_value, sum(won_or_lost_value) OVER year AS won_or_lost_value,
    sum(won_or_lost) OVER year AS won_or_lost, coalesce(sum(quick_value) OVER year, 0) AS quick_value,
    sum(in_time_value) OVER year AS in_time_value, sum(dated_value) OVER year AS dated_value,
    sum(won_days) OVER year AS won_days, sum(won_cycles) OVER year AS won_cycles
FROM by_hand_grid
LEFT JOIN by_hand_closed USING (partner_id, month)
CROSS JOIN (SELECT min(month) AS first FROM by_hand_closed)
WINDOW year AS (PARTITION BY partner_id ORDER BY month ROWS 11 PRECEDING);

SELECT g.partner_id, g.month,
    c.won / nullif(c.won_or_lost, 0) AS win_rate,
    CASE WHEN c.won_or_lost_value > 0 THEN coalesce(c.won_value, 0) / c.won_or_lost_value END AS win_rate_by_value,
    c.won / nullif(c.decided, 0) AS win_rate_with_no_decision,
    CASE WHEN c.decided_value > 0 THEN coalesce(c.won_value, 0) / c.decided_value END
        AS win_rate_by_value_with_no_decision,
    cohort_win_rate,
    cycle.median AS sales_cycle,
    c.won_value / nullif(c.won, 0) AS average_won_deal,
    c.median_won_deal,
    s.pipeline_overdue,
    CASE WHEN g.month BETWEEN closed.first AND closed.last THEN coalesce(c.won_value, 0) END AS won_to_date,
    CASE WHEN y.told AND y.dated_value >= 0.9 * y.won_value
        THEN (1 - y.quick_value / y.won_value)
            / nullif(y.won_value / y.won_or_lost_value * y.in_time_value / y.dated_value, 0) END AS required_coverage,
    CASE WHEN y.told THEN s.deals * (y.won_value / y.won_or_lost) / nullif(y.won_days / y.won_cycles, 0) END
        AS pipeline_velocity,
    slippage,
    CASE WHEN c.looked_value > 0 THEN coalesce(c.pulled_value, 0) / c.looked_value END AS pull_forward,
    s.open_pipeline,
    s.stale_pipeline,
    CASE WHEN s.known_pipeline > 0 THEN s.stale_pipeline / s.known_pipeline END AS stale_share,
    CASE WHEN g.month BETWEEN registered.first AND registered.last THEN coalesce(deal_registrations, 0) END
        AS deal_registrations,
    registration_approval_rate,
    approval.median AS registration_approval_time,
    c.registered_won / nullif(c.registered_decided, 0) AS registration_win_rate,
    share_of_deals_worked,
    CASE WHEN g.month BETWEEN opened.first AND opened.last THEN coalesce(pipeline_created, 0) END AS pipeline_created,
    CASE WHEN g.month BETWEEN opened.first AND opened.last THEN coalesce(marketing_pipeline, 0) END
        AS marketing_pipeline
FROM by_hand_grid AS g
JOIN by_hand_stocks AS s USING (partner_id, month)
JOIN by_hand_year_of_deals AS y USING (partner_id, month)
LEFT JOIN by_hand_closed AS c USING (partner_id, month)
LEFT JOIN by_hand_opened USING (partner_id, month)
LEFT JOIN by_hand_asked USING (partner_id, month)
LEFT JOIN by_hand_cohorts USING (partner_id, month)
LEFT JOIN by_hand_registered USING (partner_id, month)
LEFT JOIN by_hand_approved USING (partner_id, month)
LEFT JOIN by_hand_slipped USING (partner_id, month)
LEFT JOIN by_hand_median('by_hand_approvals') AS approval USING (partner_id, month)
LEFT JOIN by_hand_median('by_hand_cycles') AS cycle USING (partner_id, month)
CROSS JOIN (SELECT min(month) AS first, max(month) AS last FROM by_hand_closed) AS closed
CROSS JOIN (SELECT min(month) AS first, max(month) AS last FROM by_hand_opened) AS opened
CROSS JOIN (SELECT min(month) AS first, max(month) AS last FROM by_hand_registered) AS registered
