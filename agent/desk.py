"""The desk at which people turn up: orders of the hub, presses of buttons, errands that come back.

Not here: each of them (orders.py, buttons.py, upkeep.py); the core hands them on and dates what follows.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.attendant import Attendant
from agent.buttons import Buttons
from agent.config.schema import Config
from agent.figures import figures
from agent.health import Health
from agent.messages import ButtonPressed, Command, ErrandDone, Output, Snapshot, Tick
from agent.orders import Audience, Orders, Staff
from agent.upkeep import Reply, Upkeep


class Nobody:
    """The audience of a shelf that answers nobody."""

    def introduce(self, visitor: str, segments: tuple[str, ...]) -> Reply:
        """See Audience."""
        return False, "this shelf shows no content, so nobody needs to be introduced"


class Desk:
    """Orders, upkeep and buttons of one shelf."""

    def __init__(
        self, config: Config, shelf: Attendant, health: Callable[[], Health], audience: Audience | None = None
    ) -> None:
        self.orders, self.upkeep, self.buttons = Orders(), Upkeep(shelf), Buttons(config.buttons)
        self._shelf, self._health = shelf, health
        self._staff = Staff(self.upkeep, audience or Nobody(), lambda: figures(shelf, health()))
        self._outbox_ill = False

    def hear(self, told: Command | ErrandDone | ButtonPressed, wall_s: float | None) -> tuple[Output, ...]:
        """One of them; `wall_s`: unix time now, None while the clock is unknown."""
        match told:
            case Command():
                said = self.orders.carry_out(told, self._staff, wall_s)
            case ErrandDone():
                said = self.orders.returned(told, self._staff)
            case ButtonPressed():
                said = self.buttons.press(told, self.upkeep, ill=self._ill())
        return (*said, *self._light())

    def pass_time(self, tick: Tick) -> tuple[Output, ...]:
        """The light follows mode and faults."""
        self._outbox_ill = bool(tick.outbox_faults)
        return self._light()

    def resume(self) -> tuple[Output, ...]:
        """A new process: answers to what the old one left undone."""
        self.upkeep.resume()
        self.buttons.resume()
        return self.orders.resume()

    def _ill(self) -> bool:
        return self._outbox_ill or bool(self._health().standing())

    def _light(self) -> tuple[Output, ...]:
        return self.buttons.light(self._shelf.mode, ill=self._ill())

    def snapshot(self) -> Snapshot:
        """Plain values."""
        parts = {"orders": self.orders.snapshot(), "upkeep": self.upkeep.snapshot(), "buttons": self.buttons.snapshot()}
        return parts | {"outbox_ill": self._outbox_ill}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self.orders.restore(state["orders"])
        self.upkeep.restore(state["upkeep"])
        self.buttons.restore(state["buttons"])
        self._outbox_ill = bool(state["outbox_ill"])
