"""Measurements, printed as ratios to a bare loop that does only what must be done. Not tests: machines differ."""
