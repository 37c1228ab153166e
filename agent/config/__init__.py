"""The agent's settings: one schema (schema.py), one reader of the TOML file (load.py), cross-checks (check.py)."""
