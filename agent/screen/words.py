"""The labels' own words, in the languages of `store.language`.

Not here: names of goods, which are the store's; how numbers are written (shelf/price.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.shelf.price import Per


@dataclass(frozen=True, slots=True)
class Words:
    """What a label says by itself, short enough for one. `per` follows a price: "4,50 €" "/kg"."""

    sold_out: str
    low: str
    more: str  # beside the code of the longer online shelf
    per: dict[Per, str]


def _per(piece: str, mass: str = "/500 g") -> dict[Per, str]:
    return {
        "kg": "/kg", "l": "/l", "m": "/m", "piece": piece, "100g": "/100 g", "500g": mass, "100ml": "/100 ml",
        "lb": "/lb", "floz": "/fl oz", "ft": "/ft",
    }  # fmt: skip


WORDS = {
    "en": Words("Sold out", "Few left", "More online", _per(" each")),
    "zh": Words("已售罄", "即将售罄", "扫码看更多", _per("/件", "/500克")),
    "de": Words("Ausverkauft", "Fast ausverkauft", "Mehr online", _per("/Stück")),
    "fr": Words("Épuisé", "Bientôt épuisé", "Plus en ligne", _per("/pièce")),
    "es": Words("Agotado", "Últimas unidades", "Más en línea", _per("/ud.")),
    "ja": Words("売り切れ", "残りわずか", "もっと見る", _per("/個")),
}


def words_of(language: str) -> Words:
    """English where the language is not known."""
    return WORDS.get(language, WORDS["en"])
