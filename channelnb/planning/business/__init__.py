"""Business plans: how each line is planned, what it leaves to both sides, and which versions there are."""
