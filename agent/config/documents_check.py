"""What the keys of [documents] must mean together: whom the device obeys, and where it keeps what it was told.

Not here: single keys, their types and bounds (reading.py), documents themselves (agent/documents/).
"""

from __future__ import annotations

from collections.abc import Iterator

from agent.config.problem import Problem
from agent.config.schema import Config

MOST_KEYS = 16  # a signature is held against each that has its name


def trusted_keys(config: Config) -> Iterator[Problem]:
    """Each name once, and not more than can be looked through at once."""
    keys = config.documents.keys
    if len(keys) > MOST_KEYS:
        yield Problem("documents.key", f"{len(keys)} keys: {MOST_KEYS} are enough, an old and a new one for each hub")
    first: dict[str, int] = {}
    for i, key in enumerate(keys[:MOST_KEYS]):
        path = f"documents.key[{i}].name"
        if not key.name.isprintable() or not 1 <= len(key.name) <= 64:
            yield Problem(path, "this is no name: use 1 to 64 printable characters")
        elif first.setdefault(key.name, i) != i:
            yield Problem(path, f'documents.key[{first[key.name]}] is "{key.name}" already: give each its own name')


def place(config: Config) -> Iterator[Problem]:
    """A folder and keys belong together."""
    documents = config.documents
    if documents.dir and not documents.dir.startswith("/"):
        yield Problem("documents.dir", f'"{documents.dir}" depends on where the agent was started: write it from / on')
    if documents.dir and not documents.keys:
        yield Problem("documents.key", "none: nobody can steer this device, add a [[documents.key]]", "warning")
    if documents.keys and not documents.dir:
        yield Problem(
            "documents.dir", "keys are trusted, but documents have no folder: the hub is not obeyed", "warning"
        )


DOCUMENTS_RULES = (trusted_keys, place)
