"""What can go wrong while models are built, as one sentence that says what to do."""

from __future__ import annotations


class BuildError(Exception):
    """A model cannot be built here and now."""
