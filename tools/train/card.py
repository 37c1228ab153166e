"""Writes down what a trained model is worth, for people and for machines, without a word more than was measured.

Not here: measuring (measure.py).
"""

from __future__ import annotations

from typing import Any

from tools.train.course import Trained
from tools.train.measure import Figures
from tools.train.split import FOLDS, HELD_OUT

FORMAT = 1
DIGEST = 16  # hex digits that a picture is remembered by
FEW = 20  # held-out crops of a class, below which a percentage is hardly a figure
CONFUSED_MOST = 10

HONEST = (
    "These figures are about these pictures. Another camera, light or label design gives others; measure again with "
    "pictures of that shelf.",
    "A thing that is none of the classes may be taken for one of them, unless pictures of such things are in the "
    'class "other".',
    "The agent uses the answer as evidence beside the weight, never alone.",
)


def card_of(trained: Trained) -> dict[str, Any]:
    """Plain JSON values; the same for the same pictures: no time, no machine."""
    pictures, held = trained.labelled.pictures, trained.split.held_out
    crops = trained.crops
    learned = [p.digest[:DIGEST] for p, out in zip(pictures, held, strict=True) if not out]
    return {
        "format": FORMAT,
        "file": trained.model.file,
        "sha256": trained.model.sha256,
        "bytes": trained.model.bytes,
        "pictures": len(pictures),
        "sources": len(set(trained.split.source.tolist())),
        "split": f"{HELD_OUT:.0%} of the sources by their hash; thresholds from {FOLDS} folds of the rest",
        "crops": {"learned_from": int((~crops.held_out).sum()), "held_out": int(crops.held_out.sum())},
        "classes": _classes(trained),
        "held_out": summary(trained.figures),
        "confusion": trained.figures.confusion.tolist(),
        "beside": {
            "commonest_class": trained.commonest,
            "colours_alone": summary(trained.colours),
            "float32_best_right": trained.float_right,
            "int8_agrees_with_float32": trained.agreement,
        },
        "honest": [*HONEST, *_few(trained)],
        "learned_from": sorted(learned),
        "remarks": trained.labelled.remarks,
    }


def summary(figures: Figures) -> dict[str, float]:
    return {
        "best_right": figures.best_right,
        "told_right": figures.told_right,
        "told_wrong": figures.told_wrong,
        "f1": figures.f1,
    }


def _classes(trained: Trained) -> list[dict[str, Any]]:
    return [
        {
            "title": known.title,
            "gtin": known.gtin,
            "threshold": known.threshold,
            "learned_from": int(((trained.crops.label == n) & ~trained.crops.held_out).sum()),
            "held_out": of.shown,
            "precision": of.precision,
            "recall": of.recall,
        }
        for n, (known, of) in enumerate(zip(trained.model.classes, trained.figures.classes, strict=True))
    ]


def _few(trained: Trained) -> list[str]:
    few = [
        f"{known.title} ({of.shown})"
        for known, of in zip(trained.model.classes, trained.figures.classes, strict=True)
        if of.shown < FEW
    ]
    return (
        [f"Fewer than {FEW} held-out crops, so that one more or less moves the figure: {', '.join(few)}."]
        if few
        else []
    )


def as_markdown(card: dict[str, Any]) -> str:
    """The same for people."""
    held, beside = card["held_out"], card["beside"]
    lines = [
        "# Metric card of the store's own model",
        "",
        f"`{card['file']}`, {card['bytes'] / 1000:.0f} kB, int8. Learned from {card['crops']['learned_from']} crops, "
        f"measured on {card['crops']['held_out']} that it never saw; {card['pictures']} pictures of {card['sources']} "
        f"scenes; held out: {card['split']}.",
        "",
        "| on held-out crops | best class right | told, rightly | told, wrongly | F1 |",
        "| --- | --- | --- | --- | --- |",
        _row("this model, int8", held),
        _row("colours alone", beside["colours_alone"]),
        f"| always the commonest class | {beside['commonest_class']:.1%} | | | |",
        f"| this model, float32 | {beside['float32_best_right']:.1%} | | | |",
        "",
        f"int8 and float32 name the same class for {beside['int8_agrees_with_float32']:.1%}.",
        "",
        "| class | GTIN | threshold | learned from | held out | precision | recall |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_class_row(c) for c in card["classes"]),
        "",
        *_confused(card),
        *(f"- {sentence}" for sentence in card["honest"]),
        "",
    ]
    if card["remarks"]:
        lines += ["Passed over:", "", *(f"- {remark}" for remark in card["remarks"]), ""]
    return "\n".join(lines)


def _row(name: str, of: dict[str, float]) -> str:
    return f"| {name} | {of['best_right']:.1%} | {of['told_right']:.1%} | {of['told_wrong']:.1%} | {of['f1']:.3f} |"


def _class_row(c: dict[str, Any]) -> str:
    title = c["title"].replace("|", "/")
    shares = " | ".join("never told" if share is None else f"{share:.1%}" for share in (c["precision"], c["recall"]))
    return f"| {title} | {c['gtin'] or ''} | {c['threshold']:.3f} | {c['learned_from']} | {c['held_out']} | {shares} |"


def _confused(card: dict[str, Any]) -> list[str]:
    """What was most often taken for what."""
    titles = [c["title"] for c in card["classes"]]
    pairs = [
        (count, titles[shown], titles[told])
        for shown, row in enumerate(card["confusion"])
        for told, count in enumerate(row[:-1])
        if count and told != shown
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[1:]))
    lines = [f"- {shown} was taken for {told} {count} times" for count, shown, told in pairs[:CONFUSED_MOST]]
    return ["Most often confused:", "", *lines, ""] if lines else []
