"""Train the model from labelled texts: `python -m registry.guardrails.semantics.train FILE.jsonl …`

Each line is {"text", "label": attack|semantic|honest, "bad"?}; of a text with `bad` that
part alone is the example. Kernel ridge regression on encoded texts (Saunders, Gammerman,
Vovk 1998), the classes weighted alike. The scale of probabilities comes from leaving out one
file after the other, since each was written by somebody else: 0.4, the usual threshold of a
rule, is where ALARMS of the honest texts lie above.
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
THRESHOLD = 0.4
ALARMS = 0.015
"""Share of honest examples above the threshold; of texts full of near misses it is some 10 %."""


def examples(paths: Iterable[Path]) -> tuple[list[str], Any, Any]:
    """Texts, their labels (1 for what breaks a policy, -1 for what does not), their files."""
    texts, labels, files = [], [], []
    for number, path in enumerate(paths):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            texts.append(row.get("bad") or row["text"])
            labels.append(-1.0 if row["label"] == "honest" else 1.0)
            files.append(number)
    return texts, np.array(labels), np.array(files)


def weigh(points: Any, labels: Any) -> Any:
    """The weight of each example."""
    harmful = labels > 0
    balance = np.where(harmful, (~harmful).sum() / harmful.sum(), 1.0)
    return np.linalg.solve(nearness(points, points, GAMMA) + RIDGE * np.diag(1 / balance), labels)


def cross_validated(points: Any, labels: Any, files: Any) -> Any:
    """A score for each example by a machine that has seen nothing of its file."""
    scores = np.empty(len(labels))
    for file in set(files):
        known, new = files != file, files == file
        weights = weigh(points[known], labels[known])
        scores[new] = nearness(points[new], points[known], GAMMA) @ weights
    return scores


def train(texts: list[str], labels: Any, files: Any) -> Model:
    """The model of these examples; prints how it does in cross-validation."""
    vectors = np.vstack([encoder.encode([text]) for text in texts])
    mean = vectors.mean(0)
    projection = np.linalg.svd(vectors - mean, full_matrices=False)[2][:DIMENSIONS].T
    points = (vectors - mean) @ projection
    scores = cross_validated(points, labels, files)
    honest, harmful = np.sort(scores[labels < 0])[::-1], scores[labels > 0]
    bar = honest[int(len(honest) * ALARMS)]
    spread = float(harmful.std() + honest.std()) / 2
    slope = 2 / spread
    offset = float(np.log(THRESHOLD / (1 - THRESHOLD)) - slope * bar)
    print(f"{len(texts)} examples; at {ALARMS:.1%} alarms {np.mean(harmful > bar):.0%} are found")
    return Model(mean, projection, points, weigh(points, labels), GAMMA, slope, offset)


if __name__ == "__main__":
    save(train(*examples(map(Path, sys.argv[1:]))))
