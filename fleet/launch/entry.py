"""From `manage.py ARGS` to a command that finds its environment, its servers and its secret."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from fleet.launch.bootstrap import ensure_environment
from fleet.launch.environment import CHECKOUT, be_local, name_servers
from fleet.launch.failure import CannotStart, Stop

NEEDS_NO_DATA = frozenset(
    {
        "check",
        "check_prompts",
        "collectstatic",
        "compilemessages",
        "decide",
        "diffsettings",
        "findstatic",
        "help",
        "lint_overlays",
        "makemessages",
        "version",
    }
)
"""Commands that start nothing and write nothing outside their task. `up` and `test` start
their servers themselves; every other command gets those of the data directory."""

MIGRATES_ITSELF = frozenset(
    {"makemigrations", "migrate", "optimizemigration", "showmigrations", "sqlmigrate"}
)
"""Commands about the tables themselves: they find a fresh data directory as it is."""

ASKS_FOR_HELP = {"-h", "--help", "--version"}
UNUSABLE = 2
"""Exit status where the start was refused."""


def run(argv: Sequence[str]) -> int:
    """Run one command; a refused start is one line on stderr and status 2."""
    try:
        command, rest, data_dir = _read(argv)
        ensure_environment(CHECKOUT, argv, dev=command == "test")
        if command == "decide" and len(rest) == 3 and not rest[2].startswith("-"):
            return _decide(Path(rest[2]))
        with ExitStack() as stack:
            return _run_command(command, rest, data_dir, stack)
    except CannotStart as refusal:
        print(f"manage.py: {refusal}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        return 130
    except Stop:
        return 0


def _decide(path: Path) -> int:
    """The gate over a file, without what Django takes to be set up: ten times the decision."""
    from evals.gate_file import judge_file

    return judge_file(path, print, lambda line: print(line, file=sys.stderr))


def _run_command(command: str, argv: list[str], data_dir: Path, stack: ExitStack) -> int:
    if command == "test":
        from fleet.launch.testing import run_tests

        return run_tests(argv[2:], CHECKOUT)
    if command == "up" and not ASKS_FOR_HELP & set(argv):
        from fleet.launch import up

        stack.enter_context(up.prepare(argv[2:], data_dir))
    elif command in NEEDS_NO_DATA or ASKS_FOR_HELP & set(argv):
        if "DATABASE_URL" not in os.environ:  # else production, which must have its own
            import secrets

            os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    else:
        is_embedded = use_data(data_dir, stack)
        if is_embedded and command not in MIGRATES_ITSELF:
            lay_out_tables()
    try:
        from django.core.management import execute_from_command_line
    except ImportError as problem:
        raise CannotStart(
            f"{problem} in {sys.prefix}: remove that folder if it is this checkout's .venv, "
            "then start again"
        ) from problem
    execute_from_command_line(argv)
    return 0


def use_data(data_dir: Path, stack: ExitStack) -> bool:
    """Point the environment at the data directory's servers, for the life of `stack`.

    What DATABASE_URL and REDIS_URL name already is used; with both set, the environment is
    production's and nothing is embedded or generated. True where the database is embedded.
    """
    postgres, redis = "DATABASE_URL" not in os.environ, "REDIS_URL" not in os.environ
    if not postgres and not redis:
        return False
    from fleet.launch import notice, servers
    from fleet.launch.secret import secret_of

    running = stack.enter_context(servers.ensure(data_dir, postgres=postgres, redis=redis))
    name_servers(running.database_url, running.redis_url)
    if postgres:
        be_local(secret_of(data_dir))
    if simulator := notice.running(data_dir).get("simulator"):
        os.environ.setdefault("FLEET_SIMULATOR_URL", simulator)
    return postgres


def lay_out_tables() -> None:
    """Migrate a data directory that a command is the first to use, as `up` would have."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    if not connection.introspection.table_names():
        call_command("migrate", verbosity=0, interactive=False)


def _read(argv: Sequence[str]) -> tuple[str, list[str], Path]:
    """The command, the arguments without `--data DIR`, and the data directory."""
    rest, data = list(argv[:1]), os.environ.get("FLEET_DATA") or str(CHECKOUT / ".data")
    words = iter(argv[1:])
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word == "--data":
            data = next(words, "")
            if not data:
                raise CannotStart("--data needs a folder: --data DIR")
        elif word.startswith("--data="):
            data = word.removeprefix("--data=")
        else:
            rest.append(word)
    os.environ["FLEET_DATA"] = str(Path(data).absolute())
    return (rest[1] if len(rest) > 1 else "help"), rest, Path(data).absolute()
