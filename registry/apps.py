"""The system of record: what is written."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RegistryConfig(AppConfig):
    """Keeps the role groups in step with the table in `roles.py` after each migrate."""

    name = "registry"

    def ready(self) -> None:
        """Connect the group sync; permissions exist only once migrate is through."""
        from registry.groups import sync_groups

        post_migrate.connect(sync_groups, sender=self)
