"""Orders that the core cannot carry out itself: identify, diagnose, record, restart."""
