"""The strip's colours for each purpose, made of the three that are configured.

Every text is readable on what lies beneath it, whatever was configured (colours.readable_on).
Not here: the configured colours' own contrast (config/screen_check.py says when it is poor).
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.config.schema import Screen
from agent.screen.colours import BLACK, RGB, mixed, readable_on, rgb

PALE = 0.62  # of the ink, for what is second to the price
LINE = 0.16  # of the ink, for a card's edge
FILLED = 0.035  # of the ink, for a card's face: seen as a card, not as a colour


@dataclass(frozen=True, slots=True)
class Theme:
    """What is painted in which colour."""

    ground: RGB  # of the strip, between labels
    face: RGB  # of a label
    edge: RGB  # around a label
    ink: RGB  # names and prices
    pale: RGB  # unit prices, the price that was
    accent: RGB  # behind a promotion's price, and of the content's cards
    on_accent: RGB  # text there
    offer: RGB  # a promotion's price where there is no room for a field behind it

    @classmethod
    def of(cls, screen: Screen) -> Theme:
        """From checked colours."""
        ground, ink, accent = rgb(screen.background), rgb(screen.ink), rgb(screen.accent)
        face = mixed(ground, ink, FILLED)
        readable = readable_on(face, ink)
        return cls(
            ground=ground,
            face=face,
            edge=mixed(ground, ink, LINE),
            ink=readable,
            pale=readable_on(face, mixed(face, readable, PALE), readable),
            accent=accent,
            on_accent=readable_on(accent, ground, ink, BLACK),
            offer=readable_on(face, accent, readable),
        )
