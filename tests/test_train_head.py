"""The last layer: learned in closed form, sure only where it may be, measured as it is used."""

from __future__ import annotations

import numpy as np
import pytest

from tools.train.head import LOWEST, discriminant, learn, softmax, thresholds_of
from tools.train.measure import figures, of_answers


def clusters(apart: float, each: int = 30, classes: int = 3, numbers: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """(n, numbers) with the classes that many spreads apart, and labels."""
    chance = np.random.default_rng(5)
    centres = chance.normal(0, 1, (classes, numbers))
    centres *= apart / np.linalg.norm(centres, axis=1, keepdims=True)
    labels = np.repeat(np.arange(classes), each)
    return centres[labels] + chance.normal(0, 1, (len(labels), numbers)), labels


def test_what_is_far_apart_is_told_apart() -> None:
    seen, labels = clusters(8)
    head = learn(seen, labels, np.arange(len(labels)) % 4, (20, 20), 3)
    assert (head.scores(seen).argmax(axis=1) == labels).all()
    assert (head.thresholds >= LOWEST).all()


def test_what_cannot_be_told_apart_is_not_believed_to_be() -> None:
    seen, labels = clusters(0)
    unseen, truth = clusters(0, each=50)
    head = learn(seen, labels, np.arange(len(labels)) % 4, (40,), 3)
    told = figures(head.scores(unseen + 1e-9), truth, head.thresholds)
    assert told.told_right + told.told_wrong < 0.8
    assert head.scores(unseen).max(axis=1).mean() < 0.8


def test_units_of_branches_do_not_matter() -> None:
    seen, labels = clusters(3)
    folds = np.arange(len(labels)) % 4
    scaled = seen * np.repeat([1.0, 1000.0], 20)
    one, two = learn(seen, labels, folds, (20, 20), 3), learn(scaled, labels, folds, (20, 20), 3)
    assert np.allclose(one.scores(seen), two.scores(scaled), atol=1e-3)


def test_a_number_that_never_changes_is_harmless() -> None:
    seen, labels = clusters(6)
    seen[:, 3] = 1.0
    head = learn(seen, labels, np.arange(len(labels)) % 4, (40,), 3)
    assert np.isfinite(head.weights).all() and (head.scores(seen).argmax(axis=1) == labels).mean() > 0.9


def test_the_same_crops_give_the_same_bytes() -> None:
    seen, labels = clusters(2)
    folds = np.arange(len(labels)) % 4
    one, two = (learn(seen.copy(), labels, folds, (40,), 3) for _ in range(2))
    assert one.weights.tobytes() == two.weights.tobytes() and one.bias.tobytes() == two.bias.tobytes()


def test_a_discriminant_lies_halfway_between_two_classes() -> None:
    x = np.array([[-1.0], [-3.0], [1.0], [3.0]])
    weights, bias = discriminant(x, np.array([0, 0, 1, 1]), 2)
    logits = np.array([[0.0]]) @ weights + bias
    assert logits[0, 0] == pytest.approx(logits[0, 1])


def test_a_threshold_rises_until_nine_of_ten_told_are_right() -> None:
    wrong, right = [(0.55, 1)] * 5, [(0.8, 0)] * 20
    scores = np.array([[s, 1 - s] for s, _ in wrong + right])
    labels = np.array([label for _, label in wrong + right])
    assert thresholds_of(scores, labels, 2)[0] == pytest.approx(0.8)


def test_scores_add_up_to_one_and_never_overflow() -> None:
    scores = softmax(np.array([[1e9, -1e9, 0.0], [0.0, 0.0, 0.0]]))
    assert np.allclose(scores.sum(axis=1), 1) and scores[0, 0] == 1


def test_figures_count_what_is_told_and_what_is_not() -> None:
    scores = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7]])
    of = figures(scores, np.array([0, 0, 1, 0]), np.array([0.7, 0.5]))
    assert of.confusion.tolist() == [[1, 1, 1], [0, 1, 0]]
    assert (of.best_right, of.told_right, of.told_wrong) == (0.75, 0.5, 0.25)
    assert (of.classes[0].precision, of.classes[1].precision) == (1.0, 0.5)
    assert of.f1 == pytest.approx((2 / 4 + 2 / 3) / 2, abs=1e-4)


def test_an_answer_that_is_none_of_the_classes_is_wrong_not_silent() -> None:
    of = of_answers(np.array([-2, -1, 0]), np.array([0, 0, 0]), 1)
    assert (of.told_wrong, of.told_right) == (0.3333, 0.3333)
