"""Read an exported folder into the registry: what is missing is added, nothing is rewritten.

One transaction: a folder that cannot be used leaves everything as it was.
"""

from __future__ import annotations

from pathlib import Path

from django.db import transaction

from fleet.folder import disk
from fleet.folder.load_layers import load_layers
from fleet.folder.load_suites import load_suites
from fleet.folder.load_variants import load_variants
from fleet.folder.rows import (
    Import,
    Report,
    load_models,
    load_people,
    load_prompts,
    load_tenants,
)
from registry.models import User
from registry.roles import require


@transaction.atomic
def import_fleet(folder: Path, *, by: User) -> Report:
    """Bring the registry up to what the folder holds.

    Frozen versions and revisions that are missing are added with their numbers, ids and
    dates; one that is here with other words is an error. A newest version edited by hand
    becomes a draft. Where a variant serves nothing yet, the folder's live revision is
    adopted; what serves already stays. Raises UnusableFolder, NotAllowed.
    """
    require(by, "adopt")
    task = Import(disk.read(folder), by)
    load_people(task)
    load_models(task)
    load_tenants(task)
    load_prompts(task)
    load_layers(task)
    load_suites(task)
    load_variants(task)
    return task.report
