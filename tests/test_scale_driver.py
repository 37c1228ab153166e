"""The driver on a scripted line and a simulated clock: asking, stamping, and every complaint it can make."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from agent.config import schema
from agent.sensors.scale.boxes import box_for
from agent.sensors.scale.driver import SerialScale
from agent.sensors.scale.fake import SimulatedTime
from agent.sensors.scale.lines import encode_line
from agent.sensors.scale.modbus import read_request, with_checksum
from agent.sensors.scale.protocol import ScaleError


class ScriptedPort:
    """A line whose far end is `answer`: asked bytes in, answered bytes out. Reading takes 0.1 s of simulated time."""

    def __init__(self, now: SimulatedTime) -> None:
        self.now = now
        self.waiting = b""
        self.sent: list[tuple[float, bytes]] = []
        self.answers: dict[bytes, bytes] = {}
        self.babble = b""  # comes with every read
        self.closed = False

    def read(self) -> bytes:
        self.now.wait(0.1)
        data, self.waiting = self.waiting + self.babble, b""
        return data

    def write(self, data: bytes) -> None:
        self.sent.append((self.now(), data))
        self.waiting += self.answers.get(data, b"")

    def forget(self) -> None:
        self.waiting = b""

    def wait(self, seconds: float) -> None:
        self.now.wait(seconds)

    def close(self) -> None:
        self.closed = True


def config(driver: str, *, cells: int = 1, **keys: object) -> schema.Scale:
    names = tuple(schema.Cell(name=f"c{i}") for i in range(cells))
    return schema.Scale(name="main", driver=driver, port="/dev/ttyUSB0", cells=names, **keys)  # type: ignore[arg-type]


def opened(scale: schema.Scale) -> tuple[SerialScale, ScriptedPort]:
    now = SimulatedTime(100.0)
    port = ScriptedPort(now)
    return SerialScale(scale, box_for(scale), port, now), port


def values(driver: SerialScale, reads: int = 20) -> list[list[float]]:
    return [counts.values.tolist() for _ in range(reads) if (counts := driver.read()) is not None]


def test_lines_become_counts_stamped_at_the_read_with_a_dead_channel_as_nan():
    driver, port = opened(config("shelfd-lines", cells=3))
    port.waiting = encode_line(1, [125_925, None, -7])
    counts = driver.read()
    assert counts is not None
    assert (counts.t, counts.scale) == (100.1, "main")
    assert np.array_equal(counts.values, [125_925.0, math.nan, -7.0], equal_nan=True)
    assert driver.read() is None


def test_two_lines_in_one_read_are_two_counts_and_the_lost_one_between_is_counted():
    driver, port = opened(config("shelfd-lines"))
    port.waiting = encode_line(65_535, [1]) + encode_line(1, [2])
    assert values(driver, 2) == [[1.0], [2.0]]
    assert driver.lost == 1


def test_a_wrong_number_of_channels_names_both_numbers():
    driver, port = opened(config("shelfd-lines", cells=2))
    port.waiting = encode_line(1, [1, 2, 3])
    with pytest.raises(ScaleError, match=r"sends 3 channels, the configuration names 2 cells") as error:
        driver.read()
    assert error.value.code == "wrong_channels"


def test_bytes_without_a_frame_are_garbage_after_three_seconds_not_before():
    driver, port = opened(config("shelfd-lines"))
    port.babble = b"\x00\xff\x80"
    for _ in range(29):
        assert driver.read() is None
    with pytest.raises(ScaleError, match="115200 baud, 8N1") as error:
        values(driver, 5)
    assert error.value.code == "garbage"


def test_a_stray_byte_on_a_silent_line_is_not_garbage():
    driver, port = opened(config("shelfd-lines"))
    port.waiting = b"\x00"
    assert values(driver, 100) == []


def test_noise_between_frames_is_not_garbage():
    driver, port = opened(config("and"))
    for _ in range(50):
        port.waiting = b"\xff" * 30 + b"\r\nST,+00123.4  g\r\n"
        assert driver.read() is not None


def test_an_mt_sics_balance_is_told_once_to_stream_and_never_asked():
    driver, port = opened(config("mt-sics"))
    port.babble = b"S S     100.00 g\r\n"
    assert values(driver, 5) == [[100.0]] * 5
    assert port.sent == [(100.0, b"SIR\r\n")]


def test_an_mt_sics_balance_with_poll_s_is_asked_at_that_interval():
    driver, port = opened(config("mt-sics", poll_s=0.5))
    port.answers[b"SI\r\n"] = b"S D     100.00 g\r\n"
    assert values(driver, 20)
    assert {data for _, data in port.sent} == {b"SI\r\n"}
    assert np.diff([t for t, _ in port.sent]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("driver_name", "question", "answer", "grams"),
    [
        ("cas-pd2", b"W\r", b"\n02.494KG\r\n00\r\x03", 2494.0),
        ("toledo-8217", b"W", b"\x0202.494\r", 2494.0),
        ("modbus-rtu", read_request(1, 0, 2), with_checksum(b"\x01\x03\x04\x00\x00\x09\xbe"), 2494.0),
    ],
)
def test_boxes_that_never_stream_are_asked_at_their_rate(
    driver_name: str, question: bytes, answer: bytes, grams: float
):
    driver, port = opened(config(driver_name, rate_hz=4.0))
    port.answers[question] = answer
    assert values(driver, 30)[:3] == [[grams]] * 3
    assert np.diff([t for t, _ in port.sent]) == pytest.approx(0.25)


def test_an_answer_that_comes_too_late_belongs_to_no_question():
    driver, port = opened(config("toledo-8217"))
    assert driver.read() is None
    port.now.wait(1.0)
    port.waiting = b"\x0299.999\r"  # as the next question goes out
    port.answers[b"W"] = b"\x0200.345\r"
    assert values(driver, 3) == [[345.0]] * 3


@pytest.mark.parametrize("before", [b"\x00", b"\x01", b"\x01\x03", read_request(1, 0, 2), b"\xff" * 40])
def test_noise_or_an_echo_before_each_of_256_modbus_answers_costs_none(before: bytes):
    driver, port = opened(config("modbus-rtu", rate_hz=10.0))
    port.answers[read_request(1, 0, 2)] = before + with_checksum(b"\x01\x03\x04\x00\x00\x01\x59")
    readings = 0
    while len(port.sent) < 256:
        readings += driver.read() is not None
    assert readings >= 255


def test_half_an_answer_does_not_spoil_the_next_one():
    driver, port = opened(config("mt-sics", poll_s=0.2))
    port.answers[b"SI\r\n"] = b"S D     10"
    assert driver.read() is None
    port.answers[b"SI\r\n"] = b"S D     100.00 g\r\n"
    assert values(driver, 10)[0] == [100.0]
    assert len(port.sent) <= 10


def test_an_unanswered_question_is_asked_again():
    driver, port = opened(config("toledo-8217"))
    assert values(driver, 30) == []
    assert 4 <= len(port.sent) <= 6


def test_overload_is_missing_and_never_a_number_however_long_it_lasts():
    driver, port = opened(config("and"))
    port.babble = b"OL,+9999999.9  g\r\n"
    readings = values(driver, 100)
    assert len(readings) == 100
    assert np.isnan(readings).all()


def test_a_box_that_only_complains_is_lost_with_its_complaint():
    driver, port = opened(config("modbus-rtu", cells=2))
    port.answers[read_request(1, 0, 4)] = with_checksum(b"\x01\x83\x02")
    with pytest.raises(ScaleError, match="has no such register: correct `modbus_register`") as error:
        values(driver, 100)
    assert error.value.code == "box_error"


def test_one_complaint_between_weights_is_one_missing_reading():
    driver, port = opened(config("mt-sics"))
    port.waiting = b"S S     100.00 g\r\nS I\r\nS S     100.00 g\r\n"
    assert np.array_equal(values(driver, 5), [[100.0], [math.nan], [100.0]], equal_nan=True)


def test_a_late_complaint_among_good_weights_is_one_missing_reading_too():
    driver, port = opened(config("mt-sics"))
    port.babble = b"S S     100.00 g\r\n"
    assert len(values(driver, 100)) == 100
    port.waiting = b"S I\r\n"
    assert np.array_equal(values(driver, 2), [[math.nan], [100.0]], equal_nan=True)


def test_silence_after_many_frames_is_not_garbage():
    driver, port = opened(config("and"))
    port.babble = b"ST,+00123.4  g\r\n"
    assert len(values(driver, 50)) == 50
    port.babble = b""
    assert values(driver, 100) == []


def test_closing_the_scale_closes_the_line():
    driver, port = opened(config("and"))
    driver.close()
    assert port.closed


@pytest.mark.parametrize(
    ("scale", "sentence"),
    [
        (config("shelfd-lines", poll_s=1.0), "remove `poll_s`"),
        (config("openscale", openscale_fields=("unit",)), "weight and unit always"),
        (config("modbus-rtu", cells=63), "1 to 62 cells, not 63"),
    ],
)
def test_keys_that_do_not_go_together_are_refused(scale: schema.Scale, sentence: str):
    with pytest.raises(ScaleError, match=sentence) as error:
        box_for(scale)
    assert error.value.code == "bad_config"


def test_every_driver_of_the_schema_has_a_box():
    field = schema.Scale.__dataclass_fields__["driver"]
    for driver_name in field.metadata["choices"]:
        assert box_for(config(driver_name)).decoder().feed(b"") == []


def test_keys_of_a_box_reach_its_decoder():
    checked, port = opened(config("toledo-continuous", checksum=True))
    port.waiting = b"\x02\x31\x20\x20   200      \r" + b"\x00"
    assert values(checked, 2) == [], "a wrong checksum"
    in_grams, port = opened(replace(config("toledo-8217"), toledo_unit="g"))
    port.answers[b"W"] = b"\x0200.500\r"
    assert values(in_grams, 1) == [[0.5]]
