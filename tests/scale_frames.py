"""Every documented frame of every protocol and the reading it stands for, for decoder tests and fuzzer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent.sensors.scale.and_ import AndDecoder
from agent.sensors.scale.cas import Cas22Decoder, CasPd2Decoder
from agent.sensors.scale.decoder import Decoder, Reading, State
from agent.sensors.scale.lines import LinesDecoder, encode_line
from agent.sensors.scale.modbus import ModbusDecoder, with_checksum
from agent.sensors.scale.mtsics import MtSicsDecoder
from agent.sensors.scale.openscale import OpenScaleDecoder
from agent.sensors.scale.toledo import Toledo8217Decoder, ToledoContinuousDecoder

STABLE, MOVING, OVER, UNDER, ERROR = State.STABLE, State.MOVING, State.OVER, State.UNDER, State.ERROR
LB = 453.59237


@dataclass(frozen=True)
class Documented:
    """`data` is one frame as a manual (or our own page) has it; `grams` None: it carries no weight."""

    data: bytes
    grams: float | None
    state: State


@dataclass(frozen=True)
class Spoken:
    """One protocol: how to make its decoder, its documented frames, and bytes that end whatever came before."""

    decoder: Callable[[], Decoder]
    frames: tuple[Documented, ...]
    end: bytes = b"\r\n"


def toledo(frame: bytes, checksum: bool = False) -> bytes:
    """Appends the checksum by the manual's words: two's complement of the sum of bits 0-6 of all bytes before."""
    total = 0
    for byte in frame:
        total += byte & 0b0111_1111
    return frame + bytes([(256 - total % 256) & 0b0111_1111]) if checksum else frame


_TOLEDO_SAMPLE = bytes([2, 49, 32, 32]) + b"   200" + b"      " + bytes([13])
_CONTINUOUS = (
    Documented(_TOLEDO_SAMPLE, 2000 * LB, STABLE),
    Documented(b"\x02\x2c\x30\x20 12345     0\r", 123_450.0, STABLE),  # XXXX.XX kg
    Documented(b"\x02\x2a\x28\x21   345     0\r", 345.0, MOVING),  # XXXXXX g
    Documented(b"\x02\x2b\x32\x20   125     0\r", -12_500.0, STABLE),  # XXXXX.X kg, negative
    Documented(b"\x02\x2a\x34\x20999999     0\r", None, OVER),
    Documented(b"\x02\x2a\x36\x20999999     0\r", None, UNDER),
    Documented(b"\x02\x2a\x70\x20   100     0\r", None, ERROR),  # switched on, not zeroed
)

PROTOCOLS: dict[str, Spoken] = {
    "openscale": Spoken(
        OpenScaleDecoder,
        (
            Documented(b"1.250,kg,\r\n", 1250.0, MOVING),
            Documented(b"-0.500,lbs,\r\n", -0.5 * LB, MOVING),
        ),
    ),
    "openscale-all-fields": Spoken(
        lambda: OpenScaleDecoder(("millis", "weight", "unit", "raw", "local_c", "remote_c")),
        (
            Documented(b"104533,1.250,kg,8567342,23.06,21.50,\r\n", 1250.0, MOVING),
            Documented(b"104633,1.251,kg,8567401,23.06,0,\r\n", 1251.0, MOVING),
        ),
    ),
    "mt-sics": Spoken(
        MtSicsDecoder,
        (
            Documented(b"S S     100.00 g\r\n", 100.0, STABLE),
            Documented(b"S S    125.67 g\r\n", 125.67, STABLE),
            Documented(b"S D     -0.50 kg\r\n", -500.0, MOVING),
            Documented(b"S I\r\n", None, ERROR),
            Documented(b"S +\r\n", None, OVER),
            Documented(b"S -\r\n", None, UNDER),
            Documented(b"ES\r\n", None, ERROR),
            Documented(b"ET\r\n", None, ERROR),
            Documented(b"EL\r\n", None, ERROR),
        ),
    ),
    "and": Spoken(
        AndDecoder,
        (
            Documented(b"ST,+00123.4  g\r\n", 123.4, STABLE),
            Documented(b"US,-00123.4  g\r\n", -123.4, MOVING),
            Documented(b"ST,+0010.00 lb\r\n", 10 * LB, STABLE),
            Documented(b"ST,+00001.0 oz\r\n", 28.349523, STABLE),
            Documented(b"OL,+9999999.9  g\r\n", None, OVER),
            Documented(b"OL,-9999999.9  g\r\n", None, UNDER),
            Documented(b"ST,OK,+0001.234 kg\r\n", 1234.0, STABLE),
            Documented(b"QT,+00012345 PC\r\n", None, ERROR),
            Documented(b"ST,+00123.4  %\r\n", None, ERROR),
        ),
    ),
    "cas-22": Spoken(
        Cas22Decoder,
        (
            Documented(b"ST,GS,\x01\x40,  12.345 kg\r\n", 12_345.0, STABLE),
            Documented(b"US,NT,\x01\x00,-   12.5  g\r\n", -12.5, MOVING),
            Documented(b"ST,GS,\x01\n,   0.500 lb\r\n", 0.5 * LB, STABLE),  # the lamp byte may be a line feed
            Documented(b"OL,GS,\x01\x00,99999999 kg\r\n", None, OVER),
            Documented(b"ST,GS,\x01\x40,-------- kg\r\n", None, ERROR),
        ),
        end=b" " * 22,
    ),
    "cas-pd2": Spoken(
        CasPd2Decoder,
        (
            Documented(b"\n02.494LB\r\n00\r\x03", 2.494 * LB, STABLE),
            Documented(b"\n000.00LB\r\n20\r\x03", 0.0, STABLE),
            Documented(b"\n02.494KG\r\n10\r\x03", 2494.0, MOVING),
            Documented(b"\n02.494LB\r\n01\r\x03", None, UNDER),
            Documented(b"\n02.494LB\r\n02\r\x03", None, OVER),
        ),
        end=b" " * 15,
    ),
    "toledo-continuous": Spoken(ToledoContinuousDecoder, _CONTINUOUS, end=b" " * 17),
    "toledo-continuous-checked": Spoken(
        lambda: ToledoContinuousDecoder(checksum=True),
        tuple(Documented(toledo(frame.data, checksum=True), frame.grams, frame.state) for frame in _CONTINUOUS),
        end=b" " * 18,
    ),
    "toledo-8217": Spoken(
        Toledo8217Decoder,
        (
            Documented(b"\x02 1.250\r", 1250.0, STABLE),
            Documented(b"\x02 1.250N\r", 1250.0, STABLE),
            Documented(b"\x0200.345\r", 345.0, STABLE),
            Documented(b"\x02?\x41\r", None, MOVING),
            Documented(b"\x02?\x42\r", None, OVER),
            Documented(b"\x02?\x44\r", None, UNDER),
            Documented(b"\x02?\x48\r", None, ERROR),
        ),
        end=b"\r" * 20,
    ),
    "modbus-rtu": Spoken(
        lambda: ModbusDecoder(1, 1),
        (
            Documented(with_checksum(b"\x01\x03\x04\x00\x00\x01\x59"), 345.0, MOVING),
            Documented(with_checksum(b"\x01\x03\x04\xff\xff\xff\xfe"), -2.0, MOVING),
            Documented(with_checksum(b"\x01\x83\x02"), None, ERROR),
        ),
        end=b"\x00" * 9,
    ),
    "shelfd-lines": Spoken(
        LinesDecoder,
        (
            Documented(encode_line(7, [125_925]), 125_925.0, MOVING),
            Documented(encode_line(8, [-8_388_608]), -8_388_608.0, MOVING),
            Documented(encode_line(9, [None]), None, MOVING),
            Documented(encode_line(10, [125_925], 0x08), None, ERROR),
        ),
    ),
}


def readings_of(name: str, data: bytes) -> list[Reading]:
    """What a fresh decoder, joined at a clean start, makes of `data` in one piece."""
    decoder = PROTOCOLS[name].decoder()
    assert decoder.feed(PROTOCOLS[name].end) == []
    return decoder.feed(data)


def staged(name: str, script: bytes) -> list[bytes]:
    """A stream in pieces, told by `script`: whole frames, halves of frames, stray bytes and where the stream is cut.

    One cheap draw of bytes makes any such stream, and hypothesis can shrink it."""
    frames = [frame.data for frame in PROTOCOLS[name].frames]
    pieces, told = [b""], iter(script)
    for byte in told:
        kind, number = byte % 4, byte // 4
        frame = frames[number % len(frames)]
        if kind == 0:
            pieces[-1] += frame
        elif kind == 1:
            pieces.append(b"")
        elif kind == 2:
            half = number % len(frame)
            pieces[-1] += frame[half:] if number % 2 else frame[:half]
        else:
            pieces[-1] += bytes([next(told, 0)])
    return pieces
