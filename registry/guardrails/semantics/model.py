"""The trained part: weighted examples, and how near a sentence lies to each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parent.parent / "data" / "semantics.npz"


@dataclass(frozen=True)
class Model:
    """A kernel machine over encoded sentences.

    `mean` (512) and `projection` (512, d) bring a vector down to d numbers; `examples` (n, d)
    with `weights` (n) score it by sum(weight * exp(-gamma * squared distance)); `slope` and
    `offset` turn the score into a probability (Platt's scaling).
    """

    mean: Any
    projection: Any
    examples: Any
    weights: Any
    gamma: float
    slope: float
    offset: float

    def probabilities(self, vectors: Any) -> Any:
        """How likely each encoded sentence is one that breaks a policy, 0 to 1."""
        import numpy as np

        return 1 / (1 + np.exp(-(self.slope * self.scores(vectors) + self.offset)))

    def scores(self, vectors: Any) -> Any:
        """The machine's own scores; 0 lies between the two kinds of examples."""
        return self.nearness((vectors - self.mean) @ self.projection) @ self.weights

    def nearness(self, points: Any) -> Any:
        """1 for a point on an example, towards 0 with distance: (points, n)."""
        return nearness(points, self.examples, self.gamma)


def nearness(points: Any, examples: Any, gamma: float) -> Any:
    """The Gaussian kernel between two sets of points."""
    import numpy as np

    squares = (points**2).sum(1)[:, None] + (examples**2).sum(1)[None]
    return np.exp(-gamma * np.maximum(squares - 2 * points @ examples.T, 0))


def save(model: Model, path: Path = FILE) -> None:
    """Write the model in half precision: its scores change by less than a thousandth."""
    import numpy as np

    arrays = {
        name: getattr(model, name).astype(np.float16)
        for name in ("mean", "projection", "examples", "weights")
    }
    numbers = {name: np.array(getattr(model, name)) for name in ("gamma", "slope", "offset")}
    np.savez_compressed(path, allow_pickle=False, **arrays, **numbers)


@cache
def load(path: Path = FILE) -> Model:
    """The model that stands in the product's data."""
    import numpy as np

    with np.load(path, allow_pickle=False) as stored:
        arrays = {
            name: stored[name].astype(np.float32)
            for name in ("mean", "projection", "examples", "weights")
        }
        numbers = {name: float(stored[name]) for name in ("gamma", "slope", "offset")}
    return Model(**arrays, **numbers)
