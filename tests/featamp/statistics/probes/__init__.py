"""Tests of featamp.statistics.probes."""
