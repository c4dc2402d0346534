"""Tests of featamp.statistics.labels."""
