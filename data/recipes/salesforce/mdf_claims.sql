-- Salesforce: requests for market development funds, and what was paid of the claims that followed each.
-- A request that is still a draft is pending. The objects carry no date of decision or payment: the last change
-- stands in. Where field history is on, PartnerFundRequestHistory and PartnerFundClaimHistory know better.
WITH
paid AS (
    SELECT RequestId, sum(CAST(Amount AS DECIMAL(38, 6))) AS amount, max(left(LastModifiedDate, 10)) AS last_on
    FROM "PartnerFundClaim.csv"
    WHERE Status = 'Paid' AND IsDeleted = 'false'
    GROUP BY RequestId
)
SELECT
    requests.Id AS claim_id,
    requests.ChannelPartnerId AS partner_id,
    left(requests.CreatedDate, 10) AS requested_on,
    requests.RequestedAmount AS amount_requested,
    -- A status that is not named here is kept as it is, and so is reported as a reject rather than guessed.
    CASE requests.Status
        WHEN 'Approved' THEN 'approved'
        WHEN 'Rejected' THEN 'denied'
        WHEN 'Draft' THEN 'pending'
        ELSE requests.Status
    END AS decision,
    CASE WHEN requests.Status IN ('Approved', 'Rejected') THEN left(requests.LastModifiedDate, 10) END AS decided_on,
    CASE WHEN requests.Status = 'Approved' THEN requests.Amount END AS amount_approved,
    paid.last_on AS paid_on,
    paid.amount AS amount_paid,
    requests.CampaignId AS campaign_id,
    requests.Activity AS activity
FROM "PartnerFundRequest.csv" AS requests
LEFT JOIN paid ON paid.RequestId = requests.Id
WHERE requests.IsDeleted = 'false'
