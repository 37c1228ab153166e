"""From counts to settled steps, deterministic: calibration, glitches, blocks, noise, plateaus, drift."""
