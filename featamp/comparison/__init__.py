"""What two models, or many, have in common: dimensions found again, sweeps that match."""
