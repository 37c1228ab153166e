"""The simulated shop as a camera sees it: painted bottles and hands, near enough to real ones for real models."""
