"""Coupons: what the shelf signs the till believes, once; what anybody else writes it does not."""

from __future__ import annotations

import base64
import io
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.documents.signing import SecretKey
from agent.messages import CouponClaim
from agent.screen.coupon import CONTEXT, CouponError, read, text_of
from tools.verify_coupon.__main__ import main
from tools.verify_coupon.used import UsedError, take
from tools.verify_coupon.verdict import Good, KeysError, RefusedError, read_keys, verdict

DEVICE, NOW_S = "corner-shop/aisle-1-left", 1_790_000_000.25
KEY, OTHER = SecretKey(bytes(32)), SecretKey(bytes(31) + b"1")
CLAIM = CouponClaim("9f3a5c7e10b2d4f6", "spring-1off", "1.00 off", 3600, NOW_S)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def line(device: str = DEVICE, key: SecretKey = KEY) -> str:
    return f"{device} {base64.b64encode(key.public).decode()}\n"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_text("# of the shop\n\n" + line("corner-shop/aisle-2", OTHER) + line())
    return path


def text(claim: CouponClaim = CLAIM, device: str = DEVICE, key: SecretKey = KEY) -> str:
    return text_of(claim, device, key.sign)


def test_a_coupon_is_taken_once(keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    till = ["--key", str(keys), "--used", str(tmp_path / "used"), text()]
    assert main(till, now=lambda: NOW_S) == 0
    says = "spring-1off, made by corner-shop/aisle-1-left, number 9f3a5c7e10b2d4f6, valid until 2026-09-21 15:13 UTC"
    assert capsys.readouterr().out == f"good: {says}\n"
    assert main(till, now=lambda: NOW_S) == 3
    assert capsys.readouterr().out == "refused: the coupon was used already\n"


def test_its_time_ends(keys: Path) -> None:
    till = ["--key", str(keys), text()]
    assert [main(till, now=lambda s=s: NOW_S + s) for s in (3599, 3600)] == [0, 2]  # type: ignore[misc]


def test_a_scanner_types_the_text_on_standard_input_in_small_letters(
    keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{text().lower()}\r\n"))
    assert main(["--key", str(keys), "-"], now=lambda: NOW_S) == 0


def test_the_command_runs_by_itself(keys: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tools.verify_coupon", "--key", str(keys), "NONSENSE"],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert ran.returncode == 1 and ran.stdout.startswith("refused: this is no coupon")


def test_its_code_is_small_enough_for_a_strip_of_a_hundred_pixels() -> None:
    code = segno.make(text(), micro=False, error="L")
    assert code.version == 5 and 2 * (37 + 8) <= 100
    longest = CouponClaim("f" * 32, "a campaign with a long name", "x", 3600, NOW_S)
    assert 2 * (len(segno.make(text(longest), micro=False, error="L").matrix) + 8) <= 106


def test_a_coupon_of_another_device_or_key_is_refused(keys: Path) -> None:
    known = read_keys(keys)
    for forged in (text(key=OTHER), text(device="corner-shop/aisle-2"), text(device="elsewhere/aisle-1-left")):
        with pytest.raises(RefusedError):
            verdict(forged, known, NOW_S)
    assert verdict(text(device="corner-shop/aisle-2", key=OTHER), known, NOW_S).device == "corner-shop/aisle-2"


def test_while_a_device_changes_its_key_both_hold(keys: Path) -> None:
    keys.write_text(line() + line(key=OTHER))
    assert all(verdict(text(key=key), read_keys(keys), NOW_S) for key in (KEY, OTHER))


def test_a_signature_of_something_else_is_no_coupon(keys: Path) -> None:
    body = read(text()).signed.removeprefix(CONTEXT)
    bare = base64.b32encode(body + KEY.sign(body)).decode().rstrip("=")
    with pytest.raises(RefusedError, match="forged"):
        verdict(bare, read_keys(keys), NOW_S)


@settings(derandomize=True, max_examples=100)
@given(
    st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=64), st.integers(60, 31_536_000),
    st.floats(0, 4_000_000_000),
)  # fmt: skip
def test_what_is_written_is_read_and_has_one_text_only(number: str, campaign: str, valid_s: int, made_s: float) -> None:
    claim = CouponClaim(number, campaign, "x", valid_s, made_s)
    coupon = read(text(claim))
    assert (coupon.number, coupon.campaign, coupon.expires_s) == (number, campaign, int(made_s) + valid_s)


def test_a_claim_that_does_not_fit_is_refused() -> None:
    for claim in (CouponClaim("n" * 200, "c", "x", 60, 0.0), CouponClaim("1", "c", "x", 60, 1e12)):
        with pytest.raises(CouponError):
            text(claim)


def test_no_altered_text_passes(keys: Path) -> None:
    whole, known = text(), read_keys(keys)
    for at in range(len(whole)):
        letter = ALPHABET[(ALPHABET.index(whole[at]) + 1) % 32]
        with pytest.raises(RefusedError):
            verdict(whole[:at] + letter + whole[at + 1 :], known, NOW_S)
        with pytest.raises(RefusedError):
            verdict(whole[:at] + whole[at + 1 :], known, NOW_S)
    rng = random.Random(7)
    for _ in range(1500):
        data = bytearray(base64.b32decode(whole + "=" * (-len(whole) % 8)))
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        with pytest.raises(RefusedError):
            verdict(base64.b32encode(data).decode().rstrip("="), known, NOW_S)


@settings(derandomize=True, max_examples=150)
@given(
    st.one_of(
        st.text(max_size=700), st.text(ALPHABET, max_size=300), st.binary(max_size=200).map(lambda b: "S" + b.hex())
    )
)
def test_no_other_text_passes(given_text: str) -> None:
    with pytest.raises(CouponError):
        coupon = read(given_text)
        assert KEY.sign(coupon.signed) != coupon.signature
        raise CouponError("read, and not signed")


@pytest.mark.parametrize(
    "content", ["", "corner-shop KEY", "a/b notbase64", "a/b AAAA", "a/b/c " + line().split()[1], "\xff\xfe\x00"]
)
def test_a_file_without_keys_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(content)
    with pytest.raises(KeysError):
        read_keys(path)
    assert main(["--key", str(path), text()]) == 66
    assert main(["--key", str(tmp_path / "none"), text()]) == 66


def test_what_has_expired_leaves_the_file(tmp_path: Path) -> None:
    used = tmp_path / "used"
    for day in range(5):
        take(used, Good(DEVICE, str(day), "c", int(NOW_S) + 86_400 * day), NOW_S + 86_400 * day)
    assert [entry.split()[1] for entry in used.read_text().splitlines()] == ["4"]


def test_a_file_that_is_no_list_of_numbers_takes_nothing(keys: Path, tmp_path: Path) -> None:
    used = tmp_path / "used"
    used.write_text("dear diary\n")
    assert main(["--key", str(keys), "--used", str(used), text()], now=lambda: NOW_S) == 73
    assert used.read_text() == "dear diary\n"
    with pytest.raises(UsedError, match="locked"):
        take(tmp_path / "no" / "used", Good(DEVICE, "1", "c", 9), 1.0)


def test_of_tills_that_ask_at_once_one_takes_it(keys: Path, tmp_path: Path) -> None:
    claim = CouponClaim("01", "c", "x", 3600, time.time())
    command = [sys.executable, "-m", "tools.verify_coupon", "--key", str(keys), "--used", str(tmp_path / "used")]
    tills = [subprocess.Popen([*command, text(claim)], stdout=subprocess.DEVNULL) for _ in range(2)]
    assert sorted(till.wait(30) for till in tills) == [0, 3]


def test_the_coupon_on_the_page_is_good_until_its_last_second(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).parent.parent / "docs" / "coupons.md").read_text("utf-8")
    section = page.split("## One to test a till with")[1].split("\n## ")[0]
    key_line = next(x.strip() for x in section.splitlines() if x.startswith("    test-shop/test-shelf "))
    words = [word for word in section.split() if len(word) > 100 and set(word) <= set(ALPHABET)]
    assert len(words) == 2 and words[0] == words[1], "alone, and in the command"
    keys, last_s = tmp_path / "test.keys", 2**32 - 1
    keys.write_text(key_line)
    till = ["--key", str(keys), words[0]]
    assert main(till, now=lambda: last_s - 0.5) == 0
    assert capsys.readouterr().out.strip() in section
    assert main(till, now=lambda: last_s) == 2
    assert main(till) == 0, "and now"
    data = base64.b32decode(words[0] + "=" * (-len(words[0]) % 8))
    listed = re.findall(r"^    ([0-9a-f]+)(?:  |$| [a-z])", section, re.MULTILINE)
    assert bytes.fromhex("".join(listed)) == data, "byte by byte as the page lists them"
    for at in range(len(words[0])):
        altered = words[0][:at] + ("A" if words[0][at] != "A" else "B") + words[0][at + 1 :]
        assert main(["--key", str(keys), altered], now=lambda: NOW_S) == 1
