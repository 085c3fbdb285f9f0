"""Plan, pipeline and promises of a partner."""
