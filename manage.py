#!/usr/bin/env python3
"""Django's command-line entry; the first start makes its own environment in .venv.

This file keeps to syntax that old Pythons read, so that they can say what they lack.
"""

import os
import sys

OLDEST = (3, 11)


def main():
    if sys.version_info < OLDEST:
        sys.stderr.write(
            "manage.py: Python 3.11 or newer is needed, this is %d.%d: run it with a newer one, "
            "for example python3.11 manage.py ...\n" % sys.version_info[:2]
        )
        return 2
    if os.name != "posix":
        sys.stderr.write(
            "manage.py: Windows itself is not supported: run the same command inside WSL 2 "
            "(wsl --install)\n"
        )
        return 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fleet.settings")
    from fleet.launch.entry import run

    return run(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
