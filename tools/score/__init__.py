"""`python -m tools.score CASE... [--json]`: recorded shelves through the agent's pipeline, against their truth."""
