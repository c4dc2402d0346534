"""What the measures amount to: levels, verdicts, scores, the health of a model."""
