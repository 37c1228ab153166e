"""shelfd's agent: one process on one shelf, a deterministic core in a thin shell."""
