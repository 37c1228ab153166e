"""Everything that is written from the code: `python -m tools.generate` writes it again, `--check` says what is stale.

docs/config.md     from agent/config/schema.py
docs/events.md     from wire/ and wire/examples/
wire/schemas/      JSON Schema of every message, from wire/
wire/asyncapi.yaml AsyncAPI 3.0 of every topic, from wire/
"""
