"""The hub's side of documents, for integrators, the bench and the tests: signs, publishes, waits for the answer.

`python -m tools.publish --help`. As a library: signing.py makes keys and signed messages, folder.py documents from
files, hub.py carries them to a broker and hears what the device says.
Not here: what a device makes of it (agent/documents/).
"""
