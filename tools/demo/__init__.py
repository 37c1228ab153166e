"""A whole shelf on this machine: broker, simulated shop and the real agent, with the truth beside what it says."""
