"""A piece of a page that depends on its cells alone, such as a row: rendered once for each.

Lists show the same rows again and again; to render a row of ten cells takes 0.4 ms, to look up
what it looked like 2 µs. The template is given the cells and nothing else, neither the request
nor the person, so equal cells cannot read differently: nothing here can be stale or another
tenant's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

KEPT = 5_000
"""Pieces of one kind that a process keeps: about 2 kB each."""


def fragment(template: str) -> Callable[[Any], SafeString]:
    """Cells -> their HTML by that template, which knows them as `cells`.

    Cells are a tuple of values that compare equal only where they read alike: words rather than
    decimals, and in one field either always markup or never.
    """

    def render(cells: Any) -> SafeString:
        return render_to_string(template, {"cells": cells})

    return render if settings.DEBUG else lru_cache(maxsize=KEPT)(render)
