-- What customers say of partners, and partners of the vendor, in twelve months: answers by when they came, surveys by
-- when they were sent.

CREATE OR REPLACE TEMP TABLE by_hand_surveys AS
SELECT partner_id, by_hand_month(day) AS month,
    sum(csat) FILTER (about = 'partner') AS csat, count(csat) FILTER (about = 'partner') AS csats,
    sum(points) FILTER (about = 'partner') AS nps, count(points) FILTER (about = 'partner') AS npss,
    sum(replied) FILTER (about = 'partner') AS replied, count(replied) FILTER (about = 'partner') AS sent,
    sum(csat) FILTER (about = 'vendor') AS vendor_csat, count(csat) FILTER (about = 'vendor') AS vendor_csats,
    sum(points) FILTER (about = 'vendor') AS vendor_nps, count(points) FILTER (about = 'vendor') AS vendor_npss,
    sum(replied) FILTER (about = 'vendor') AS vendor_replied, count(replied) FILTER (about = 'vendor') AS vendor_sent
FROM (
    SELECT partner_id, about, answered_on AS day, csat,
        CASE WHEN nps >= 9 THEN 100 WHEN nps <= 6 THEN -100 WHEN nps IS NOT NULL THEN 0 END AS points, NULL AS replied
    FROM surveys WHERE answered_on IS NOT NULL
    UNION ALL
    SELECT partner_id, about, sent_on, NULL, NULL, CAST(answered_on IS NOT NULL AS INTEGER) FROM surveys
)
GROUP BY ALL;

WITH years AS (
    SELECT g.partner_id, g.month, sum(COLUMNS(s.* EXCLUDE (partner_id, month))) OVER year
    FROM by_hand_grid AS g
    LEFT JOIN by_hand_surveys AS s ON s.partner_id = g.partner_id AND s.month = g.month
    WINDOW year AS (PARTITION BY g.partner_id ORDER BY g.month ROWS 11 PRECEDING)
)
SELECT partner_id, month,
    CASE WHEN answered THEN by_hand_over(csat, csats) END AS csat,
    CASE WHEN answered THEN by_hand_over(nps, npss) END AS nps,
    CASE WHEN asked THEN by_hand_over(replied, sent) END AS survey_response_rate,
    CASE WHEN answered THEN by_hand_over(vendor_csat, vendor_csats) END AS vendor_csat,
    CASE WHEN answered THEN by_hand_over(vendor_nps, vendor_npss) END AS vendor_nps,
    CASE WHEN asked THEN by_hand_over(vendor_replied, vendor_sent) END AS vendor_survey_response_rate
FROM years
JOIN (
    SELECT month, month - INTERVAL 11 MONTH BETWEEN by_hand_month(min(answered_on)) AND max(answered_on) AS answered,
        month - INTERVAL 11 MONTH BETWEEN by_hand_month(min(sent_on)) AND max(sent_on) AS asked
    FROM surveys, by_hand_months
    GROUP BY month
) USING (month)
