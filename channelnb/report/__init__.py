"""What a reader sees: charts, tables, pages, and the site around them."""
