"""Bytes -> readings: each documented frame, and what no stream may do to a decoder: split, noise, flood."""

from __future__ import annotations

import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.sensors.scale.and_ import AndDecoder
from agent.sensors.scale.cas import Cas22Decoder
from agent.sensors.scale.decoder import Decoder, Reading, State
from agent.sensors.scale.modbus import ModbusDecoder, checksum, read_request, with_checksum
from agent.sensors.scale.mtsics import MtSicsDecoder
from agent.sensors.scale.openscale import OpenScaleDecoder
from agent.sensors.scale.toledo import Toledo8217Decoder, ToledoContinuousDecoder
from tests.scale_frames import PROTOCOLS, Documented, readings_of, staged

NAMES = sorted(PROTOCOLS)
FRAMES = [
    pytest.param(name, frame, id=f"{name}-{i}") for name in NAMES for i, frame in enumerate(PROTOCOLS[name].frames)
]


def fed(decoder: Decoder, *pieces: bytes) -> list[Reading]:
    return [reading for piece in pieces for reading in decoder.feed(piece)]


@pytest.mark.parametrize(("name", "frame"), FRAMES)
def test_a_documented_frame_reads_as_documented(name: str, frame: Documented):
    (reading,) = readings_of(name, frame.data)
    assert reading.state is frame.state
    assert reading.values == (None if frame.grams is None else pytest.approx(frame.grams, abs=1e-6),)
    assert bool(reading.note) == (frame.state is State.ERROR), "an error says what to do, nothing else complains"


@pytest.mark.parametrize(("name", "frame"), FRAMES)
def test_it_reads_the_same_byte_by_byte(name: str, frame: Documented):
    decoder = PROTOCOLS[name].decoder()
    decoder.feed(PROTOCOLS[name].end)
    assert fed(decoder, *(bytes([byte]) for byte in frame.data)) == readings_of(name, frame.data)


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_joined_in_the_middle_starts_with_the_first_whole_frame(name: str):
    frames = [frame.data for frame in PROTOCOLS[name].frames]
    for cut in range(1, len(frames[0])):
        readings = PROTOCOLS[name].decoder().feed(frames[0][cut:] + b"".join(frames))
        whole = readings_of(name, b"".join(frames))
        assert [(r.values, r.state) for r in readings[-len(whole) :]] == [(r.values, r.state) for r in whole]
        assert len(readings) == len(whole), f"a frame cut at {cut} is no frame"


@pytest.mark.parametrize("name", NAMES)
def test_a_flood_without_frames_is_not_kept(name: str):
    decoder = PROTOCOLS[name].decoder()
    chance = random.Random(1)
    for flood in (b"\x02", b"S", b"w1,", b"\x01\x03\x04", b"9", b"\n\r"):
        for _ in range(40):
            decoder.feed(flood * 1000 + chance.randbytes(chance.randrange(30)))
    assert kept_bytes(decoder) <= 2048


def kept_bytes(decoder: Decoder) -> int:
    return sum(sys.getsizeof(value) for value in vars(decoder).values() if isinstance(value, (bytes, bytearray)))


@settings(derandomize=True, max_examples=10_000, deadline=None, database=None)
@given(st.binary(max_size=24))
def test_frames_and_noise_cut_anywhere_give_what_the_whole_gives(script: bytes):
    for name in NAMES:  # every decoder with each script: drawing one costs more than decoding it
        pieces, decoder = staged(name, script), PROTOCOLS[name].decoder()
        readings = fed(decoder, *pieces)
        assert readings == PROTOCOLS[name].decoder().feed(b"".join(pieces)), name
        assert kept_bytes(decoder) <= 2048, name
        silent = [r for r in readings if r.state not in (State.STABLE, State.MOVING)]
        assert all(set(r.values) == {None} for r in silent), f"{name}: only stable and moving readings carry a weight"


@pytest.mark.parametrize("name", NAMES)
def test_after_any_noise_the_next_frames_are_read(name: str):
    spoken = PROTOCOLS[name]
    whole = readings_of(name, b"".join(frame.data for frame in spoken.frames))

    @settings(derandomize=True, max_examples=300, deadline=None, database=None)
    @given(noise=st.binary(max_size=60))
    def noisy(noise: bytes) -> None:
        decoder = spoken.decoder()
        decoder.feed(noise + spoken.end * 2)
        after = decoder.feed(b"".join(frame.data for frame in spoken.frames))
        assert [(r.values, r.state) for r in after] == [(r.values, r.state) for r in whole]

    noisy()


def test_a_flipped_bit_is_seen_where_the_protocol_has_a_checksum():
    for name in ("shelfd-lines", "modbus-rtu", "toledo-continuous-checked"):
        for frame in PROTOCOLS[name].frames:
            for place in range(len(frame.data) - 2):
                damaged = bytearray(frame.data)
                damaged[place] ^= 0x04
                assert readings_of(name, bytes(damaged)) == [], f"{name}, byte {place}"


def test_an_overlong_line_is_dropped_and_the_next_one_read():
    decoder = AndDecoder()
    assert decoder.feed(b"ST,+00123.4  g" + b" " * 200) == []
    (reading,) = decoder.feed(b"\r\nST,+00200.0  g\r\n")
    assert reading.values == (200.0,)


def test_openscale_banner_and_menu_are_no_weights():
    banner = b"\r\nSerial Load Cell Converter version 1.0\r\nMinimum time between reports: 2\r\nReadings:\r\n"
    (reading,) = OpenScaleDecoder().feed(banner + b"0.345,kg,\r\n")
    assert reading.values == (345.0,)


def test_half_an_openscale_line_is_never_a_weight():
    assert OpenScaleDecoder().feed(b"3.45,kg,\r\n") == [], "may have been 123.45"


@pytest.mark.parametrize(
    "fields", [("weight",), ("unit", "weight"), ("weight", "unit", "colour"), ("weight", "weight", "unit")]
)
def test_openscale_fields_that_cannot_be_are_refused(fields: tuple[str, ...]):
    with pytest.raises(ValueError, match="weight and unit always"):
        OpenScaleDecoder(fields)


def test_mt_sics_value_may_stand_at_any_column():
    readings = MtSicsDecoder().feed(b"S S 1.5 kg\r\nS  D           -2.25 g  \r\n")
    assert [reading.values for reading in readings] == [(1500.0,), (-2.25,)]


def test_an_unknown_unit_is_an_error_and_no_number():
    (reading,) = MtSicsDecoder().feed(b"S S      12.5 tl\r\n")
    assert (reading.values, reading.state) == ((None,), State.ERROR)
    assert "'tl'" in reading.note


def test_all_256_lamp_bytes_of_a_cas_frame_are_read():
    for lamp in range(256):
        (reading,) = Cas22Decoder().feed(b"ST,GS,\x01" + bytes([lamp]) + b",  12.345 kg\r\n")
        assert reading.values == (12_345.0,)


@pytest.mark.parametrize(("swa", "grams"), list(enumerate([20_000, 2_000, 200, 20, 2, 0.2, 0.02, 0.002])))
def test_toledo_places_of_the_decimal_point(swa: int, grams: float):
    frame = bytes([2, 0x20 | swa, 0x20, 0x21]) + b"   200" + b"      \r"
    (reading,) = ToledoContinuousDecoder().feed(frame)
    assert reading.values == (pytest.approx(grams, rel=1e-9),)


def test_toledo_8217_takes_the_unit_of_its_display_from_the_configuration():
    (reading,) = Toledo8217Decoder("lb").feed(b"\x0210.00\r")
    assert reading.values == (pytest.approx(4535.9237),)


@pytest.mark.parametrize(
    "frame",
    [
        "01 03 30 03 00 01 7B 0A",
        "01 03 02 00 01 79 84",
        "01 10 30 03 00 01 02 00 01 57 A0",
        "02 03 00 01 00 7D D4 18",
    ],
)
def test_modbus_checksums_of_the_manuals(frame: str):
    data = bytes.fromhex(frame)
    assert with_checksum(data[:-2]) == data


def test_modbus_questions_are_those_of_the_manuals():
    assert read_request(1, 0x3003, 1) == bytes.fromhex("01 03 30 03 00 01 7B 0A")
    assert read_request(2, 0x0001, 0x7D) == bytes.fromhex("02 03 00 01 00 7D D4 18")


def test_modbus_pairs_are_signed_in_either_word_order_and_scaled_once():
    answer = with_checksum(b"\x01\x03\x08" + (70_000).to_bytes(4, "big") + (-70_000).to_bytes(4, "big", signed=True))
    assert ModbusDecoder(1, 2).feed(answer)[0].values == (70_000.0, -70_000.0)
    assert ModbusDecoder(1, 2, gram_per_digit=0.5).feed(answer)[0].values == (35_000.0, -35_000.0)
    swapped = with_checksum(b"\x01\x03\x04\x11\x70\x00\x01")
    assert ModbusDecoder(1, 1, "little").feed(swapped)[0].values == (70_000.0,)


def test_modbus_answers_of_another_unit_and_echoes_of_the_question_are_passed_over():
    other = with_checksum(b"\x02\x03\x04\x00\x00\x00\x05")
    (reading,) = ModbusDecoder(1, 1).feed(
        read_request(1, 0, 2) + other + with_checksum(b"\x01\x03\x04\x00\x00\x00\x07")
    )
    assert reading.values == (7.0,)


def test_a_modbus_refusal_says_which_key_to_correct():
    (reading,) = ModbusDecoder(1, 3).feed(with_checksum(b"\x01\x83\x02"))
    assert reading.values == (None, None, None)
    assert "modbus_register" in reading.note


@settings(derandomize=True, max_examples=500, deadline=None)
@given(st.binary(max_size=64))
def test_modbus_checksum_by_table_is_the_one_by_the_bit(data: bytes):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    assert checksum(data) == crc
