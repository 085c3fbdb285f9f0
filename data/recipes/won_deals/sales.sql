-- No export of sales? Salesforce's won deals can stand in: one sale for each, on the day that it was won.
SELECT
    Id AS sale_id,
    CloseDate AS sold_on,
    PartnerAccountId AS partner_id,
    Amount AS revenue,
    AccountId AS customer_id,
    Id AS opportunity_id
FROM "Opportunity.csv"
WHERE IsWon = 'true' AND PartnerAccountId <> '' AND IsDeleted = 'false'
