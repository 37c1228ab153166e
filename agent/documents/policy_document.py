"""Documents of the kind `policy`: rules that can be followed, and sums that the arithmetic can bear.

The core draws its decisions from the sums of each arm. Sums of vectors of 0 and 1 have properties that any others
lack; with others the core could end in the square root of a negative number, so they are refused here.
Not here: what a policy does (triggers/), items (content_document.py).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator

from agent.documents.findings import bounded, finding
from agent.documents.protocol import Changes, Fileless
from agent.triggers.features import SIZE
from wire.documents import Arm, Policy, PolicyDocument
from wire.reported import Finding

MOST_TIMES = 1_000_000_000  # showings in one sum: exact as a float, and more than a chain of stores has in years
MOST_FEATURES = 64
LEAST_PIVOT = 0.5  # of A + I; that of a true sum is at least 1


class PolicyKind(Fileless):
    """Implements Kind. `items`: names of the content in force, None while there is none."""

    kind = "policy"

    def __init__(self, changes: Changes, items: Callable[[], frozenset[str] | None]) -> None:
        self._changes, self._items = changes, items

    def check(self, document: PolicyDocument) -> list[Finding]:
        policy = document.policy
        return list(bounded([*_rules(policy), *_arms(policy)]))

    def notes(self, document: PolicyDocument) -> list[Finding]:
        """Content may come later, so a name that nobody knows is no error; nor are sums over other features, which
        the core leaves alone."""
        policy, known = document.policy, self._items()
        found = [
            finding(f"policy.arms[{i}]", f"sums over {len(arm.b)} features are not used: this version has {SIZE}")
            for i, arm in enumerate(policy.arms)
            if len(arm.b) != SIZE
        ]
        if known is None and policy.rules:
            hint = "send the content, too; this is looked at anew when the broker repeats the policy, at each connect"
            found.append(finding("policy.rules", "no content is in force, so no rule has anything to show", hint))
        for i, rule in enumerate(policy.rules):
            for name in rule.show:
                if known is not None and name not in known:
                    found.append(finding(f"policy.rules[{i}].show", f"no item {name!r} in the content in force"))
        return list(bounded(found))

    def apply(self, document: PolicyDocument | None) -> None:
        if document is None:
            self._changes.apply_policy(None, None)
        else:
            self._changes.apply_policy(document.policy, document.version)


def _rules(policy: Policy) -> Iterator[Finding]:
    yield from _once("policy.rules", [rule.name for rule in policy.rules])
    for i, rule in enumerate(policy.rules):
        if rule.reason is not None and "hesitation" not in rule.on:
            hint = 'add "hesitation" to `on`, or leave `reason` out'
            yield finding(f"policy.rules[{i}].reason", "only a hesitation has a reason", hint)
        if rule.least_s and not {"hesitation", "dwell"} & set(rule.on):
            hint = "leave `least_s` out"
            yield finding(f"policy.rules[{i}].least_s", "only a hesitation or a dwell lasts", hint)


def _arms(policy: Policy) -> Iterator[Finding]:
    yield from _once("policy.arms", [arm.content for arm in policy.arms])
    for i, arm in enumerate(policy.arms):
        reason = _arm(arm)
        if reason is not None:
            hint = "send sums as devices publish them in state/learned, or leave the arm out: it learns anew"
            yield finding(f"policy.arms[{i}]", reason, hint)


def _arm(arm: Arm) -> str | None:
    """Why these are no sums over vectors of 0 and 1; None where they may be."""
    features = len(arm.b)
    triangle = features * (features + 1) // 2
    if not 1 <= features <= MOST_FEATURES or len(arm.a) != triangle:
        return f"a has {len(arm.a)} numbers and b {features}; {features} features need {triangle}"
    if max((*arm.a, *arm.b), default=0) > MOST_TIMES:
        return f"a number is above {MOST_TIMES}"
    rows = [arm.a[i * (i + 1) // 2 : (i + 1) * (i + 2) // 2] for i in range(features)]
    for i, row in enumerate(rows):
        if arm.b[i] > row[i]:
            return f"feature {i} was there {row[i]} times and ended in {arm.b[i]} picks"
        if any(together > min(row[i], rows[j][j]) for j, together in enumerate(row)):
            return f"feature {i} was there together with another more often than alone"
    return None if _positive(rows) else "a is no sum of x x^T: it is not positive"


def _positive(rows: list[tuple[int, ...]]) -> bool:
    """Whether the triangle plus the identity has a Cholesky decomposition with pivots as a true sum has them."""
    lower: list[list[float]] = []
    for i, row in enumerate(rows):
        line: list[float] = []
        for j, other in enumerate([*lower, line]):
            rest = row[j] + (i == j) - sum(x * y for x, y in zip(line, other, strict=False))
            if i == j and rest < LEAST_PIVOT:
                return False
            line.append(math.sqrt(rest) if i == j else rest / other[j])
        lower.append(line)
    return True


def _once(path: str, names: list[str]) -> Iterator[Finding]:
    for name, times in Counter(names).items():
        if times > 1:
            yield finding(path, f"{name!r} stands here {times} times", "say all about it in one place")
