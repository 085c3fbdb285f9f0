"""The way from plan, and from last year, to the actual figure, step by step."""
