"""GTIN-8, -12, -13 and -14 in, 14 digits out, so that one product has one spelling everywhere.

A wrong check digit is not refused: shops have such codes, and `shelfd check` warns. Not here: where codes are
written down (config/), which product lies in which lane (planogram.py).
"""

from __future__ import annotations

LENGTHS = (8, 12, 13, 14)


class GtinError(ValueError):
    """Not a GTIN; the message says what one looks like."""


def gtin_14(code: str) -> str:
    """`code` as 14 digits, zeros in front. GtinError for anything but 8, 12, 13 or 14 digits."""
    if not (code.isascii() and code.isdigit()):
        raise GtinError(f"{code!r} is no GTIN: write digits only, without blanks, dashes or letters")
    if len(code) not in LENGTHS:
        raise GtinError(f"{code!r} has {len(code)} digits: a GTIN has 8, 12, 13 or 14; mind a lost leading zero")
    return code.zfill(14)


def check_digit(body: str) -> str:
    """The digit that belongs behind `body`: weights 3, 1, 3, ... from the right. Source: GS1 General Specifications
    7.9.1."""
    digits = [int(digit) for digit in reversed(body)]
    return str(-(3 * sum(digits[0::2]) + sum(digits[1::2])) % 10)


def check_digit_right(code: str) -> bool:
    """Whether the last digit of a GTIN of any length is the one its other digits ask for."""
    return check_digit(code[:-1]) == code[-1]
