-- A distributor's point-of-sale workbook: a sheet for each month, titles above the header, a subtotal for each
-- reseller and a grand total. Names become ids through partner_aliases.csv; one that is not in it stays as it is
-- written, so that `channelnb check` shows it.
-- What you may have to edit: the file, the letters of the columns, the words of the header and of the totals.
WITH
cells AS (
    FROM "pos_2026.xlsx"
),
headers AS (
    SELECT sheet, min(row) AS row FROM cells WHERE A = 'Reseller' GROUP BY sheet
),
-- All that stands below a sheet's header and is no total. What is odd is kept, and so reported as a reject: a line
-- without an amount, a total in other words, a sheet whose header is not found.
lines AS (
    SELECT cells.*
    FROM cells
    LEFT JOIN headers ON headers.sheet = cells.sheet
    WHERE cells.row > coalesce(headers.row, 0)
        AND coalesce(A, '') <> 'Grand total'
        AND NOT starts_with(coalesce(A, ''), 'Subtotal ')
),
aliases AS (
    SELECT DISTINCT lower(trim(spelling)) AS spelling, trim(partner_id) AS partner_id FROM "partner_aliases.csv"
)
SELECT
    lines.D || '/' || lines.E AS sale_id,
    lines.C AS sold_on,
    coalesce(aliases.partner_id, lines.A) AS partner_id,
    lines.G AS revenue,
    'sell_through' AS basis,
    lines.E AS product_id,
    lines.B AS customer_id,
    lines.F AS units,
    lines.A AS reported_name,
    lines.sheet AS reported_in
FROM lines
LEFT JOIN aliases ON aliases.spelling = lower(trim(lines.A))
ORDER BY lines.sheet, lines.row
