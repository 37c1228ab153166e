"""Codes that a phone can read, or none at all."""

from __future__ import annotations

import numpy as np
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.screen.layout import LEAST_MODULE_PX
from agent.screen.qr import QUIET_MODULES, CodeError, code_modules, draw_code


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=120), st.integers(58, 400))
def test_every_module_is_square_and_in_its_place(text: str, side: int) -> None:
    modules = code_modules(text)
    if side < modules * LEAST_MODULE_PX:
        with pytest.raises(CodeError, match="pixels"):
            draw_code(text, side)
        return
    picture = draw_code(text, side)
    assert picture.shape == (side, side, 3) and set(np.unique(picture)) == {0, 255}
    scale = side // modules
    start = (side - (modules - 2 * QUIET_MODULES) * scale) // 2
    assert start >= QUIET_MODULES * scale
    wanted = np.array([list(row) for row in segno.make(text, error="l", micro=False).matrix], bool)
    dark = picture[:, :, 0] == 0
    inside = dark[start : start + len(wanted) * scale, start : start + len(wanted) * scale]
    assert np.array_equal(inside, np.kron(wanted, np.ones((scale, scale), bool)))
    assert dark.sum() == inside.sum()  # the quiet zone is quiet


@pytest.mark.parametrize("text", ["", "x" * 1001, "\U0001f600" * 999])
def test_what_is_no_text_for_a_code(text: str) -> None:
    with pytest.raises(CodeError):
        code_modules(text)


@pytest.mark.parametrize(
    "text", ["https://shop.example/s/12", "SHELFD:1:ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 $%*+-./:"]
)
def test_another_s_reader_reads_it(text: str) -> None:
    zxingcpp = pytest.importorskip("zxingcpp", reason="no reader of codes here; for this test: pip install zxing-cpp")
    picture = draw_code(text, code_modules(text) * LEAST_MODULE_PX)
    strip = np.full((len(picture) + 40, len(picture) + 200, 3), 200, np.uint8)
    strip[20 : 20 + len(picture), 100 : 100 + len(picture)] = picture
    assert [found.text for found in zxingcpp.read_barcodes(strip)] == [text]
