"""What crosses the network, and nothing else: topics, payload types, schemas, examples. Imports nothing of ours."""
