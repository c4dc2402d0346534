"""Findings as templates read them: numbers and plain keys, never prose."""
