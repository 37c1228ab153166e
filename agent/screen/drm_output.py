"""Which output of a graphics card is the panel: the first that is connected, in the mode it prefers.

Not here: making the calls (drm_card.py), buffers (drm.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import Array, addressof, c_uint32
from dataclasses import dataclass

from agent.screen import drm_uapi as uapi
from agent.screen.drm_card import Card
from agent.screen.protocol import ScreenError

MOST_IDS, MOST_MODES = 64, 1024  # of one card, of one connector: more is no display
TRIES = 4  # what is there may change between asking how many and asking which


@dataclass(frozen=True, slots=True)
class Output:
    """A connector with somebody to feed it."""

    connector_id: int
    crtc_id: int
    mode: uapi.Mode


def find_output(card: Card) -> Output:
    """ScreenError `unplugged` when nothing is connected, `not_found` when this card has no outputs at all."""
    crtcs, connectors = _resources(card)
    found = [_connector(card, number) for number in connectors]
    usable = [(asked, modes, encoders) for asked, modes, encoders in found if modes]
    for wanted in (uapi.CONNECTED, uapi.UNKNOWN):
        for asked, modes, encoders in usable:
            crtc_id = _feeder(card, asked, encoders, crtcs) if asked.connection == wanted else 0
            if crtc_id:
                return Output(asked.connector_id, crtc_id, best_mode(modes))
    raise ScreenError("unplugged", f"{card.device} has {len(found)} outputs and a panel on none: look at its cable")


def is_connected(card: Card, output: Output) -> bool:
    """As the driver saw it last; to ask for one mode keeps it from reading the panel's data again."""
    room = (uapi.Mode * 1)()
    asked = uapi.Connector(connector_id=output.connector_id, count_modes=1, modes=addressof(room))
    return bool(card.call(uapi.GET_CONNECTOR, asked).connection != uapi.DISCONNECTED)


def best_mode(modes: Sequence[uapi.Mode]) -> uapi.Mode:
    """The one that the kernel's command line demands, else the panel's own, else the first."""
    for kind in (uapi.FROM_COMMAND_LINE, uapi.PREFERRED):
        for mode in modes:
            if mode.type & kind:
                return mode
    return modes[0]


def _resources(card: Card) -> tuple[list[int], list[int]]:
    """Numbers of what can feed an output, and of the outputs."""
    try:
        counted = card.call(uapi.GET_RESOURCES, uapi.Resources())
    except ScreenError as error:
        if error.code != "refused":
            raise
        raise ScreenError(
            "not_found", f"{card.device} has no outputs (a Pi has a card of its own for 3D): name another card"
        ) from error
    for _ in range(TRIES):
        crtcs, connectors = _ids(counted.count_crtcs, card), _ids(counted.count_connectors, card)
        told = card.call(
            uapi.GET_RESOURCES,
            uapi.Resources(
                crtcs=addressof(crtcs),
                connectors=addressof(connectors),
                count_crtcs=len(crtcs),
                count_connectors=len(connectors),
            ),
        )
        if told.count_crtcs <= len(crtcs) and told.count_connectors <= len(connectors):
            return list(crtcs[: told.count_crtcs]), list(connectors[: told.count_connectors])
        counted = told
    raise _restless(card)


def _connector(card: Card, number: int) -> tuple[uapi.Connector, list[uapi.Mode], list[int]]:
    """A connector as it is, its modes, and the encoders that may drive it. The first call reads the panel's data."""
    counted = card.call(uapi.GET_CONNECTOR, uapi.Connector(connector_id=number))
    for _ in range(TRIES):
        if counted.count_modes > MOST_MODES:
            raise _too_many(card)
        modes, encoders = (uapi.Mode * max(counted.count_modes, 1))(), _ids(counted.count_encoders, card)
        told = card.call(
            uapi.GET_CONNECTOR,
            uapi.Connector(
                connector_id=number,
                modes=addressof(modes),
                count_modes=len(modes),
                encoders=addressof(encoders),
                count_encoders=len(encoders),
            ),
        )
        if told.count_modes <= len(modes) and told.count_encoders <= len(encoders):
            return told, list(modes[: told.count_modes]), list(encoders[: told.count_encoders])
        counted = told
    raise _restless(card)


def _feeder(card: Card, connector: uapi.Connector, encoders: list[int], crtcs: list[int]) -> int:
    """Who feeds the connector already, else the first who may; 0: nobody can."""
    if connector.encoder_id:
        crtc_id = int(card.call(uapi.GET_ENCODER, uapi.Encoder(encoder_id=connector.encoder_id)).crtc_id)
        if crtc_id in crtcs:
            return crtc_id
    for number in encoders:
        possible = card.call(uapi.GET_ENCODER, uapi.Encoder(encoder_id=number)).possible_crtcs
        for index, crtc_id in enumerate(crtcs):
            if possible >> index & 1:
                return crtc_id
    return 0


def _ids(count: int, card: Card) -> Array[c_uint32]:
    """Room for so many numbers."""
    if count > MOST_IDS:
        raise _too_many(card)
    return (c_uint32 * count)()


def _too_many(card: Card) -> ScreenError:
    return ScreenError("refused", f"{card.device} speaks of more outputs or modes than a card has: name another one")


def _restless(card: Card) -> ScreenError:
    return ScreenError("refused", f"the outputs of {card.device} change all the time: look at the panel's cable")
