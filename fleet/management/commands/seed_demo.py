"""Load the demo fleet; safe to repeat. Larger numbers make the scale fleet."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.demo.load import LOCALES, load_demo
from registry.models import Lane, Variant


class Command(BaseCommand):
    """`seed_demo [--tenants 47] [--locales 1] [--lanes 1]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line."""
        parser.add_argument("--tenants", type=int, default=47)
        parser.add_argument("--locales", type=int, default=1, help=f"At most {len(LOCALES)}.")
        parser.add_argument("--lanes", type=int, default=1, help=f"At most {len(Lane.values)}.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say how many variants there are."""
        if not settings.LOCAL:
            raise CommandError(
                "The demo's people have public passwords, so it loads only on one machine "
                "(FLEET_LOCAL=1), never in production."
            )
        sizes = {name: max(1, options[name]) for name in ("tenants", "locales", "lanes")}
        load_demo(self.stdout.write, **sizes)
        self.stdout.write(f"{Variant.objects.exclude(tenant=None).count()} variants")
