"""What the console's hub wants at first: something in the loop, and answers for the undecided.

Not here: signing and sending (hub.py).
"""

from __future__ import annotations

from typing import Any

LOOP = "welcome"
ANSWERS = ("second-half-price", "both-together", "fifty-cents-off")  # the last needs a clock that is set

CONTENT: dict[str, Any] = {
    "items": [
        {
            "name": LOOP,
            "plays": "loop",
            "headline": "Something cold for tonight?",
            "line": "Take your time. The shelf counts along.",
        },
        {
            "name": ANSWERS[0],
            "plays": "answer",
            "headline": "The second one at half the price",
            "line": "Today only, straight from this shelf",
            "seconds": 8,
        },
        {
            "name": ANSWERS[1],
            "plays": "answer",
            "headline": "Take two kinds, try both",
            "line": "€0.30 less for any pair from this shelf",
            "seconds": 8,
        },
        {
            "name": ANSWERS[2],
            "plays": "answer",
            "headline": "Still undecided? €0.50 off",
            "line": "Show this code at the till",
            "seconds": 10,
            "coupon": {"campaign": "undecided", "says": "€0.50 off", "valid_s": 3600},
        },
        {
            "name": "never-mind",
            "plays": "answer",
            "headline": "Not today? No problem",
            "line": "Water is right beside it",
            "seconds": 5,
        },
    ]
}
POLICY: dict[str, Any] = {
    "rules": [
        {"name": "undecided", "on": ["hesitation"], "show": list(ANSWERS)},
        {"name": "put-back", "on": ["put"], "show": ["never-mind"]},
    ],
    "holdout": 0.0,
    "cooldown_s": 3.0,
    "visitor_most": 50,
    "hour_most": 600,
}
