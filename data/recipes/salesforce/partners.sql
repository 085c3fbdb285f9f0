-- Salesforce: accounts that are partners. Account.csv has one row per account, customers too.
-- What you may have to edit: the field that says what kind of partner a firm is, and since when it is one.
SELECT
    Id AS partner_id,
    Name AS name,
    CASE Type
        WHEN 'Channel Partner / Reseller' THEN 'reseller'
        WHEN 'Installation Partner' THEN 'integrator'
        WHEN 'Technology Partner' THEN 'technology'
        ELSE Type
    END AS channel,
    BillingCountry AS country,
    Industry AS segment,
    ChannelProgramLevelName AS tier,
    OwnerId AS manager_id,
    ParentId AS parent_id,
    -- The day on which the account was entered; a field of yours with the contract's date is better.
    left(CreatedDate, 10) AS joined_on,
    NumberOfEmployees AS employees,
    AnnualRevenue AS annual_revenue
FROM "Account.csv"
WHERE IsPartner = 'true' AND IsDeleted = 'false'
