"""Make an API key for an application; the secret is printed once, on the last line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.delivery.keys import UnknownScope, create_api_key
from fleet.delivery.models import Scope
from registry.models import Tenant


class Command(BaseCommand):
    """`create_api_key --name N --scopes S[,S] [--tenant ID] [--langfuse]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line."""
        parser.add_argument("--name", required=True, help="What the key is for.")
        parser.add_argument("--scopes", required=True, help=f"Any of {', '.join(Scope.values)}.")
        parser.add_argument("--tenant", help="Bind the key to one tenant.")
        parser.add_argument("--langfuse", action="store_true", help="Print it as public:secret.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the key and print it."""
        tenant = self._tenant(options["tenant"])
        scopes = [scope.strip() for scope in options["scopes"].split(",") if scope.strip()]
        try:
            key, secret = create_api_key(name=options["name"], scopes=scopes, tenant=tenant)
        except UnknownScope as error:
            raise CommandError(str(error)) from None
        whose = f"for {tenant.name}" if tenant else "for every tenant"
        self.stdout.write(f"{key.name}: {', '.join(key.scopes)}, {whose}. Shown only now:")
        self.stdout.write(secret.pair if options["langfuse"] else secret.bearer)

    def _tenant(self, slug: str | None) -> Tenant | None:
        if slug is None:
            return None
        try:
            return Tenant.objects.get(slug=slug)
        except Tenant.DoesNotExist:
            raise CommandError(f"There is no tenant called {slug}.") from None
