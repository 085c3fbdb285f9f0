-- The vendor's side: partners without a manager, promises, and how soon a new partner sells.

CREATE OR REPLACE TEMP TABLE by_hand_unmanaged AS
SELECT partner_id, month
FROM (
    SELECT partner_id, partners.left_on,
        CASE WHEN manager_id IS NULL THEN joined_on ELSE greatest(managers.left_on, joined_on) END AS since
    FROM partners LEFT JOIN managers USING (manager_id)
    WHERE survivor_id = partner_id AND (manager_id IS NULL OR managers.left_on IS NOT NULL)
) JOIN by_hand_months ON coalesce(since <= closes, true) AND coalesce(left_on > closes, true);

CREATE OR REPLACE TEMP TABLE by_hand_promises AS
SELECT coalesce(partner_id, '(none)') AS partner_id, by_hand_month(due_on) AS month,
    count(*) FILTER (side = 'vendor' AND status = 'done') / nullif(count(*) FILTER (side = 'vendor'), 0) AS vendor,
    count(*) FILTER (side = 'partner' AND status = 'done') / nullif(count(*) FILTER (side = 'partner'), 0) AS partner
FROM commitments
GROUP BY ALL;

-- Firms that joined in the 24 months that end with each month, since the sales are told of.
CREATE OR REPLACE TEMP TABLE by_hand_starts AS
SELECT partner_id, month, coalesce(first_day <= closes, false) AS over,
    CASE WHEN over THEN first_day ELSE closes + 1 END - joined_on AS time
FROM (SELECT * FROM partners WHERE survivor_id = partner_id)
LEFT JOIN (SELECT partner_id, first_day FROM by_hand_sold WHERE of = 'firm') USING (partner_id)
JOIN by_hand_months ON month BETWEEN by_hand_month(joined_on) AND by_hand_month(joined_on) + INTERVAL 23 MONTH
WHERE joined_on >= (SELECT min(first_day) FROM by_hand_sold) AND time >= 0;

SELECT g.partner_id, g.month,
    CAST(unmanaged.month IS NOT NULL AS INTEGER) AS partners_without_manager,
    promises.vendor AS vendor_promises_kept,
    promises.partner AS partner_promises_kept,
    starts.median AS time_to_first_deal
FROM by_hand_grid AS g
LEFT JOIN by_hand_unmanaged AS unmanaged USING (partner_id, month)
LEFT JOIN by_hand_promises AS promises USING (partner_id, month)
LEFT JOIN by_hand_median('by_hand_starts') AS starts USING (partner_id, month)
