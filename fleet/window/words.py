"""A window as people say it: “Mon–Thu 09:00–16:00”. Pure."""

from __future__ import annotations

from fleet.window.opening import Hours

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WHOLE_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def in_words(hours: Hours) -> str:
    """Days, runs of them joined, and times; a window over midnight says so."""
    if not hours.weekdays:
        return "never"
    over = " (next day)" if hours.closes <= hours.opens else ""
    return f"{days_in_words(hours.weekdays)} {hours.opens:%H:%M}–{hours.closes:%H:%M}{over}"


def days_in_words(weekdays: frozenset[int]) -> str:
    """Runs of three and more days are joined: “Mon–Wed, Fri”."""
    runs: list[list[int]] = []
    for day in sorted(weekdays):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(_run(run) for run in runs)


def _run(days: list[int]) -> str:
    if len(days) < 3:
        return ", ".join(DAYS[day] for day in days)
    return f"{DAYS[days[0]]}–{DAYS[days[-1]]}"
