"""Prices and unit prices as a shop of this country and language writes them.

Decimal from end to end: a price is text in the configuration, and no cent is rounded on the way. A unit price is the
price to pay, the promotion's where there is one, per the unit that the country's rule names, rounded half up.
Not here: which lanes have prices (labels.py), the labels' words (screen/words.py), how large they are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from agent.shelf.money import NBSP, currency_digits, currency_symbol, style_of

Per = Literal["kg", "l", "m", "piece", "100g", "500g", "100ml", "lb", "floz", "ft"]
MOST_UNIT_PRICE = Decimal(10) ** 9  # a net amount of next to nothing is a slip of the keyboard
MORE_DIGITS = 2  # beyond the currency's, for a unit price that would otherwise read 0

# How much of the base unit (g, ml, m, piece) one `Per` is.
SIZE: dict[Per, Decimal] = {
    "kg": Decimal(1000), "l": Decimal(1000), "m": Decimal(1), "piece": Decimal(1),
    "100g": Decimal(100), "500g": Decimal(500), "100ml": Decimal(100),
    "lb": Decimal("453.59237"), "floz": Decimal("29.5735295625"), "ft": Decimal("0.3048"),
}  # fmt: skip
BASE = {"g": ("g", 1), "kg": ("g", 1000), "ml": ("ml", 1), "l": ("ml", 1000), "m": ("m", 1), "piece": ("piece", 1)}

Rule = dict[str, Per]  # base unit -> what the unit price is of
METRIC: Rule = {"g": "kg", "ml": "l", "m": "m", "piece": "piece"}
EEA = (  # and not Germany, which has a line of its own
    "AT", "BE", "BG", "CY", "CZ", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "IS", "LI", "NO",
)  # fmt: skip
RULES: dict[str, Rule] = {
    # Directive 98/6/EC, articles 2(b) and 3: one kilogram, litre, metre, or another single unit customary for the goods
    # (here the piece). The EEA follows it. Square and cubic metres have no net_unit here.
    **dict.fromkeys(EEA, METRIC),
    # PAngV of 28 May 2022, section 5: always 1 kg or 1 l for packed goods. Loose goods may be priced per 100 g: there
    # the price itself is the one per 100 g, and the lane has no net_amount.
    "DE": METRIC,
    # Price Marking Order 2004, article 5 and schedule 1: per kg or l. The schedule's classes with 10 g, 100 g, 100 ml
    # and the like (herbs, cosmetics, biscuits ...) are not told apart here: kg and l are used for all.
    "GB": METRIC,
    # PBV (SR 942.211), article 5: kg, l, m, or a decimal fraction of them; the whole unit is used.
    "CH": METRIC,
    # No federal rule; states follow NIST Handbook 130, Uniform Unit Pricing Regulation: pound or ounce, fluid ounce,
    # one by count, always the same unit for the same kind of goods; below 1 dollar to a tenth of a cent.
    "US": {"g": "lb", "ml": "floz", "m": "ft", "piece": "piece"},
    # Rules on marked prices (SAMR order 56 of 2022) ask for legal units, none in particular; 500 g (a jin) and 100 ml
    # are what shops write.
    "CN": {"g": "500g", "ml": "100ml", "m": "m", "piece": "piece"},
    # Ordinances of the prefectures, as Tokyo's on consumer life: 100 g and 100 ml.
    "JP": {"g": "100g", "ml": "100ml", "m": "m", "piece": "piece"},
}


@dataclass(frozen=True, slots=True)
class PriceText:
    """A price in its parts, so that a label may set them in different sizes: "¥" "4" ".50" "", "" "4" ",50" " €"."""

    before: str
    whole: str
    fraction: str
    after: str

    def __str__(self) -> str:
        return f"{self.before}{self.whole}{self.fraction}{self.after}"


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """`amount` of the store's currency, rounded, for one `per`."""

    amount: Decimal
    per: Per


def write_price(price: Decimal, currency: str, language: str, country: str) -> PriceText:
    """`price` rounded half up to what the currency can pay, "4.5" -> ¥4.50, 4,50 €, $4.50; no currency: 4.50."""
    return _written(_rounded(price, currency_digits(currency)), currency, language, country)


def write_unit_price(unit: UnitPrice, currency: str, language: str, country: str) -> PriceText:
    """The same, with as many decimals as the amount has."""
    return _written(unit.amount, currency, language, country)


def unit_price(price: Decimal, net_amount: float, net_unit: str, currency: str, country: str) -> UnitPrice | None:
    """None: the country's rule is not known, nobody said how much one unit holds, or it is what the price says anyway
    (98/6/EC, article 3(1))."""
    rule = RULES.get(country)
    if rule is None or net_amount <= 0 or net_unit not in BASE:
        return None
    base, factor = BASE[net_unit]
    per = rule[base]
    net = Decimal(str(net_amount)) * factor
    if net == SIZE[per] or price * SIZE[per] > MOST_UNIT_PRICE * net:
        return None
    exact = price * SIZE[per] / net
    digits = currency_digits(currency)
    if country == "US" and exact < 1:
        digits += 1
    for more in range(MORE_DIGITS + 1):
        amount = _rounded(exact, digits + more)
        if amount:
            return UnitPrice(amount, per)
    return None


def to_pay(price: str, promotion_price: str) -> Decimal | None:
    """What one unit costs now; None: the label has no price."""
    text = promotion_price or price
    return Decimal(text) if text else None


def is_payable(price: str, currency: str) -> bool:
    """Has the currency so many decimals? 4.50 yen cannot be paid."""
    return not price or Decimal(price) == _rounded(Decimal(price), currency_digits(currency))


def _rounded(amount: Decimal, digits: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def _written(amount: Decimal, currency: str, language: str, country: str) -> PriceText:
    style = style_of(language, country)
    whole, _, decimals = f"{amount:f}".partition(".")
    if len(whole) >= style.grouped_from:
        whole = f"{int(whole):,}".replace(",", style.group)
    fraction = style.point + decimals if decimals else ""
    symbol = currency_symbol(currency)
    if not symbol:
        return PriceText("", whole, fraction, "")
    if not style.symbol_first:
        return PriceText("", whole, fraction, NBSP + symbol)
    return PriceText(symbol + (NBSP if style.spaced or symbol[-1].isalpha() else ""), whole, fraction, "")
