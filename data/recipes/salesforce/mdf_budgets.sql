-- Salesforce: funds set aside for a partner. An allocation has no dates of its own: they are its budget's.
-- What you may have to edit: the quarter, where your fiscal year does not start in January.
SELECT
    allocations.ChannelPartnerId AS partner_id,
    year(CAST(budgets.StartDate AS DATE)) || 'Q' || quarter(CAST(budgets.StartDate AS DATE)) AS quarter,
    sum(CAST(allocations.Amount AS DECIMAL(38, 6))) AS allocated,
    max(budgets.EndDate) AS expires_on
FROM "PartnerFundAllocation.csv" AS allocations
LEFT JOIN "PartnerMarketingBudget.csv" AS budgets ON budgets.Id = allocations.BudgetId
WHERE allocations.IsDeleted = 'false'
GROUP BY ALL
ORDER BY ALL
