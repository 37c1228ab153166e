"""Streams of observations as no shop would send them: what a core must bear without a word of complaint.

A stream is drawn as short acts, so that hypothesis can shrink it to the act that matters. Here live weights of every
size, times that jump, hands from nowhere, orders, losses. Not here: what must hold of them (test_any_stream.py).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from agent.config import schema
from agent.messages import Command, Counts, Gap, Observation, Part, Restored, SensorBack, SensorLost, Tick, Tracks
from wire.commands import CountStock, SetMode, Tare

CELLS = 5
Act = Callable[[float, np.ndarray, list[Observation]], float]  # time and load so far, stream; gives the time after it

WEIGHTS = st.sampled_from([-690.0, -345.0, -344.0, -60.0, -12.0, 12.0, 60.0, 300.0, 345.0, 520.0, 623.0, 1250.0])
COUNTS = st.one_of(
    st.sampled_from([np.nan, np.inf, -np.inf, 8_388_607.0, -8_388_608.0, 1e300, -1e300, 5e-324, 0.0]),
    st.floats(-1e7, 1e7),
)
METRES = st.one_of(st.floats(-1.0, 2.0), st.sampled_from([np.nan, np.inf, -np.inf, 1e300]))
NAMES = st.one_of(st.sampled_from(["ann", "bob", ""]), st.text(max_size=5))
STREAMS = st.sampled_from(["scale/main", "scale/pi", "scale/", "main", "tracks", "event", ""])
LANES = st.sampled_from(["cola", "tea", "cheese", "wine", "nowhere"])


def config() -> schema.Config:
    """Two scales; two products on one lane, goods of no fixed weight, a lane without box, a spare cell."""
    cells = tuple(schema.Cell(name=f"c{i}", counts_per_gram=100.0 if i else -100.0) for i in range(CELLS))
    pi = (schema.Cell(name="d0", counts_per_gram=365.0),)
    box = {"left_m": 0.0, "right_m": 0.2, "bottom_m": 0.3, "top_m": 0.6}
    beside = {**box, "left_m": 0.2, "right_m": 0.4}
    cola = {"name": "cola", "cells": ("c0", "c1"), **box}
    return schema.Config(
        device=schema.Device(store="any", id="stream"),
        scales=(
            schema.Scale(name="main", driver="shelfd-lines", port="", rate_hz=20.0, cells=cells),
            schema.Scale(name="pi", driver="shelfd-lines", port="", rate_hz=10.0, cells=pi),
        ),
        lanes=(
            schema.Lane(gtin="06901230000003", unit_g=345.0, units=6, facing_units=4, **cola),
            schema.Lane(gtin="06901230000010", unit_g=520.0, **cola),
            schema.Lane(name="tea", cells=("c2", "c3"), gtin="06901230000027", unit_g=60.0, units=3, **beside),
            schema.Lane(name="cheese", cells=("d0",), gtin="06901230000034", min_step_g=40.0),
        ),
        products=(schema.Product(gtin="06901230000041", unit_g=1250.0),),
        tracks=schema.Tracks(socket="/run/tracks"),
    )


@st.composite
def rest(draw: st.DrawFn) -> Act:
    """Time passes over a quiet load, for long enough to settle or not; now and then one reading is anything."""
    samples, step_s = draw(st.sampled_from([30, 20, 50, 12, 3, 1])), draw(st.sampled_from([0.05, 0.05, 0.02, 0.0, 0.3]))
    wild, seed = draw(st.lists(st.tuples(st.integers(0, 49), COUNTS), max_size=3)), draw(st.integers(0, 99))

    def act(t: float, load: np.ndarray, stream: list[Observation]) -> float:
        noise = np.random.default_rng(seed).normal(0.0, 80.0, (samples, CELLS))
        for i in range(samples):
            t += step_s
            counts = load + noise[i]
            for at, value in wild:
                if at == i:
                    counts[at % CELLS] = value
            stream += [Counts(t, "main", counts), Counts(t, "pi", counts[:1] * 3.65)]
        return t

    return act


@st.composite
def change(draw: st.DrawFn) -> Act:
    """The load changes, on one cell or two."""
    cells, grams = draw(st.lists(st.integers(0, CELLS - 1), min_size=1, max_size=2)), draw(WEIGHTS)

    def act(t: float, load: np.ndarray, stream: list[Observation]) -> float:
        for cell in cells:
            load[cell] += grams / len(cells) * (100.0 if cell else -100.0)
        return t

    return act


@st.composite
def moved(draw: st.DrawFn) -> Act:
    """A change, perhaps a hand, and mostly a rest behind it."""
    acts = [draw(change()), *draw(st.lists(st.one_of(told(), rest()), max_size=1)), draw(rest())]

    def act(t: float, load: np.ndarray, stream: list[Observation]) -> float:
        for one in acts:
            t = one(t, load, stream)
        return t

    return act


@st.composite
def told(draw: st.DrawFn) -> Act:
    """Any other observation."""
    make = draw(
        st.one_of(
            st.builds(lambda parts: lambda t: Tracks(t, tuple(parts)), st.lists(hands(), max_size=4)),
            st.builds(
                lambda wall, sync: lambda t: Tick(t, wall, sync, 5.0), st.sampled_from([None, 1.8e9]), st.booleans()
            ),
            st.builds(lambda id, order: lambda t: Command(t, id, order), st.sampled_from("abc"), orders()),
            st.builds(lambda name, lost: lambda t: Gap(t, name, lost, "lost"), STREAMS, st.integers(0, 10**9)),
            st.builds(lambda name, code: lambda t: SensorLost(t, name, code, "gone"), STREAMS, st.sampled_from("xy")),
            st.builds(lambda name: lambda t: SensorBack(t, name), STREAMS),
            st.builds(lambda off_s: lambda t: Restored(t, off_s), st.sampled_from([None, 0.0, 3600.0])),
        )
    )

    def act(t: float, load: np.ndarray, stream: list[Observation]) -> float:
        stream.append(make(t))
        return t

    return act


@st.composite
def jump(draw: st.DrawFn) -> Act:
    """Time stands, leaps, or goes back, as no monotonic clock does."""
    by = draw(st.sampled_from([-1e6, -30.0, -1.0, -0.05, 0.5, 1.5, 70.0, 1e6]))
    return lambda t, load, stream: t + by


def hands() -> st.SearchStrategy[Part]:
    """A head, a hand or a foot anywhere; mostly a hand in the shelf."""
    inside = st.builds(Part, st.sampled_from(["ann", "bob"]), st.just("hand"), *[st.floats(0.0, 0.5)] * 3, st.just(0.9))
    kind = st.sampled_from(["hand", "head", "foot"])
    return st.one_of(inside, st.builds(Part, NAMES, kind, METRES, METRES, METRES, st.floats(allow_nan=True)))


def orders() -> st.SearchStrategy[SetMode | CountStock | Tare]:
    """As the hub's decoder would let them pass."""
    return st.one_of(
        st.builds(SetMode, mode=st.sampled_from(["open", "staff", "maintenance"])),
        st.builds(CountStock, lane=LANES, units=st.integers(0, 10_000), gtin=st.none()),
        st.builds(Tare, lane=LANES),
    )


@st.composite
def streams(draw: st.DrawFn) -> list[Observation]:
    """A shelf at rest first, then anything."""
    stream: list[Observation] = []
    t, load = 100.0, np.full(CELLS, 2.0e5)
    acts = draw(st.lists(st.one_of(moved(), moved(), rest(), told(), told(), jump()), min_size=2, max_size=16))
    for i in range(20):
        stream.append(Counts(t + 0.05 * i, "main", load.copy()))
    t += 1.0
    for act in acts:
        t = act(t, load, stream)
    return stream
