-- People: who is certified, trained and assessed, by partner and month.

CREATE OR REPLACE TEMP TABLE by_hand_lines_to_grow AS
SELECT line, bool_or(coalesce(strategic, false) OR coalesce(emerging, false)) AS to_grow
FROM products
WHERE line IS NOT NULL
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE by_hand_certificates AS
SELECT coalesce(c.partner_id, '(none)') AS partner_id, salesperson_id, earned_on, expires_on, joined_on, left_on,
    coalesce(to_grow, false) AS to_grow,
    role IN ('sales', 'technical') AND person.partner_id = c.partner_id AS held_by_staff
FROM certifications AS c
LEFT JOIN salespeople AS person USING (salesperson_id)
LEFT JOIN by_hand_lines_to_grow USING (line)
WHERE salesperson_id IS NOT NULL;

-- Holders of certificates on each month's last day, but for people who had left by then.
CREATE OR REPLACE TEMP TABLE by_hand_certified AS
SELECT partner_id, month, count(DISTINCT salesperson_id) AS people,
    count(DISTINCT salesperson_id) FILTER (to_grow) AS to_grow,
    count(DISTINCT salesperson_id) FILTER (held_by_staff AND coalesce(joined_on <= closes, true)) AS staff
FROM by_hand_certificates JOIN by_hand_months
    ON earned_on <= closes AND coalesce(expires_on > closes, true) AND coalesce(left_on > closes, true)
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE by_hand_expiring AS
SELECT partner_id, CAST(by_hand_month(expires_on) - INTERVAL 1 MONTH AS DATE) AS month,
    count(DISTINCT salesperson_id) AS certificates_expiring
FROM by_hand_certificates
WHERE expires_on IS NOT NULL
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE by_hand_staff AS
SELECT coalesce(partner_id, '(none)') AS partner_id, month, count(*) AS people
FROM salespeople JOIN by_hand_months ON coalesce(joined_on <= closes, true) AND coalesce(left_on > closes, true)
WHERE role IN ('sales', 'technical')
GROUP BY ALL;

-- Who sold what, or opened a deal in it, when, and who was taught it: a case is looked at six months later.
CREATE OR REPLACE TEMP TABLE by_hand_applied AS
SELECT salesperson_id, line, month FROM by_hand_sold WHERE of = 'person' AND salesperson_id IS NOT NULL
UNION
SELECT salesperson_id, line, by_hand_month(created_on) FROM opportunities JOIN products USING (product_id)
WHERE salesperson_id IS NOT NULL;

CREATE OR REPLACE TEMP TABLE by_hand_taught AS
WITH taught AS (
    SELECT DISTINCT coalesce(partner_id, '(none)') AS partner_id, salesperson_id, line, by_hand_month(held_on) AS month
    FROM attendance JOIN activities USING (activity_id)
    WHERE kind = 'training' AND status IS DISTINCT FROM 'planned' AND salesperson_id IS NOT NULL AND line IS NOT NULL
), judged AS (
    SELECT t.partner_id, t.month, count(a.month) > 0 AS applied
    FROM taught AS t
    LEFT JOIN by_hand_applied AS a ON a.salesperson_id = t.salesperson_id AND a.line = t.line
        AND a.month > t.month AND a.month <= t.month + INTERVAL 6 MONTH
    GROUP BY t.partner_id, t.month, t.salesperson_id, t.line
)
SELECT partner_id, CAST(month + INTERVAL 6 MONTH AS DATE) AS month,
    count(*) FILTER (applied) / count(*) AS training_relevance
FROM judged
GROUP BY ALL;

-- Each assessment stands until the next of that person and area, or until the person leaves.
CREATE OR REPLACE TEMP TABLE by_hand_known AS
WITH assessed AS (
    SELECT coalesce(partner_id, '(none)') AS partner_id, score, tested, assessed_on,
        least(left_on, lead(assessed_on) OVER (
            PARTITION BY salesperson_id, area ORDER BY assessed_on, tested NULLS FIRST, score)) AS until
    FROM assessments LEFT JOIN salespeople USING (salesperson_id)
)
SELECT partner_id, month, avg(score) AS knowledge, count(*) FILTER (tested) / count(*) AS tested_share
FROM assessed JOIN by_hand_months ON assessed_on <= closes AND coalesce(until > closes, true)
GROUP BY ALL;

SELECT g.partner_id, g.month,
    coalesce(certified.people, 0) AS certified_people,
    coalesce(staff, 0) / nullif(by_hand_staff.people, 0) AS certified_coverage,
    coalesce(certificates_expiring, 0) AS certificates_expiring,
    training_relevance,
    knowledge,
    tested_share,
    coalesce(to_grow, 0) AS strategic_certified_people
FROM by_hand_grid AS g
LEFT JOIN by_hand_certified AS certified USING (partner_id, month)
LEFT JOIN by_hand_staff USING (partner_id, month)
LEFT JOIN by_hand_expiring USING (partner_id, month)
LEFT JOIN by_hand_taught USING (partner_id, month)
LEFT JOIN by_hand_known USING (partner_id, month)
