"""Whatever orders, errands and restarts come in whatever order: an id has one answer, and is done at most once."""

from __future__ import annotations

import json
from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agent.config.schema import Cell, Config, Device, Lane, Scale
from agent.core import Core
from agent.messages import Answer, ButtonPressed, Command, Errand, ErrandDone, Output, Restored, Tick
from wire.commands import CommandPayload, CountStock, Diagnose, Identify, Record, Restart, SetMode

CONFIG = Config(
    device=Device(store="s1", id="d1"),
    scales=(Scale(name="main", driver="shelfd-lines", port="", rate_hz=20.0, cells=(Cell(name="a"),)),),
    lanes=(Lane(name="cola", cells=("a",), gtin="06901234567892", unit_g=345.0, units=6),),
)
PAYLOADS: tuple[CommandPayload, ...] = (
    SetMode(mode="staff"),
    SetMode(mode="open"),
    CountStock(lane="cola", units=3),
    CountStock(lane="beer", units=3),
    CountStock(lane="cola", units=4, expires=1010.0),
    Identify(),
    Diagnose(),
    Record(),
    Restart(expires=1005.0),
)
IDS = st.sampled_from([f"o{i}" for i in range(8)])


class Hub(RuleBasedStateMachine):
    """Sends, repeats, waits, and sees the device die; `on_disk` is what the next process begins with."""

    def __init__(self) -> None:
        super().__init__()
        self.core, self.t = Core(CONFIG), 0.0
        self.on_disk = self.core.snapshot()
        self.answers: dict[str, set[str]] = {}
        self.errands: Counter[str] = Counter()
        self.open: set[str] = set()  # errands that this process is busy with

    def take(self, outputs: tuple[Output, ...]) -> None:
        """What the shell does: keeps what is weighty together with a snapshot, remembers what it is sent for."""
        for output in outputs:
            if isinstance(output, Answer):
                self.answers.setdefault(output.result.id, set()).add(output.result.outcome)
            if isinstance(output, Errand):
                self.errands[output.id] += 1
                self.open.add(output.id)
        if any(isinstance(output, Answer | Errand) for output in outputs):
            self.on_disk = json.loads(json.dumps(self.core.snapshot()))

    @rule(id=IDS, payload=st.sampled_from(PAYLOADS))
    def order(self, id: str, payload: CommandPayload) -> None:
        self.take(self.core.step(Command(self.t, id, payload)))

    @rule(id=IDS, done=st.booleans())
    def come_back(self, id: str, done: bool) -> None:
        self.open.discard(id)
        self.take(self.core.step(ErrandDone(self.t, id, "done" if done else "refused", "so it went")))

    @rule(seconds=st.floats(0.1, 8.0), known=st.booleans())
    def pass_time(self, seconds: float, known: bool) -> None:
        self.t += seconds
        self.take(self.core.step(Tick(self.t, 1000.0 + self.t if known else None, known)))

    @rule(held_s=st.floats(0.05, 3.0))
    def press(self, held_s: float) -> None:
        self.take(self.core.step(ButtonPressed(self.t, "staff", held_s)))

    @rule()
    def die(self) -> None:
        self.core = Core.restore(CONFIG, self.on_disk)
        self.t, self.open = 0.0, set()
        self.take(self.core.step(Restored(0.0, None)))

    @invariant()
    def one_answer_and_one_errand_an_id(self) -> None:
        assert all(len(outcomes) == 1 for outcomes in self.answers.values()), self.answers
        assert all(count == 1 for count in self.errands.values()), self.errands

    @invariant()
    def what_is_open_is_not_answered_and_the_rest_is(self) -> None:
        assert not self.open & self.answers.keys()
        assert self.errands.keys() <= self.open | self.answers.keys()


Hub.TestCase.settings = settings(max_examples=40, stateful_step_count=30, derandomize=True, deadline=None)
TestHub = Hub.TestCase
