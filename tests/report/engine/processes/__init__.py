"""Tests of report.engine.processes."""
