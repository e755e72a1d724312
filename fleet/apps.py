"""The project's app: what is decided and served."""

from django.apps import AppConfig


class FleetConfig(AppConfig):
    """Loads the Celery application, so that tasks bind to it in every process."""

    name = "fleet"

    def ready(self) -> None:
        """Import the Celery application once Django is ready; say who hears every event."""
        from fleet import celery, rescoring  # noqa: F401
        from fleet.letter.hearing import hear as hear_of_tracks
        from fleet.review.actions import hear_of_voids
        from fleet.signoff.hearing import hear as hear_of_changes
        from fleet.webhook.fanout import hear
        from registry import events

        events.OBSERVERS[:] = [
            hear, hear_of_voids, hear_of_changes, hear_of_tracks, rescoring.hear,
        ]  # fmt: skip
