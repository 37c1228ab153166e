"""GTINs of every length become 14 digits; what is no GTIN is refused with a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.shelf.gtin import LENGTHS, GtinError, check_digit, check_digit_right, gtin_14

digits = st.text("0123456789", min_size=1, max_size=20)
bodies = st.sampled_from(LENGTHS).flatmap(lambda n: st.text("0123456789", min_size=n - 1, max_size=n - 1))


@pytest.mark.parametrize(
    ("code", "fourteen"),
    [
        ("96385074", "00000096385074"),
        ("614141007349", "00614141007349"),
        ("6901234567892", "06901234567892"),
        ("9506000134352", "09506000134352"),
        ("10614141007346", "10614141007346"),
    ],
)
def test_codes_printed_on_goods_are_right(code, fourteen):
    assert gtin_14(code) == fourteen
    assert check_digit_right(code) and check_digit_right(fourteen)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("", "digits only"),
        ("690123456789x", "digits only"),
        (" 6901234567892", "digits only"),
        ("690-1234567892", "digits only"),
        ("６９０１２３４５６７８９２", "digits only"),  # full-width digits, as a Chinese keyboard may write them
        ("²²²²²²²²", "digits only"),
        ("123456789", "has 9 digits"),
        ("690123456789", None),  # 12 digits: a GTIN-12, whatever was meant
        ("069012345678920", "has 15 digits"),
    ],
)
def test_what_is_no_gtin_is_refused_with_a_sentence(code, sentence):
    if sentence is None:
        assert gtin_14(code) == "00690123456789"
        return
    with pytest.raises(GtinError, match=sentence):
        gtin_14(code)


def test_a_shop_code_with_a_wrong_check_digit_is_kept():
    assert gtin_14("6901234567890") == "06901234567890"
    assert not check_digit_right("06901234567890")


@settings(derandomize=True)
@given(bodies)
def test_the_check_digit_is_the_same_in_every_length(body):
    code = body + check_digit(body)
    assert check_digit_right(code) and check_digit_right(gtin_14(code))
    assert gtin_14(gtin_14(code)) == gtin_14(code)


@settings(derandomize=True)
@given(bodies, st.data())
def test_one_mistyped_digit_is_always_noticed(body, data):
    code = body + check_digit(body)
    place = data.draw(st.integers(0, len(code) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != code[place]]))
    assert not check_digit_right(code[:place] + other + code[place + 1 :])


@settings(derandomize=True)
@given(digits)
def test_any_digits_give_fourteen_or_a_refusal(code):
    if len(code) in LENGTHS:
        assert len(gtin_14(code)) == 14 and gtin_14(code).endswith(code)
    else:
        with pytest.raises(GtinError):
            gtin_14(code)
