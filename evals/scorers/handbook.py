"""docs/scorers.md, written from the catalogue: ``python -m evals.scorers.handbook``."""

from __future__ import annotations

from evals.scorers.catalogue import CATALOGUE, GROUPS, Entry, Parameter

HEAD = """\
# Scorers

*Written from `evals/scorers/catalogue.py` by `python -m evals.scorers.handbook`; do not edit.*

A case names what its answer must hold to: a list of expectations, each
`{"scorer": NAME, ...parameters}`. An expectation scores from 0 to 1 and **passes from 0.5**; the
case scores as its weakest expectation. Infrastructure errors are neither pass nor fail, and so is
a case *left unscored*: a verdict that could not be read, a price that is not known.

Besides these, people compare old and new answers blind in the browser (“Compare blind” on an eval
run); their choices are judged as a whole, not case by case (`evals/preferences.py`).
"""


def as_markdown() -> str:
    """The whole document."""
    parts = [HEAD]
    for group, label in GROUPS.items():
        parts.append(f"## {label}\n")
        parts += [_entry(entry) for entry in CATALOGUE.values() if entry.group == group]
    return "\n".join(parts)


def _entry(entry: Entry) -> str:
    rows = "".join(_row(one) for one in entry.parameters)
    table = f"\n| parameter | type | |\n|---|---|---|\n{rows}" if rows else ""
    note = f" {entry.note}" if entry.note else ""
    return (
        f"### `{entry.name}`: {entry.label}\n\n"
        f"Range: {entry.range}. Failure means: {entry.failure}{note}\n{table}"
    )


def _row(one: Parameter) -> str:
    kind = one.type.replace("_", "/") + (", required" if one.required else "")
    default = f" Left out: {one.default}." if one.default is not None else ""
    text = f"{one.label}. {one.help}{default}".replace("|", "\\|")
    return f"| `{one.name}` | {kind} | {text} |\n"


if __name__ == "__main__":
    print(as_markdown(), end="")
