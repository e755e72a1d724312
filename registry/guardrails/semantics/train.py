"""Train the model from labelled texts: `python -m registry.guardrails.semantics.train FILE.jsonl …`

Each line is {"text", "label": attack|semantic|honest, "bad"?}; of a text with `bad` that
part alone is the example. Kernel ridge regression on encoded texts (Saunders, Gammerman,
Vovk 1998), the classes weighted alike; the scale of probabilities comes from five-fold
cross-validation: 0.4, the usual threshold of a rule, is where ALARMS of honest texts lie above.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from registry.guardrails.semantics import encoder
from registry.guardrails.semantics.model import Model, nearness, save

DIMENSIONS = 128
GAMMA = 2.0
RIDGE = 1.0
FOLDS = 5
THRESHOLD = 0.4
ALARMS = 0.03
"""Share of honest texts that may be sent to a reviewer for nothing."""


def examples(paths: Iterable[Path]) -> tuple[list[str], Any]:
    """Texts and their labels, 1 for what breaks a policy and -1 for what does not."""
    texts, labels = [], []
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            texts.append(row.get("bad") or row["text"])
            labels.append(-1.0 if row["label"] == "honest" else 1.0)
    return texts, np.array(labels)


def weigh(points: Any, labels: Any) -> Any:
    """The weight of each example."""
    harmful = labels > 0
    balance = np.where(harmful, (~harmful).sum() / harmful.sum(), 1.0)
    return np.linalg.solve(nearness(points, points, GAMMA) + RIDGE * np.diag(1 / balance), labels)


def cross_validated(points: Any, labels: Any) -> Any:
    """A score for each example by a machine that has not seen it."""
    fold = np.arange(len(labels)) % FOLDS
    scores = np.empty(len(labels))
    for turn in range(FOLDS):
        known, new = fold != turn, fold == turn
        weights = weigh(points[known], labels[known])
        scores[new] = nearness(points[new], points[known], GAMMA) @ weights
    return scores


def train(texts: list[str], labels: Any) -> Model:
    """The model of these examples; prints how it does in cross-validation."""
    vectors = np.vstack([encoder.encode([text]) for text in texts])
    mean = vectors.mean(0)
    projection = np.linalg.svd(vectors - mean, full_matrices=False)[2][:DIMENSIONS].T
    points = (vectors - mean) @ projection
    scores = cross_validated(points, labels)
    honest, harmful = np.sort(scores[labels < 0])[::-1], scores[labels > 0]
    bar = honest[int(len(honest) * ALARMS)]
    spread = float(harmful.std() + honest.std()) / 2
    slope = 2 / spread
    offset = float(np.log(THRESHOLD / (1 - THRESHOLD)) - slope * bar)
    print(f"{len(texts)} examples; at {ALARMS:.0%} alarms {np.mean(harmful > bar):.0%} are found")
    return Model(mean, projection, points, weigh(points, labels), GAMMA, slope, offset)


if __name__ == "__main__":
    save(train(*examples(map(Path, sys.argv[1:]))))
