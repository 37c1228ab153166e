"""How well the strip chooses: a shop whose truth is known, the agent's own decisions in it, and what can be said of
other policies from its log alone. `python -m tools.bench.bandit`; what came out is in docs/policy.md."""
