"""Linear probes: fitted, judged, and what one dimension has of them."""
