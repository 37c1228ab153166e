"""Contents and policy as plain values, for the snapshot: a recording that begins in the middle has no other source.

What is as wire/documents.py presets it is left out. Arms are not written: learned.py has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.messages import Snapshot
from wire.documents import Coupon, Daypart, Item, Policy, Rule


def plain_item(item: Item) -> Snapshot:
    """As plain values."""
    values = _fields(item)
    if item.dayparts:
        values["dayparts"] = [_fields(daypart) for daypart in item.dayparts]
    if item.coupon is not None:
        values["coupon"] = _fields(item.coupon)
    return values


def read_item(values: Mapping[str, Any]) -> Item:
    """What `plain_item` gave."""
    known = _tuples(values)
    if "dayparts" in known:
        known["dayparts"] = tuple(Daypart(**_tuples(daypart)) for daypart in known["dayparts"])
    if "coupon" in known:
        known["coupon"] = Coupon(**known["coupon"])
    return Item(**known)


def plain_policy(policy: Policy) -> Snapshot:
    """As plain values, without its arms."""
    values = {name: value for name, value in _fields(policy).items() if name != "arms"}
    return values | {"rules": [_fields(rule) for rule in policy.rules]}


def read_policy(values: Mapping[str, Any]) -> Policy:
    """What `plain_policy` gave."""
    rules = tuple(Rule(**_tuples(rule)) for rule in values["rules"])
    return Policy(**{**values, "rules": rules})


def _fields(struct: Item | Daypart | Coupon | Policy | Rule) -> Snapshot:
    names, defaults = struct.__struct_fields__, struct.__struct_defaults__
    preset = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    return {n: getattr(struct, n) for n in names if n not in preset or getattr(struct, n) != preset[n]}


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
