-- HubSpot: an export of all deals. "Partner" is a property of your own that names the partner on a deal; the
-- associated company is the customer. Names become ids through partner_aliases.csv; one that is not in it stays as it
-- is written, so that `channelnb check` shows it. A deal without a partner is the vendor's own, and is left out.
-- What you may have to edit: the property that names the partner, and the names of your closed stages.
WITH
aliases AS (
    SELECT DISTINCT lower(trim(spelling)) AS spelling, trim(partner_id) AS partner_id FROM "partner_aliases.csv"
)
SELECT
    deals."Record ID" AS opportunity_id,
    coalesce(aliases.partner_id, deals."Partner") AS partner_id,
    deals."Amount" AS amount,
    CASE deals."Deal Stage" WHEN 'Closed Won' THEN 'won' WHEN 'Closed Lost' THEN 'lost' ELSE 'open' END AS outcome,
    left(deals."Create Date", 10) AS created_on,
    -- Close Date is a forecast while the deal is open, and the day of the decision afterwards.
    CASE WHEN deals."Deal Stage" NOT IN ('Closed Won', 'Closed Lost') THEN left(deals."Close Date", 10) END
        AS expected_close_on,
    CASE WHEN deals."Deal Stage" IN ('Closed Won', 'Closed Lost') THEN left(deals."Close Date", 10) END AS closed_on,
    deals."Deal Stage" AS stage,
    deals."Associated Company IDs (Primary)" AS customer_id,
    deals."Pipeline" AS pipeline
FROM "hubspot-crm-exports-all-deals.csv" AS deals
LEFT JOIN aliases ON aliases.spelling = lower(trim(deals."Partner"))
WHERE deals."Partner" <> ''
