-- A partner portal's export of leads (a PRM such as Impartner or Allbound calls its columns much like these).
-- Names become ids through partner_aliases.csv; one that is not in it stays as it is written, so that
-- `channelnb check` shows it. A lead without a partner is one that the vendor has kept so far.
-- What you may have to edit: the names of the columns and of the states; decimal commas, where there are none.
WITH
aliases AS (
    SELECT DISTINCT lower(trim(spelling)) AS spelling, trim(partner_id) AS partner_id FROM "partner_aliases.csv"
)
SELECT
    leads."Lead ID" AS lead_id,
    leads."Submitted" AS created_at,
    coalesce(aliases.partner_id, leads."Partner") AS partner_id,
    leads."Assigned" AS assigned_at,
    leads."Accepted" AS accepted_at,
    leads."First Contact" AS first_contact_at,
    leads."Returned" AS returned_at,
    leads."Closed" AS closed_on,
    lower(leads."Status") AS outcome,
    leads."Drop Reason" AS drop_reason,
    leads."Lead Score" AS score,
    replace(leads."Estimated Value", ',', '.') AS amount,
    leads."Source" AS source,
    leads."Territory" AS region,
    leads."Product Line" AS line
FROM "prm-leads.csv" AS leads
LEFT JOIN aliases ON aliases.spelling = lower(trim(leads."Partner"))
