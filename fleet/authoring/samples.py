"""Sample values for request variables: what a model would see in one call. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry.compose import Variable

PREFIX = "sample-"
"""Field names are this and the variable's name."""


@dataclass(frozen=True)
class Sample:
    """One request variable and what stands for it in the view of the model."""

    variable: Variable
    value: str

    @property
    def name(self) -> str:
        """The field's name and its element's id."""
        return f"{PREFIX}{self.variable.name}"


def samples(variables: Sequence[Variable], typed: Mapping[str, str]) -> list[Sample]:
    """Each declared variable with what was typed for it, else the base's own sample."""
    return [
        Sample(variable, typed.get(f"{PREFIX}{variable.name}", variable.sample))
        for variable in variables
    ]


def sample_values(chosen: Sequence[Sample]) -> dict[str, str]:
    """Values to render with; a variable whose sample is empty stays `{{name}}`."""
    return {sample.variable.name: sample.value for sample in chosen if sample.value}
