"""Whether a network and its images hold what the report takes for granted, asked of both."""
