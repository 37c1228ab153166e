"""Which decoder, greeting and question belong to the `driver` of the configuration.

Not here: the bytes themselves (decoders), sending them (driver.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent.config.schema import Scale
from agent.sensors.scale import and_, cas, modbus, mtsics, toledo
from agent.sensors.scale.decoder import Decoder
from agent.sensors.scale.lines import LinesDecoder
from agent.sensors.scale.openscale import OpenScaleDecoder
from agent.sensors.scale.protocol import ScaleError


@dataclass(frozen=True, slots=True)
class Box:
    """How to talk with one kind of box."""

    decoder: Callable[[], Decoder]
    greeting: bytes = b""  # sent once after opening
    question: bytes = b""  # sent for each sample; empty: the box streams
    pause_s: float = 0.0  # from question to question


def box_for(scale: Scale) -> Box:
    """ScaleError `bad_config` when the keys of `scale` do not go together."""
    box = _BOXES[scale.driver](scale)
    if scale.poll_s > 0 and not box.question:
        raise _bad(scale, f"{scale.driver} boxes stream and are never asked: remove `poll_s`")
    return box


def _pause_s(scale: Scale) -> float:
    return scale.poll_s or 1.0 / scale.rate_hz


def _lines(scale: Scale) -> Box:
    return Box(LinesDecoder)


def _openscale(scale: Scale) -> Box:
    try:
        OpenScaleDecoder(scale.openscale_fields)
    except ValueError as error:
        raise _bad(scale, str(error)) from error
    return Box(lambda: OpenScaleDecoder(scale.openscale_fields))


def _mt_sics(scale: Scale) -> Box:
    if scale.poll_s > 0:
        return Box(mtsics.MtSicsDecoder, question=mtsics.ASK, pause_s=scale.poll_s)
    return Box(mtsics.MtSicsDecoder, greeting=mtsics.STREAM)


def _and(scale: Scale) -> Box:
    if scale.poll_s > 0:
        return Box(and_.AndDecoder, question=and_.ASK, pause_s=scale.poll_s)
    return Box(and_.AndDecoder)


def _cas_22(scale: Scale) -> Box:
    return Box(cas.Cas22Decoder)


def _cas_pd2(scale: Scale) -> Box:
    return Box(cas.CasPd2Decoder, question=cas.PD2_ASK, pause_s=_pause_s(scale))


def _toledo_continuous(scale: Scale) -> Box:
    return Box(lambda: toledo.ToledoContinuousDecoder(scale.checksum))


def _toledo_8217(scale: Scale) -> Box:
    return Box(lambda: toledo.Toledo8217Decoder(scale.toledo_unit), question=toledo.ASK_8217, pause_s=_pause_s(scale))


def _modbus_rtu(scale: Scale) -> Box:
    pairs = len(scale.cells)
    if not 1 <= pairs <= modbus.MOST_REGISTERS // 2:
        raise _bad(scale, f"one Modbus question carries 1 to {modbus.MOST_REGISTERS // 2} cells, not {pairs}")
    return Box(
        lambda: modbus.ModbusDecoder(scale.modbus_unit, pairs, scale.modbus_word_order, scale.modbus_gram_per_digit),
        question=modbus.read_request(scale.modbus_unit, scale.modbus_register, 2 * pairs),
        pause_s=_pause_s(scale),
    )


_BOXES: dict[str, Callable[[Scale], Box]] = {
    "shelfd-lines": _lines,
    "openscale": _openscale,
    "mt-sics": _mt_sics,
    "and": _and,
    "cas-22": _cas_22,
    "cas-pd2": _cas_pd2,
    "toledo-continuous": _toledo_continuous,
    "toledo-8217": _toledo_8217,
    "modbus-rtu": _modbus_rtu,
}


def _bad(scale: Scale, message: str) -> ScaleError:
    return ScaleError("bad_config", f'scale "{scale.name}": {message}')
