"""Whether two measures put models in one order."""

from __future__ import annotations

from collections.abc import Sequence


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """Spearman's rank correlation of two measures [model], neither the same for all models."""
    from scipy.stats import spearmanr

    return float(spearmanr(first, second).statistic)
