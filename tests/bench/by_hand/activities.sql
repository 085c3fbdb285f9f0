-- Activities: what was held with partners, who was there, and the campaigns that they have a part in.

CREATE OR REPLACE TEMP TABLE by_hand_activities AS
SELECT coalesce(partner_id, '(none)') AS partner_id, activity_id, kind, campaign_id, held_on, requested_on,
    requested_by, days, customer_attendees, status IS DISTINCT FROM 'planned' AS done
FROM activities;

CREATE OR REPLACE TEMP TABLE by_hand_held AS
SELECT partner_id, by_hand_month(held_on) AS month,
    count(*) FILTER (kind = 'training') AS trainings,
    count(*) FILTER (kind = 'event') AS events,
    count(*) FILTER (kind = 'webinar') AS webinars,
    count(*) FILTER (kind = 'content') AS content,
    count(*) FILTER (kind = 'social') AS posts,
    count(*) FILTER (kind = 'joint_call') AS joint_calls,
    count(*) FILTER (kind = 'case_study') AS case_studies,
    count(*) FILTER (kind = 'qbr') AS reviews,
    count(*) FILTER (kind IN ('event', 'webinar', 'campaign', 'content', 'social', 'case_study')) AS marketing,
    count(*) FILTER (kind IN ('meeting', 'qbr', 'exec_call', 'joint_call', 'training', 'event')) AS contacts,
    max(held_on) FILTER (kind IN ('meeting', 'qbr', 'exec_call', 'joint_call', 'training', 'event')) AS last_contact,
    sum(days) FILTER (kind = 'training') AS training_days,
    sum(customer_attendees) FILTER (kind IN ('event', 'webinar')) AS customers
FROM by_hand_activities
WHERE done AND held_on IS NOT NULL
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE by_hand_requests AS
SELECT partner_id, by_hand_month(requested_on) AS month,
    count(*) FILTER (kind = 'exec_call' AND requested_by = 'partner') AS executive_requests
FROM by_hand_activities
WHERE requested_on IS NOT NULL
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE by_hand_attended AS
SELECT partner_id, by_hand_month(held_on) AS month,
    count(DISTINCT salesperson_id) FILTER (done AND kind = 'training') AS trained_people
FROM attendance JOIN by_hand_activities USING (activity_id)
GROUP BY ALL;

-- Firms that there were in a month, those that left in it among them.
CREATE OR REPLACE TEMP TABLE by_hand_firms AS
SELECT partner_id, month
FROM partners JOIN by_hand_months
    ON coalesce(joined_on <= closes, true) AND coalesce(left_on > closes, true) OR by_hand_month(left_on) = month
WHERE survivor_id = partner_id;

-- Digital campaigns from the day on which it is known that the partner takes part.
CREATE OR REPLACE TEMP TABLE by_hand_digital AS
WITH part AS (
    SELECT partner_id, campaign_id, started_on, ended_on,
        min(coalesce(requested_on, held_on)) AS known_from, bool_or(done) AS done
    FROM by_hand_activities JOIN campaigns USING (campaign_id)
    WHERE digital
    GROUP BY ALL
)
SELECT partner_id, month,
    count(*) FILTER (known_from <= closes AND started_on > closes) AS planned,
    count(*) FILTER (greatest(started_on, known_from) <= closes AND coalesce(ended_on > closes, true)
        AND started_on IS NOT NULL) AS running,
    count(*) FILTER (done AND by_hand_month(ended_on) = month) AS done
FROM part CROSS JOIN by_hand_months
GROUP BY ALL;

SELECT g.partner_id, g.month,
    CASE WHEN held THEN coalesce(trainings, 0) END AS training_sessions,
    CASE WHEN g.month BETWEEN attended.first AND attended.last THEN coalesce(trained_people, 0) END AS trained_people,
    CASE WHEN held THEN coalesce(events, 0) END AS events_held,
    CASE WHEN held THEN coalesce(webinars, 0) END AS webinars_held,
    CASE WHEN held THEN coalesce(content, 0) END AS content_published,
    CASE WHEN held THEN coalesce(posts, 0) END AS social_posts,
    CASE WHEN held THEN coalesce(joint_calls, 0) END AS joint_calls,
    CASE WHEN held THEN coalesce(case_studies, 0) END AS case_studies,
    CASE WHEN held THEN coalesce(customers, 0) END AS customers_at_events,
    CASE WHEN g.month BETWEEN requests.first AND requests.last THEN coalesce(executive_requests, 0) END
        AS executive_requests,
    CASE WHEN held AND firm.partner_id IS NOT NULL THEN CAST(coalesce(marketing, 0) > 0 AS INTEGER) END
        AS marketing_participation,
    coalesce(digital.planned, 0) AS digital_campaigns_planned,
    coalesce(digital.running, 0) AS digital_campaigns_running,
    coalesce(digital.done, 0) AS digital_campaigns_done,
    CASE WHEN held THEN coalesce(training_days, 0) END AS training_days,
    closes - max(last_contact) OVER (PARTITION BY g.partner_id ORDER BY g.month) AS days_since_contact,
    CASE WHEN held THEN coalesce(contacts, 0) END AS contacts_held,
    CASE WHEN held THEN coalesce(reviews, 0) END AS reviews_held,
    CASE WHEN held AND firm.partner_id IS NOT NULL THEN CAST(coalesce(reviews, 0) > 0 AS INTEGER) END AS review_rate
FROM (
    SELECT *, month BETWEEN (SELECT by_hand_month(min(held_on)) FROM by_hand_activities)
        AND (SELECT by_hand_month(max(held_on)) FROM by_hand_activities) AS held
    FROM by_hand_grid
) AS g
LEFT JOIN by_hand_held USING (partner_id, month)
LEFT JOIN by_hand_requests USING (partner_id, month)
LEFT JOIN by_hand_attended USING (partner_id, month)
LEFT JOIN by_hand_firms AS firm USING (partner_id, month)
LEFT JOIN by_hand_digital AS digital USING (partner_id, month)
CROSS JOIN (SELECT min(month) AS first, max(month) AS last FROM by_hand_requests) AS requests
CROSS JOIN (SELECT min(month) AS first, max(month) AS last FROM by_hand_attended) AS attended
