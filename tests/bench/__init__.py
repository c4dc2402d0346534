"""`make bench`: what a build costs, as ratios in one run. `python -m tests.bench`."""
