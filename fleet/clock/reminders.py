"""Tell people that a model is going to be retired, step by step, each step once."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from fleet import mail
from fleet.campaign.models import SERVING, Campaign, CampaignStage, Track
from fleet.clock.steps import key_of, step_due
from fleet.notify.actions import tell
from fleet.overview.revenue import Revenue, load_revenue
from fleet.overview.targets import TargetLine, target_lines
from fleet.release.models import Release, Stage
from registry.days import day
from registry.models import ModelTarget, User, Variant
from registry.templatetags.words import money, percent

KIND = "model.retires"


def remind_of_retirements() -> int:
    """Tell of each retirement whose next step is reached; how many there are. Safe to repeat.

    Days are those of the site's time zone. Only of models that something is live on: who runs
    migrations hears of all of it, an account's owner of their own customers.
    """
    today = timezone.localdate()
    dated = ModelTarget.objects.filter(retires_on__gte=today).order_by("retires_on", "pk")
    steps = {one.pk: step_due(one.retires_on, today) for one in dated if one.retires_on}
    due = {pk: step for pk, step in steps.items() if step is not None}
    if due:
        revenue = load_revenue()
        for person in _concerned(due):
            _tell(person, due, revenue)
    return len(due)


def _concerned(due: dict[int, int]) -> list[User]:
    """Who runs migrations, then the owners of the customers that are live on one of these."""
    live = Release.objects.filter(stage=Stage.LIVE, revision__model_target__in=due)
    owners = User.objects.filter(tenants__variants__releases__in=live, is_active=True).distinct()
    return list({one.pk: one for one in [*mail.holders("run_campaign"), *owners]}.values())


@transaction.atomic
def _tell(person: User, due: dict[int, int], revenue: Revenue) -> None:
    """Tell one person of what they may see; nothing where none of it is theirs."""
    for line in target_lines(person, revenue):
        target = line.target
        if target.pk in due and line.variants and target.retires_on is not None:
            tell(
                key_of(target.pk, target.retires_on, due[target.pk]), KIND, [person],
                subject=subject(line), body=body(line, _tracks_left(person, target)),
                path=_path(person, target),
            )  # fmt: skip


def subject(line: TargetLine) -> str:
    """“gpt-4o-2024-08-06 is switched off in 30 days: 12 variants left on it”."""
    left = line.variants
    return (
        f"{line.target} is switched off {days_word(line.days or 0)}: "
        f"{left} variant{'' if left == 1 else 's'} left on it"
    )


def days_word(days: int) -> str:
    """“in 30 days”, “tomorrow”, “today”."""
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")


def body(line: TargetLine, tracks: int | None) -> str:
    """What hangs on it, and how far the move is. `tracks` None: no migration is under way."""
    target, share = line.target, line.share
    assert target.retires_on is not None  # nobody is told of a day that is not known
    of_all = f", {percent(share)} of all" if share is not None else ""
    lines = [
        f"{target.provider} retires {target} on {day(target.retires_on)}.",
        f"Variants live on it: {line.variants}. Revenue at risk: {money(line.revenue)} a year"
        f"{of_all}.",
    ]
    if tracks is None:
        lines.append("No migration covers it yet.")
    else:
        lines.append(f"Tracks of its migration that are not through: {tracks}.")
    if target.retires_source:
        lines.append(f"Where the date was read: {target.retires_source}")
    return "\n".join(lines)


def _tracks_left(person: User, target: ModelTarget) -> int | None:
    """Tracks away from a model that are not cut over yet, as far as a person may see them."""
    campaigns = Campaign.objects.filter(
        source=target, stage__in=[CampaignStage.PLANNED, CampaignStage.RUNNING]
    )
    if not campaigns.exists():
        return None
    mine = Track.objects.filter(campaign__in=campaigns, closed_at__isnull=True)
    visible = mine.filter(variant__in=Variant.objects.visible_to(person))
    return visible.exclude(stage__in=SERVING).count()


def _path(person: User, target: ModelTarget) -> str:
    """The board of its migration, where one is under way that the person may see."""
    running = Campaign.objects.filter(source=target, stage=CampaignStage.RUNNING)
    mine = running.filter(tracks__variant__in=Variant.objects.visible_to(person))
    campaign = mine.order_by("-opened_at").first()
    return campaign.get_absolute_url() if campaign is not None else reverse("model-list")
