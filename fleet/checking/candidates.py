"""What each variant of a folder would say now, beside what it serves. Pure: files in, values out.

The folder is one of `export_fleet`, edited by hand or not. A variant's candidate is composed
from the newest unrevoked version of each layer as its files stand now; what it is compared with
is its live text, which the export writes beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fleet.folder import paths
from fleet.folder.disk import UnusableFolder
from fleet.folder.reading import Files, VersionFiles, lines, record, slot_texts
from registry.compose import ComposeError, Slot, compose
from registry.guardrails import Policy, PolicyError, load_policy

Lines = Mapping[str, list[VersionFiles]]


@dataclass(frozen=True)
class Candidate:
    """One variant as the folder has it. `old` is its live text, None where nothing is live."""

    name: str
    locale: str
    segment: str | None
    provider: str
    snapshot: str
    policy: Policy
    base_text: str
    slots: tuple[Slot, ...]
    variables: tuple[str, ...]
    values: Mapping[str, str]
    text: str
    old: str | None
    min_pass_rate: float
    margin: float | None
    cases: tuple[Mapping[str, Any], ...] = field(repr=False)

    @property
    def changed(self) -> bool:
        """Whether it would say something else than what is live."""
        return self.text != self.old


def candidates(files: Files) -> Iterator[Candidate]:
    """Every active variant of the folder; UnusableFolder names the file that does not fit."""
    folder = _Folder(files)
    for place in sorted(files):
        parts = place.split("/")
        if len(parts) == 5 and parts[2] == "variants" and place.endswith(".json"):
            document = record(files, place)
            if document.get("stage") == "active":
                yield folder.candidate(place, document)


class _Folder:
    """The lines of a folder, read once."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._policies = lines(files, ("policies", "global"), 2)
        self._policies |= lines(files, ("policies", "of-prompts"), 3)
        self._bases = lines(files, ("prompts", "", "bases"), 4)
        self._overlays = lines(files, ("prompts", "", "overlays"), 5)
        self._suites = lines(files, ("prompts", "", "suites"), 5)
        self._loaded: dict[str, Policy] = {}

    def candidate(self, place: str, document: Mapping[str, Any]) -> Candidate:
        _, prompt, _, who, leaf = place.split("/")
        locale, lane = _pair(leaf.removesuffix(".json"), place)
        provider, snapshot = _model(document, place)
        policy = self._head(self._policies, [f"policies/of-prompts/{prompt}", "policies/global"])
        base = self._base(prompt, locale, snapshot)
        slots = tuple(Slot.from_json(row) for row in base.document("slots.json"))
        values = self._values(prompt, who, locale, lane)
        return Candidate(
            name=_name(prompt, who, locale, lane), locale=locale, segment=self._segment(who),
            provider=provider, snapshot=snapshot, policy=self._policy(policy),
            base_text=base.text("text.md"), slots=slots,
            variables=tuple(str(row["name"]) for row in base.document("variables.json")),
            values=values, text=_composed(policy, base, slots, values, place),
            old=self._old(place), min_pass_rate=_share(document, "min_pass_rate", place) or 0.0,
            margin=_share(document, "margin", place), cases=self._cases(prompt, who),
        )  # fmt: skip

    def _head(self, found: Lines, folders: list[str]) -> VersionFiles:
        for folder in folders:
            for version in reversed(found.get(folder, [])):
                if "revoked" not in version.about:
                    return version
        raise UnusableFolder(f"{folders[-1]} has no version that may still be used.")

    def _base(self, prompt: str, locale: str, snapshot: str) -> VersionFiles:
        """The most specific line: locale first, then model family (`registry.lines`)."""
        fitting = []
        for folder in self._bases:
            _, of, _, scope = folder.split("/")
            its_locale, family = _pair(scope, folder)
            if of == prompt and its_locale in ("", locale) and snapshot.startswith(family):
                fitting.append((its_locale, family, folder))
        fitting.sort(reverse=True)
        return self._head(self._bases, [folder for *_, folder in fitting] or [f"prompts/{prompt}"])

    def _values(self, prompt: str, who: str, locale: str, lane: str) -> dict[str, str]:
        fitting = []
        for folder in self._overlays:
            _, of, _, tenant, scope = folder.split("/")
            its_locale, its_lane = _pair(scope, folder)
            fits = its_locale in ("", locale) and its_lane in ("", lane)
            merged = f"{folder}/merged.json" in self._files
            if (of, tenant) == (prompt, who) and fits and not merged:
                fitting.append((its_lane, its_locale, folder))
        for *_, folder in sorted(fitting, reverse=True)[:1]:
            for version in reversed(self._overlays[folder]):
                if "revoked" not in version.about:
                    return slot_texts(version)
        return {}

    def _policy(self, version: VersionFiles) -> Policy:
        if version.folder not in self._loaded:
            try:
                self._loaded[version.folder] = load_policy(version.document("rules.json"))
            except PolicyError as error:
                raise UnusableFolder(f"{version.folder}/rules.json: {error}") from None
        return self._loaded[version.folder]

    def _segment(self, who: str) -> str | None:
        name = f"tenants/{who}.json"
        if name not in self._files:
            return None
        return str(record(self._files, name).get("segment", "")) or None

    def _old(self, place: str) -> str | None:
        text = self._files.get(f"{place.removesuffix('.json')}.md")
        return None if text is None else text.removesuffix("\n")

    def _cases(self, prompt: str, who: str) -> tuple[Mapping[str, Any], ...]:
        """Of the newest version of the prompt's suites and of the tenant's own."""
        found: list[Mapping[str, Any]] = []
        for folder, versions in self._suites.items():
            _, of, _, whose, suite = folder.split("/")
            head = versions[-1]
            if of == prompt and whose in (paths.CORE, who) and "suite.json" not in head.files:
                for number, line in enumerate(head.text("cases.jsonl").split("\n"), 1):
                    if line:
                        place = f"{head.folder}/cases.jsonl line {number}"
                        found.append(_case(line, place, suite))
        return tuple(found)


def _case(line: str, where: str, suite: str) -> Mapping[str, Any]:
    try:
        case = json.loads(line)
        return {**case, "key": f"{suite}/{case['key']}"}
    except (ValueError, KeyError, TypeError):
        raise UnusableFolder(f"{where} is no case.") from None


def _composed(
    policy: VersionFiles, base: VersionFiles, slots: tuple[Slot, ...], values: Mapping[str, str],
    place: str,
) -> str:  # fmt: skip
    try:
        return compose(policy.text("text.md"), base.text("text.md"), slots, values).text
    except ComposeError as error:
        raise UnusableFolder(f"{place.removesuffix('.json')}: {error}") from None


def _model(document: Mapping[str, Any], place: str) -> tuple[str, str]:
    """The model of the live revision, else of the newest."""
    rows = document.get("revisions") or []
    live = [row for row in rows if row.get("number") == document.get("live")]
    chosen = (live or rows[-1:])[:1]
    if not chosen or len(chosen[0].get("model", ())) != 2:
        raise UnusableFolder(f"{place} names no model.")
    provider, snapshot = chosen[0]["model"]
    return str(provider), str(snapshot)


def _share(document: Mapping[str, Any], field: str, place: str) -> float | None:
    value = document.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UnusableFolder(f"{place}: “{field}” must lie between 0 and 1.")
    return float(value)


def _pair(scope: str, where: str) -> tuple[str, str]:
    parts = paths.unscope(scope)
    if len(parts) != 2:
        raise UnusableFolder(f"{where}: “{scope}” is no scope such as _any+_any.")
    return parts[0], parts[1]


def _name(prompt: str, who: str, locale: str, lane: str) -> str:
    tenant = "platform default" if who == paths.DEFAULT else paths.unsafe(who)
    return f"{paths.unsafe(prompt)} / {tenant} ({locale}, {lane})"
