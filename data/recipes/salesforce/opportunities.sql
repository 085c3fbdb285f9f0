-- Salesforce: deals that a partner works on. A deal without PartnerAccountId is the vendor's own, and is left out.
-- What you may have to edit: the field that names the partner; a stage of yours that means "no decision".
SELECT
    Id AS opportunity_id,
    PartnerAccountId AS partner_id,
    Amount AS amount,
    CASE WHEN IsWon = 'true' THEN 'won' WHEN IsClosed = 'true' THEN 'lost' ELSE 'open' END AS outcome,
    -- Salesforce writes times in UTC, such as 2026-08-03T09:12:44.000+0000.
    left(CreatedDate, 10) AS created_on,
    -- CloseDate is a forecast while the deal is open, and the day of the decision afterwards.
    CASE WHEN IsClosed = 'false' THEN CloseDate END AS expected_close_on,
    CASE WHEN IsClosed = 'true' THEN CloseDate END AS closed_on,
    StageName AS stage,
    CAST(Probability AS DECIMAL(9, 4)) / 100 AS probability,
    AccountId AS customer_id,
    CASE WHEN LeadSource = 'Partner Referral' THEN 'partner' WHEN LeadSource <> '' THEN 'vendor_lead' END AS source,
    CampaignId AS campaign_id,
    ForecastCategory AS forecast_category
FROM "Opportunity.csv"
WHERE PartnerAccountId <> '' AND IsDeleted = 'false'
