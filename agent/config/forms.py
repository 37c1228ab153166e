"""Text of the configuration that has a form of its own: GTINs, prices, colours, links, keys.

Not here: which key has which form (schema.py), types and bounds (reading.py).
"""

from __future__ import annotations

import base64
import binascii
import re

from agent.shelf.gtin import gtin_14

MOST_LINK = 300
KEY_BYTES = 32  # Ed25519
FORMS = {
    "price": (r"[0-9]{1,7}([.][0-9]{1,3})?", 'is no price: write digits and a point, as in "4.50"'),
    "country": (r"[A-Z]{2}", 'is no country: write two capital letters, as in "CN"'),
    "currency": (r"[A-Z]{3}", 'is no currency: write three capital letters, as in "CNY"'),
    "colour": (r"#[0-9A-Fa-f]{6}", 'is no colour: write "#" and six digits, as in "#c8102e"'),
    "link": (rf"https://[^\s\"<>]{{1,{MOST_LINK}}}", "is no link: write all of it, beginning with https://"),
}
MAY_BE_EMPTY = ("price", "country", "currency", "link")


def in_form(form: str, text: str) -> str:
    """The text as it is kept. ValueError with a sentence for text that has not the form; "" is any text's."""
    if form == "gtin":
        return gtin_14(text)
    if form == "key":
        return _key(text)
    if not form or (not text and form in MAY_BE_EMPTY):
        return text
    pattern, wrong = FORMS[form]
    if re.fullmatch(pattern, text, re.ASCII) is None:
        raise ValueError(f"{text[:40]!a} {wrong}")
    return text


def _key(text: str) -> str:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(
            f"this is no public key: {KEY_BYTES} bytes in base64 are wanted, as the key's maker printed them"
        )
    return text
