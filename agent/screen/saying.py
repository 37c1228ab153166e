"""What one label says, written out in the store's language with the characters that its fonts have.

Not here: how it is drawn (label.py), numbers and unit prices (shelf/price.py), the words (words.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from agent.config.schema import Store
from agent.messages import Label
from agent.screen.text import Pen
from agent.screen.words import WORDS, Words, words_of
from agent.shelf.money import NBSP
from agent.shelf.price import PriceText, to_pay, unit_price, write_price, write_unit_price

MOST_NAME = 120  # characters; no label shows more, and a hub may send what it likes
# The space of "12 fl oz": an amount is not broken from its unit.
AMOUNT = re.compile(r"(?<=\d)\s+(?=(?:k?g|m?l|cl|fl|oz|lb|c?m|mm|%|St)\b|%)|(?<=\bfl)\s+(?=oz\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Note:
    """A line at a label's foot: the price that was, the unit price, or the state of the stock."""

    text: str
    kind: str  # "was", "unit", "low", "empty"


@dataclass(frozen=True, slots=True)
class Text:
    """What one label says, written out. `offer`: the price is a promotion's; `level` as in `state/stock`."""

    name: str
    price: PriceText | None
    notes: tuple[Note, ...]
    offer: bool
    level: str


def write_label(label: Label, store: Store, pen: Pen) -> Text:
    """What the label says, as the store writes it; in English words where no font has the language's."""
    words = words_of(store.language)
    if not pen.can(words.sold_out + words.low + "".join(words.per.values())):
        words = WORDS["en"]
    now, notes = to_pay(label.price, label.promotion_price), []
    if now is None:
        return Text(_name(label, pen), None, _stock(label, words), offer=False, level=label.level)
    if label.promotion_price and label.price:
        was = write_price(Decimal(label.price), store.currency, store.language, store.country)
        notes.append(Note(str(_sum(was, store, pen)), "was"))
    unit = unit_price(now, label.net_amount, label.net_unit, store.currency, store.country)
    if unit is not None:
        amount = _sum(write_unit_price(unit, store.currency, store.language, store.country), store, pen)
        notes.append(Note(f"{amount}{words.per[unit.per]}", "unit"))
    price = _sum(write_price(now, store.currency, store.language, store.country), store, pen)
    return Text(_name(label, pen), price, (*notes, *_stock(label, words)), bool(label.promotion_price), label.level)


def _stock(label: Label, words: Words) -> tuple[Note, ...]:
    if label.level == "empty":
        return (Note(words.sold_out, "empty"),)
    return (Note(words.low, "low"),) if label.level == "low" else ()


def _name(label: Label, pen: Pen) -> str:
    """Without what no font can draw; where little is left, the GTIN says which goods these are."""
    title = "".join(character if character.isprintable() else " " for character in label.title[:MOST_NAME]).strip()
    title = AMOUNT.sub(NBSP, title)
    drawn = "".join(character for character in title if pen.can(character))
    pen.missing |= set(title) - set(drawn)
    return drawn if len(drawn) * 2 > len(title) else label.gtin.lstrip("0")


def _sum(price: PriceText, store: Store, pen: Pen) -> PriceText:
    """With the currency's code where no font has its sign."""
    signs = (price.before + price.after).strip()
    if pen.can(signs):
        return price
    pen.missing |= {character for character in signs if not pen.can(character)}
    return replace(price, before=store.currency + NBSP, after="")
