"""Fill request variables into a composed text, as the SDK does in the application."""

from __future__ import annotations

import re
from collections.abc import Mapping

VARIABLE = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")


def render(text: str, values: Mapping[str, str]) -> str:
    """Replace each `{{name}}` that `values` names; what it does not name stays as it is.

    One pass: a value is inserted verbatim and never scanned for variables itself.
    """
    return VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)
