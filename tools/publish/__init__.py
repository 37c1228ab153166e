"""The hub's side of documents, for integrators, the bench and the tests: signs, publishes, waits for the answer.

`python -m tools.publish --help`; as a library: `signing.sign`, `assets.parts_of`, `hub.Hub`.
Not here: what a device makes of it (agent/documents/).
"""
