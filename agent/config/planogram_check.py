"""Whether the planogram makes sense: lanes and their cells, products and their weights, boxes, stock.

The other half of check.py, which runs these rules.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

from agent.config.problem import Problem, did_you_mean
from agent.config.schema import Config, Lane, Product
from agent.shelf.gtin import GtinError, check_digit_right, gtin_14

NAME_CHARACTERS = 64
MOST_OVERLAP = 0.2  # of the smaller box: tapes measure to a few centimetres


def lane_names(config: Config) -> Iterator[Problem]:
    """A lane's name is used again only where two products share its cells."""
    if not config.lanes:
        yield Problem("", "no [[lane]]: this shelf tells of no goods", "warning")
    first: dict[str, int] = {}
    for i, lane in enumerate(config.lanes):
        path = f"lane[{i}].name"
        if not lane.name or not lane.name.isprintable() or len(lane.name) > NAME_CHARACTERS:
            wanted = f"use 1 to {NAME_CHARACTERS} printable characters"
            yield Problem(path, f"{lane.name[:NAME_CHARACTERS]!r} is no name: {wanted}")
            continue
        other = config.lanes[first.setdefault(lane.name, i)]
        if set(other.cells) != set(lane.cells):
            yield Problem(path, f'"{lane.name}" is already lane[{first[lane.name]}], with other cells: rename one')


def lane_cells(config: Config) -> Iterator[Problem]:
    """Every lane stands on cells that exist, each once, all of one scale."""
    scale_of = {cell.name: scale.name for scale in config.scales for cell in scale.cells}
    for i, lane in enumerate(config.lanes):
        path = f"lane[{i}].cells"
        if not lane.cells:
            yield Problem(path, f'lane "{lane.name}" has no cell: name those that carry it')
        for k, name in enumerate(lane.cells):
            if name not in scale_of:
                yield Problem(f"{path}[{k}]", f'no scale has a cell "{name}"{did_you_mean(name, scale_of)}')
            elif name in lane.cells[:k]:
                yield Problem(f"{path}[{k}]", f'"{name}" is named twice in this lane: once is enough')
        scales = sorted({scale_of[name] for name in lane.cells if name in scale_of})
        if len(scales) > 1:
            why = "their samples come at different times and cannot be summed"
            yield Problem(path, f"cells of {len(scales)} scales ({', '.join(scales)}): {why}; make one lane for each")
    used = {name for lane in config.lanes for name in lane.cells}
    for s, scale in enumerate(config.scales):
        for k, cell in enumerate(scale.cells):
            if config.lanes and cell.name not in used:
                yield Problem(f"scale[{s}].cell[{k}].name", f'no lane stands on cell "{cell.name}"', "warning")


def shared_cells(config: Config) -> Iterator[Problem]:
    """A cell carries one lane, or several products of exactly the same stretch."""
    first: dict[str, int] = {}
    for i, lane in enumerate(config.lanes):
        earlier = {first.setdefault(name, i) for name in lane.cells} - {i}
        for j in sorted(j for j in earlier if set(config.lanes[j].cells) != set(lane.cells)):
            common = ", ".join(sorted(set(lane.cells) & set(config.lanes[j].cells)))
            mend = "give both lanes the same cells (two products share them), or none in common"
            yield Problem(f"lane[{i}].cells", f"{common} already carries lane[{j}]: {mend}")


def shared_stretches(config: Config) -> Iterator[Problem]:
    """Products that share their cells are different products, which weight can tell apart."""
    stretches: dict[frozenset[str], list[int]] = {}
    for i, lane in enumerate(config.lanes):
        stretches.setdefault(frozenset(lane.cells), []).append(i)
    stretches.pop(frozenset(), None)  # lanes without a cell: told by lane_cells
    for sharing in stretches.values():
        yield from _told_apart(config.lanes, sharing)


def _told_apart(lanes: tuple[Lane, ...], sharing: list[int]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for i in sharing:
        j = first.setdefault(lanes[i].gtin, i)
        if j != i and lanes[j].name == lanes[i].name:
            yield Problem(f"lane[{i}].gtin", f"the same lane and product as lane[{j}]: remove one")
        elif j != i:
            yield Problem(
                f"lane[{i}].gtin", f"the same product on the same cells as lane[{j}]: one is enough", "warning"
            )
    by_weight = sorted((i for i in first.values() if lanes[i].unit_g), key=lambda i: lanes[i].unit_g or 0)
    for light, heavy in pairwise(by_weight):
        i, j = max(light, heavy), min(light, heavy)
        if (lanes[heavy].unit_g or 0) - (lanes[light].unit_g or 0) < _spread_g(lanes[i], lanes[j]):
            near = f"{lanes[i].unit_g:g} g and {lanes[j].unit_g:g} g on the same cells (lane[{j}])"
            yield Problem(f"lane[{i}].unit_g", f"{near}: weight alone cannot tell these products apart", "warning")


def _spread_g(lane: Lane, other: Lane) -> float:
    """1 sigma of the difference of one unit of each: below it, telling them apart is little better than guessing."""
    return math.hypot(lane.unit_tolerance * (lane.unit_g or 0), other.unit_tolerance * (other.unit_g or 0))


def lane_weights(config: Config) -> Iterator[Problem]:
    """Where units are to be counted or told apart, one unit must have a weight."""
    sharing = Counter(frozenset(lane.cells) for lane in config.lanes)
    for i, lane in enumerate(config.lanes):
        if lane.unit_g is None:
            if sharing[frozenset(lane.cells)] > 1 and lane.cells:
                yield Problem(f"lane[{i}].unit_g", "missing: products that share cells are told apart by their weight")
            for key in ("units", "facing_units"):
                if getattr(lane, key):
                    yield Problem(f"lane[{i}].{key}", "units are counted by weight: give unit_g, or leave this out")
        elif lane.min_step_g > lane.unit_g:
            below = f"one unit weighs {lane.unit_g:g} g, less than this: taking one would be no event"
            yield Problem(f"lane[{i}].min_step_g", f"{below}; 0 finds it from the noise")


def lane_stock(config: Config) -> Iterator[Problem]:
    """A full lane must not count as low."""
    for i, lane in enumerate(config.lanes):
        if 0 < lane.facing_units < lane.low_units:
            always = f"more than a full facing ({lane.facing_units}): the lane would always be low"
            yield Problem(f"lane[{i}].low_units", f"{lane.low_units} is {always}")


def lane_boxes(config: Config) -> Iterator[Problem]:
    """A box has a left and a right, a bottom and a top; all four 0: no box."""
    for i, lane in enumerate(config.lanes):
        if not any((lane.left_m, lane.right_m, lane.bottom_m, lane.top_m)):
            continue
        for low, high in (("left_m", "right_m"), ("bottom_m", "top_m")):
            if getattr(lane, low) >= getattr(lane, high):
                shown = f"{low} {getattr(lane, low):g} m, {high} {getattr(lane, high):g} m"
                yield Problem(f"lane[{i}].{low}", f"{shown}: no width left between them; swap or mend them")


def overlapping_boxes(config: Config) -> Iterator[Problem]:
    """A hand in two boxes says nothing of which lane it takes from. Products of one stretch share their box."""
    boxed = [(i, lane) for i, lane in enumerate(config.lanes) if _area_m2(lane, lane) > 0.0]
    boxed.sort(key=lambda item: item[1].left_m)
    for at, (i, lane) in enumerate(boxed):
        for j, other in boxed[at + 1 :]:
            if other.left_m >= lane.right_m:
                break  # sorted: all further ones begin right of it
            smaller = min(_area_m2(lane, lane), _area_m2(other, other))
            if set(lane.cells) != set(other.cells) and _area_m2(lane, other) > MOST_OVERLAP * smaller:
                first, second = sorted((i, j))
                why = "a hand there tells nothing; measure both again"
                yield Problem(f"lane[{second}].left_m", f"its box lies over that of lane[{first}]: {why}", "warning")
                break  # one a lane: the first mend may mend all


def _area_m2(lane: Lane, other: Lane) -> float:
    """Of what both boxes cover."""
    wide_m = min(lane.right_m, other.right_m) - max(lane.left_m, other.left_m)
    high_m = min(lane.top_m, other.top_m) - max(lane.bottom_m, other.bottom_m)
    return max(wide_m, 0.0) * max(high_m, 0.0)


def codes(config: Config) -> Iterator[Problem]:
    """Codes are codes; a wrong check digit is only odd."""
    for path, item in _goods(config):
        yield from _code(f"{path}.gtin", item.gtin)


def weights_agree(config: Config) -> Iterator[Problem]:
    """One product has one weight wherever it is named."""
    first: dict[str, tuple[str, float]] = {}
    for path, item in _goods(config):
        if item.unit_g is not None:
            where, first_g = first.setdefault(item.gtin, (path, item.unit_g))
            if first_g != item.unit_g:
                two = f"{item.unit_g:g} g here, {first_g:g} g at {where}"
                yield Problem(f"{path}.unit_g", f"one product of two weights: {two}", "warning")


def products(config: Config) -> Iterator[Problem]:
    """Further goods are listed once, with the weight they are known by."""
    first: dict[str, int] = {}
    for i, product in enumerate(config.products):
        if first.setdefault(product.gtin, i) != i:
            yield Problem(f"product[{i}].gtin", f"already listed at product[{first[product.gtin]}]: remove one")
        if product.unit_g is None:
            yield Problem(f"product[{i}].unit_g", "missing: without it this product is never recognised", "warning")


def _goods(config: Config) -> list[tuple[str, Lane | Product]]:
    lanes = [(f"lane[{i}]", lane) for i, lane in enumerate(config.lanes)]
    return [*lanes, *((f"product[{i}]", product) for i, product in enumerate(config.products))]


def _code(path: str, gtin: str) -> Iterator[Problem]:
    try:
        right = check_digit_right(gtin_14(gtin))
    except GtinError as error:
        yield Problem(path, str(error))
        return
    if not right:
        yield Problem(path, f"the check digit of {gtin} is wrong; kept as it is, shops have such codes", "warning")


PLANOGRAM_RULES: tuple[Callable[[Config], Iterator[Problem]], ...] = (
    lane_names,
    lane_cells,
    shared_cells,
    shared_stretches,
    lane_weights,
    lane_stock,
    lane_boxes,
    overlapping_boxes,
    codes,
    weights_agree,
    products,
)
