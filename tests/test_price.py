"""Prices as shops write them, and what a unit of the goods costs."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.shelf.money import BY_LANGUAGE, DIGITS, SYMBOLS, style_of
from agent.shelf.price import (
    RULES,
    SIZE,
    UnitPrice,
    is_payable,
    to_pay,
    unit_price,
    write_price,
    write_unit_price,
)

MONEY = st.decimals(min_value=0, max_value=9_999_999, places=3)
CURRENCIES = st.sampled_from(["", "XXX", *DIGITS, *SYMBOLS])
LANGUAGES = st.sampled_from(sorted(BY_LANGUAGE))
COUNTRIES = st.sampled_from(["", "CH", "MX", *RULES])
QUICK = settings(derandomize=True, deadline=None, max_examples=80)


@pytest.mark.parametrize(
    ("price", "currency", "language", "country", "written"),
    [
        ("4.5", "CNY", "zh", "CN", "¥4.50"),
        ("4.5", "EUR", "de", "DE", "4,50\u00a0€"),
        ("1299", "EUR", "de", "DE", "1.299,00\u00a0€"),
        ("1299.95", "EUR", "fr", "FR", "1\u00a0299,95\u00a0€"),
        ("1299.95", "EUR", "es", "ES", "1299,95\u00a0€"),
        ("12990.95", "EUR", "es", "ES", "12.990,95\u00a0€"),
        ("4.5", "EUR", "de", "AT", "€\u00a04,50"),
        ("4.5", "EUR", "en", "IE", "€4.50"),
        ("1299.5", "CHF", "de", "CH", "CHF\u00a01\u2019299.50"),
        ("4.5", "USD", "en", "US", "$4.50"),
        ("4.5", "USD", "es", "US", "$4.50"),
        ("0.99", "GBP", "en", "GB", "£0.99"),
        ("12800", "JPY", "ja", "JP", "¥12,800"),
        ("449.5", "JPY", "ja", "JP", "¥450"),
        ("1.25", "KWD", "en", "KW", "KWD\u00a01.250"),
        ("4.5", "SEK", "en", "SE", "kr\u00a04.50"),
        ("4.5", "", "en", "", "4.50"),
        ("4.5", "XTS", "fr", "", "4,50\u00a0XTS"),
    ],
)
def test_a_price_as_the_shop_writes_it(price: str, currency: str, language: str, country: str, written: str) -> None:
    assert str(write_price(Decimal(price), currency, language, country)) == written


@pytest.mark.parametrize(
    ("price", "net_amount", "net_unit", "currency", "country", "per"),
    [
        ("4.50", 330, "ml", "EUR", "FR", ("13.64", "l")),
        ("2.99", 0.25, "kg", "EUR", "DE", ("11.96", "kg")),  # PAngV 2022: no 100 g for small packs any more
        ("1.00", 400, "g", "GBP", "GB", ("2.50", "kg")),
        ("3.49", 6, "piece", "EUR", "DE", ("0.58", "piece")),
        ("9.90", 20, "m", "EUR", "ES", ("0.50", "m")),  # 0.495: half goes up
        ("4.99", 16, "l", "USD", "US", ("0.009", "floz")),  # below a dollar: to a tenth of a cent
        ("4.99", 907.18474, "g", "USD", "US", ("2.50", "lb")),
        ("4.50", 330, "ml", "CNY", "CN", ("1.36", "100ml")),
        ("12.80", 250, "g", "CNY", "CN", ("25.60", "500g")),
        ("198", 300, "g", "JPY", "JP", ("66", "100g")),
        ("1", 900, "piece", "EUR", "DE", ("0.001", "piece")),  # 0.00 would say nothing
    ],
)
def test_a_unit_price_by_the_country_rule(
    price: str, net_amount: float, net_unit: str, currency: str, country: str, per: tuple[str, str]
) -> None:
    unit = unit_price(Decimal(price), net_amount, net_unit, currency, country)
    assert unit is not None and (str(unit.amount), unit.per) == per


@pytest.mark.parametrize(
    ("net_amount", "net_unit", "country"),
    [
        (330, "ml", ""),  # no country, no rule
        (330, "ml", "ZZ"),
        (0, "g", "DE"),  # nobody said how much
        (1, "kg", "DE"),  # the price says it already
        (1000, "ml", "FR"),
        (1, "piece", "DE"),
        (5e-324, "g", "DE"),  # a slip of the keyboard
        (100, "stone", "GB"),
    ],
)
def test_no_unit_price_where_there_is_nothing_to_say(net_amount: float, net_unit: str, country: str) -> None:
    assert unit_price(Decimal("4.50"), net_amount, net_unit, "EUR", country) is None


@QUICK
@given(MONEY, CURRENCIES, LANGUAGES, COUNTRIES)
def test_what_is_written_can_be_read_back_to_half_of_the_last_digit(
    price: Decimal, currency: str, language: str, country: str
) -> None:
    text, style = write_price(price, currency, language, country), style_of(language, country)
    digits = DIGITS.get(currency, 2)
    read = Decimal(text.whole.replace(style.group, "") + text.fraction.replace(style.point, "."))
    assert abs(read - price) * 2 <= Decimal(1).scaleb(-digits)
    assert len(text.fraction) == (digits + 1 if digits else 0)
    assert len(str(text)) < 24


@QUICK
@given(
    MONEY.filter(bool),
    st.floats(min_value=0, max_value=1_000_000),
    st.sampled_from(["g", "kg", "ml", "l", "m", "piece"]),
    CURRENCIES,
    COUNTRIES,
)
def test_a_unit_price_times_the_amount_is_the_price(
    price: Decimal, net: float, unit: str, currency: str, country: str
) -> None:
    found = unit_price(price, net, unit, currency, country)
    if found is None:
        return
    assert found.amount > 0
    size = Decimal(1000) if unit in ("kg", "l") else Decimal(1)
    exact = price * SIZE[found.per] / (Decimal(str(net)) * size)
    assert abs(found.amount - exact) * 2 <= Decimal(1).scaleb(found.amount.as_tuple().exponent)  # type: ignore[arg-type]
    assert str(write_unit_price(found, currency, "en", country))


def test_a_half_goes_up_and_not_to_the_even_neighbour() -> None:
    assert str(write_price(Decimal("2.345"), "EUR", "en", "IE")) == "€2.35"
    assert str(write_price(Decimal("0.125"), "EUR", "en", "IE")) == "€0.13"
    assert unit_price(Decimal("0.25"), 100, "piece", "EUR", "DE") == UnitPrice(Decimal("0.003"), "piece")


def test_the_promotion_is_what_is_paid() -> None:
    assert to_pay("4.50", "3.90") == Decimal("3.90")
    assert to_pay("4.50", "") == Decimal("4.50")
    assert to_pay("", "") is None


def test_what_the_currency_cannot_pay() -> None:
    assert not is_payable("4.50", "JPY") and is_payable("450.0", "JPY")
    assert not is_payable("4.505", "EUR") and is_payable("4.505", "KWD") and is_payable("", "JPY")
