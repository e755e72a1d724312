"""Let one process hold as many open streams as the machine allows it."""

from __future__ import annotations

import logging
import resource

log = logging.getLogger(__name__)

WANTED_FILES = 65_536
"""A stream is one open file; the usual soft limit of 1,024 would end at the thousandth."""


def raise_file_limit() -> int:
    """Raise the soft limit of open files as far as the hard one allows; what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, WANTED_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError) as refused:
            log.warning("The limit of open files stays at %s: %s", soft, refused)
            return soft
        return wanted
    return soft
