"""Figures of sweeps and of numbers: arrays in, the bytes of files out."""
