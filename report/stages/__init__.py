"""Each stage computes, stores and returns findings."""
