"""How currencies and countries write numbers: symbols, decimals, which comes first.

After Unicode's CLDR, for the languages of the labels; on a shelf the country's own money has its short symbol.
Not here: what is written with it (price.py).
"""

from __future__ import annotations

from dataclasses import dataclass

NBSP = "\u00a0"  # keeps a number and its currency together
USUAL_DIGITS = 2

# ISO 4217: currencies without decimals, and with three.
WHOLE = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
)  # fmt: skip
DIGITS = {**dict.fromkeys(WHOLE, 0), **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)}
POINT_IN_SPANISH = ("MX", "US", "GT", "HN", "NI", "SV", "PA", "PE", "DO", "PR")
# What a shop of the currency's own country writes; its code, where no shop has another habit that is known here.
SYMBOLS = {
    "EUR": "€", "USD": "$", "GBP": "£", "CNY": "¥", "JPY": "¥", "KRW": "₩", "INR": "₹", "TWD": "NT$", "HKD": "HK$",
    "SGD": "S$", "AUD": "$", "CAD": "$", "NZD": "$", "MXN": "$", "ARS": "$", "CLP": "$", "COP": "$", "UYU": "$U",
    "BRL": "R$", "PEN": "S/", "PLN": "zł", "CZK": "Kč", "SEK": "kr", "NOK": "kr", "DKK": "kr", "ISK": "kr",
    "HUF": "Ft", "RON": "lei", "TRY": "₺", "THB": "฿", "VND": "₫", "PHP": "₱", "MYR": "RM", "IDR": "Rp", "ZAR": "R",
    "ILS": "₪", "UAH": "₴", "MOP": "MOP$", "CHF": "CHF", "AED": "AED", "SAR": "SAR",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Style:
    """How a number of money is laid out."""

    point: str
    group: str
    symbol_first: bool
    spaced: bool = False  # between a symbol that comes first and the number
    grouped_from: int = 4  # digits before the point


ENGLISH = Style(".", ",", symbol_first=True)
GERMAN = Style(",", ".", symbol_first=False)
SWISS = Style(".", "\u2019", symbol_first=True, spaced=True)
SPANISH = Style(",", ".", symbol_first=False, grouped_from=5)
BY_LANGUAGE = {
    "en": ENGLISH,
    "zh": ENGLISH,
    "ja": ENGLISH,
    "de": GERMAN,
    "fr": Style(",", NBSP, symbol_first=False),
    "es": SPANISH,
}
# Where a country writes otherwise than its language does at home.
ELSEWHERE = {
    ("de", "AT"): Style(",", NBSP, symbol_first=True, spaced=True),
    **dict.fromkeys([(language, country) for language in ("de", "fr", "en") for country in ("CH", "LI")], SWISS),
    **dict.fromkeys([("es", country) for country in POINT_IN_SPANISH], ENGLISH),
    **dict.fromkeys(
        [("es", country) for country in ("AR", "CO", "UY")], Style(",", ".", symbol_first=True, spaced=True)
    ),
    ("es", "CL"): Style(",", ".", symbol_first=True),
    ("en", "DE"): GERMAN,
}


def style_of(language: str, country: str) -> Style:
    """A language that is not known writes as English does."""
    return ELSEWHERE.get((language, country), BY_LANGUAGE.get(language, ENGLISH))


def currency_digits(currency: str) -> int:
    """Decimals that can be paid."""
    return DIGITS.get(currency, USUAL_DIGITS)


def currency_symbol(currency: str) -> str:
    """The code itself where no symbol is known; "" for no currency."""
    return SYMBOLS.get(currency, currency)


def is_known_currency(currency: str) -> bool:
    """Of all others two decimals are assumed."""
    return currency in DIGITS or currency in SYMBOLS
