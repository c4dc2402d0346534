"""Findings as templates read them: numbers and plain keys; the few words that figures and tables
share with pages stand here too (`words.CHANGES`, names of scores).
"""
