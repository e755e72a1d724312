"""Fetch system prompts from the prompt registry: one file, standard library only, copy it freely.

    fleet = PromptClient("https://prompts.example.com", key, cache_dir="/var/cache/prompts")
    prompt = fleet.get("support-triage", tenant="acme", session="user-17")
    system = prompt.render(user_name="Ana")

A prompt once fetched is answered from memory. The registry announces each change over a stream
that a thread holds open, and what changed is fetched again at once, behind the callers' backs.
Where no stream comes through, prompts in use are asked for again within their time to live, and
one older than that is never answered without asking. With the registry unreachable the last good
text is served, from memory or from `cache_dir`, with `prompt.stale` true. A prompt that was
withdrawn or is not known raises and is forgotten everywhere. While several releases of a prompt
share its traffic, the same `session` gets the same one always, and the client finds it by
itself. Threads may share a client, and a forked process may go on using it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import queue
import random
import re
import socket
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from itertools import islice
from math import inf
from pathlib import Path
from time import monotonic, time
from typing import Any

log = logging.getLogger("prompt_client")

# Seconds before an unreachable registry is asked again; in between the last good text serves.
RETRY_SECONDS = 2.0

# An answer larger than this is refused; a prompt has some kilobytes.
MAX_ANSWER_BYTES = 16_000_000

# Share of its time to live after which a prompt is asked for again: early enough that a slow
# answer is there in time, and drawn by lot so that a thousand clients do not ask at once.
REFRESH_AT = (0.7, 0.9)

# Seconds since its last use in which a prompt is kept up to date unasked.
IN_USE_SECONDS = 120.0

# Seconds between looks at what is due while no stream announces changes.
POLL_SECONDS = 1.0

# The registry sends something over the stream every 15 s: three times that is a dead connection,
# and a stream that says nothing at first stands behind a proxy that keeps it back.
SILENCE_SECONDS = 45.0
FIRST_BYTES_SECONDS = 20.0

# A change between the first fetch and the beginning of the stream is nowhere announced.
RECHECK_SECONDS = 1.0

# Longest wait before the stream is opened again after it broke, and the wait where something on
# the way does not let it through at all.
LONGEST_BACKOFF_SECONDS = 30.0
BLOCKED_SECONDS = 180.0

MAX_LINE_BYTES = 65_536

# Prompts asked for at once to warm a client: the most the registry gives.
PAGE_SIZE = 500

# slug, tenant, locale, lane, task tier: what was asked for
Key = tuple[str, str | None, str | None, str | None, str | None]
QUERY = ("tenant", "locale", "lane", "task_tier")


class PromptError(Exception):
    """A prompt could not be had; every error of this module is one."""


class PromptNotFound(PromptError):
    """404: the registry knows no such prompt, tenant or lane."""


class PromptGone(PromptError):
    """410: the prompt was retired or withdrawn and must not be used any more."""


class PromptAccessError(PromptError):
    """401 or 403: the key is wrong, or may not read this prompt."""


class PromptUnavailable(PromptError):
    """The registry cannot be reached or fails, and no earlier text is at hand."""


class PromptIntegrityError(PromptUnavailable):
    """The text that came does not have the sha256 that was promised with it."""


class PromptVariableError(PromptError, ValueError):
    """`render` was given too few or too many variables; the message names them."""


@dataclass(frozen=True)
class Prompt:
    """One text that serves, with the numbers a call should be logged under.

    `text` still holds its `{{variables}}`; `render` fills them in. `stale` is true where the
    registry could not be asked when it was time to, or had to answer from a copy itself.
    `fallbacks` are the prompts for the models to turn to when this one's fails, in order, each
    with its own text. `shadow` tells which release runs beside this one for its answers to be
    logged, if any; `PromptClient.shadow` has its text.
    """

    slug: str
    text: str
    sha256: str
    version: str | None
    revision: int | None
    prompt_id: str | None
    release_id: str | None
    stage: str | None
    model: Mapping[str, Any]
    variables: tuple[Mapping[str, Any], ...]
    layers: Mapping[str, Any]
    stale: bool = False
    lane: str | None = None
    fallbacks: tuple[Prompt, ...] = ()
    shadow: Mapping[str, Any] | None = None
    asked: Key | None = field(default=None, repr=False, compare=False)

    def render(self, /, **variables: object) -> str:
        """The text with its declared variables filled in, verbatim and once.

        An optional variable left out is empty. PromptVariableError: a required one is missing
        (or None), or one is not declared.
        """
        declared = {row["name"]: row.get("required", True) for row in self.variables}
        given = {name for name, value in variables.items() if value is not None}
        missing = [name for name, required in declared.items() if required and name not in given]
        extra = sorted(variables.keys() - declared.keys())
        if missing or extra:
            told = [
                f"{word}: {', '.join(names)}"
                for word, names in (("missing", missing), ("not declared", extra))
                if names
            ]
            raise PromptVariableError(f"{self.slug}: variables {'; '.join(told)}")
        if not declared:
            return self.text
        names = "|".join(map(re.escape, declared))
        return re.sub(
            rf"\{{\{{\s*({names})\s*\}}\}}",
            lambda found: str(variables[found[1]]) if found[1] in given else "",
            self.text,
        )


class _Entry:
    """What is known under one Key: the live text, and the texts of other arms asked for so far.

    `prompt` is None as long as only another arm's text came. `arms` are those other than the
    live one, each with the end of its range of places; `texts` holds theirs, and the shadow's,
    by release; the text of a release never changes. Fresh until `due`; from then until `limit`
    it may be answered while it is refreshed behind (monotonic seconds; `limit` of minus infinity:
    it changed, ask first). `asked` is when the request began that it comes from.
    """

    __slots__ = (
        "arms", "asked", "due", "etag", "limit", "prompt", "salt", "texts", "ttl", "used",
    )  # fmt: skip

    def __init__(
        self, prompt: Prompt | None, etag: str | None, split: _Split, ttl: float, asked: float
    ) -> None:
        self.prompt = prompt
        self.etag = etag
        self.arms = split.arms
        self.salt = split.salt
        self.texts: dict[str, Prompt | None] = {}
        self.ttl = ttl
        self.used = monotonic()
        self.renew(asked)

    def renew(self, asked: float) -> None:
        """Count its time to live from when it was asked for."""
        self.asked = asked
        self.due = asked + self.ttl * random.uniform(*REFRESH_AT)
        self.limit = asked + self.ttl

    def overdue(self) -> None:
        """It is known to have changed: let nobody have it unasked."""
        self.due = self.limit = -inf

    def arm_of(self, session: str | None) -> str | None:
        """The release of a session; None is the live one."""
        if not session or not self.arms:
            return None
        place = place_of(self.salt, session)
        for until, release in self.arms:
            if place < until:
                return release
        return None

    def of(self, session: str | None) -> Prompt | None:
        """The text of a session, if it is at hand."""
        arm = self.arm_of(session)
        return self.prompt if arm is None else self.texts.get(arm)

    def mark(self, *, stale: bool) -> None:
        """Say of every text here whether the registry stands behind it now."""
        if self.prompt is not None:
            self.prompt = _marked(self.prompt, stale)
        self.texts = {
            release: _marked(text, stale)
            for release, text in self.texts.items()
            if text is not None
        }


@dataclass(frozen=True)
class _Split:
    """How sessions are shared out. `arms`: (end of its range of places, release) of each arm but
    the live one, in order; `live` the live one's release."""

    live: str | None = None
    salt: str = ""
    arms: tuple[tuple[float, str], ...] = ()

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> _Split:
        """As an answer tells it."""
        rows = [row for row in body.get("arms") or () if isinstance(row, dict)]
        live = next((row for row in rows if row.get("stage") == "live"), None)
        if live is None or len(rows) < 2:
            return cls(live=body.get("release_id"))
        until, arms = 0.0, []
        for row in rows:
            if row is not live:
                until += float(row["share"])
                arms.append((until, str(row["release_id"])))
        return cls(live.get("release_id"), str(body.get("salt", "")), tuple(arms))


def place_of(salt: str, session: str) -> float:
    """Where in [0, 1) a session stands; the registry computes the same."""
    digest = hashlib.sha256(f"{salt}:{session}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


@dataclass(frozen=True)
class _Answer:
    """What the registry said: `body` is None for "not modified"."""

    body: dict[str, Any] | None
    etag: str | None
    ttl: float | None
    stale: bool = False


class PromptClient:
    """Prompts of one registry under one API key. Close it, or let the process end.

    `ttl` (seconds) counts where an answer names none. `cache_dir` keeps the last good texts
    over a restart; they are readable by this user only. At most `max_entries` prompts stay in
    memory and on disk, those used least recently go first. `stream=False` opens no change
    stream: then a change is seen within the time to live.
    """

    # Where calls will be logged: `log(prompt, request_id=…, latency_ms=…)` will put a row into a
    # bounded queue of this client, sent in batches by a thread of its own and flushed at exit.
    # A Prompt already carries what such a row names: prompt_id, release_id, model.

    _worker: threading.Thread | None
    _stream: _Stream | None = None

    def __init__(
        self,
        base_url: str,
        key: str,
        cache_dir: str | os.PathLike[str] | None = None,
        ttl: float = 30.0,
        timeout: float = 5.0,
        max_entries: int = 10_000,
        stream: bool = True,
    ) -> None:
        self._ttl = ttl
        self._max_entries = max_entries
        self._registry = _Registry(base_url, key, timeout)
        self._disk = _Disk(cache_dir, base_url, max_entries) if cache_dir else None
        self._entries: dict[Key, _Entry] = {}
        self._down_until = 0.0
        self._hearing_since = self._last_change = -inf
        self._streaming = stream
        self._closed = False
        self._start_anew()
        os.register_at_fork(after_in_child=_in_child(weakref.WeakMethod(self._start_anew)))

    def get(
        self,
        slug: str,
        tenant: str | None = None,
        locale: str | None = None,
        lane: str | None = None,
        session: str | None = None,
        task_tier: str | None = None,
    ) -> Prompt:
        """The prompt that serves now. PromptNotFound, PromptGone, PromptAccessError,
        PromptUnavailable.

        `session` names whom the answer is for, a user or a conversation: it gets the same
        release each time. Without `lane` the registry's router chooses one, by `task_tier` too.
        """
        # The path nearly every call takes: one look-up, one comparison, no lock.
        key = (slug, tenant, locale, lane, task_tier)
        entry = self._entries.get(key)
        if entry is not None:
            now = monotonic()
            if now < entry.due:
                prompt = entry.of(session) if entry.arms else entry.prompt
                if prompt is not None:
                    entry.used = now
                    return prompt
        return self._at_hand(key, session) or self._ask(key, session)

    async def aget(
        self,
        slug: str,
        tenant: str | None = None,
        locale: str | None = None,
        lane: str | None = None,
        session: str | None = None,
        task_tier: str | None = None,
    ) -> Prompt:
        """As `get`, without holding up the event loop: only what has to be asked for waits."""
        key = (slug, tenant, locale, lane, task_tier)
        prompt = self._at_hand(key, session)
        if prompt is not None:
            return prompt
        import asyncio  # here: who calls this has it already, and nobody else pays for it

        return await asyncio.get_running_loop().run_in_executor(None, self._ask, key, session)

    def shadow(self, prompt: Prompt) -> Prompt | None:
        """The text in this prompt's shadow, to be run beside it for its answer to be logged.

        None where there is none or it cannot be had: a shadow never troubles its caller.
        """
        release = prompt.shadow and prompt.shadow.get("release_id")
        entry = self._entries.get(prompt.asked) if prompt.asked else None
        if not release or entry is None:
            return None
        if release in entry.texts or monotonic() < self._down_until:
            return entry.texts.get(release)
        assert prompt.asked is not None
        found = None
        try:
            answer = self._registry.ask(prompt.asked, stage="shadow")
            text = _prompt(prompt.asked, answer.body or {}, stale=answer.stale)
            found = text if text.release_id == release else None
        except PromptError as error:
            log.warning("%s: its shadow is not to be had: %s", prompt.slug, error)
        entry.texts[release] = found
        return found

    def warm(self, tenant: str | None = None) -> int:
        """Fetch everything active for a tenant at once, and say how many prompts came.

        No tenant: all that the key may read. Errors as of `get`; one text that is damaged is
        left out. What a `get` without locale or lane answers is known where there is but one
        variant to choose from; the others are asked for one by one.
        """
        self._start_threads()
        asked, known = monotonic(), 0
        lanes: dict[Key, list[_Answer]] = {}
        for answer in islice(self._registry.everything(tenant), self._max_entries // 2):
            body = answer.body or {}
            slug, owner = str(body.get("prompt")), body.get("tenant")
            if self._warmed(
                (slug, owner, body.get("locale"), body.get("lane"), None), answer, asked
            ):
                lanes.setdefault((slug, owner, None, None, None), []).append(answer)
                known += 1
        for key, found in lanes.items():
            if len(found) == 1 and (found[0].body or {}).get("lane") == "primary":
                self._warmed(key, found[0], asked)
            else:
                self._ask(key)
        return known

    def close(self) -> None:
        """Stop refreshing; what is in memory can still be read."""
        with self._lock:
            self._closed = True
            stream, self._stream = self._stream, None
        self._due.put(None)
        if stream is not None:
            stream.stop()

    def __enter__(self) -> PromptClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start_anew(self) -> None:
        """Locks, requests under way, threads: none survives a fork, so a child comes here too."""
        if self._stream is not None:
            self._stream.abandon()
        self._lock = threading.Lock()
        self._flights: dict[tuple[Key, str | None], Future[Prompt]] = {}
        self._due: queue.SimpleQueue[Key | None] = queue.SimpleQueue()
        self._queued: set[Key] = set()
        self._announced: set[Key] = set()
        self._worker = None
        self._stream = None
        for entry in self._entries.values():
            entry.due = -inf  # the first get in a child brings its threads to life
        weakref.finalize(self, self._due.put, None)

    def _start_threads(self) -> None:
        with self._lock:
            if self._closed or self._worker is not None:
                return
            self._worker = threading.Thread(
                target=_refresh, args=(weakref.ref(self), self._due), name="prompt-refresh",
                daemon=True,
            )  # fmt: skip
            self._worker.start()
            if self._streaming:
                self._stream = _Stream(self, self._registry)
                weakref.finalize(self, self._stream.stop)

    def _at_hand(self, key: Key, session: str | None) -> Prompt | None:
        """What may be answered without asking first; where it is due, it is asked for behind."""
        if self._worker is None:
            self._start_threads()
        entry = self._entries.get(key)
        prompt = entry.of(session) if entry is not None else None
        if entry is None or prompt is None:
            return None
        now = entry.used = monotonic()
        if now < entry.due:
            return prompt
        if self._closed or not (now < entry.limit or (entry.limit > -inf and self._hears())):
            return None
        self._ask_later(key)
        return prompt

    def _hears(self) -> bool:
        """Whether every change would have been announced by now."""
        return self._stream is not None and self._stream.sound()

    def _ask(self, key: Key, session: str | None = None) -> Prompt:
        """Ask the registry, one request for all who want the same."""
        for _ in range(3):  # one, and one more where its answer was another session's arm
            entry = self._entries.get(key)
            arm = entry.arm_of(session) if entry is not None else None
            by_session = entry is None or (arm is not None and arm not in entry.texts)
            flight_key = (key, arm if by_session else None)
            prompt = self._share(flight_key, session if by_session else None)
            entry = self._entries.get(key)
            own = entry.of(session) if entry is not None else None
            if own is not None:
                return own
            if prompt.stale:
                return prompt
        raise PromptUnavailable(f"{key[0]}: its releases change faster than they can be fetched")

    def _share(self, flight_key: tuple[Key, str | None], session: str | None) -> Prompt:
        with self._lock:
            flight = self._flights.get(flight_key)
            mine = flight is None
            if flight is None:
                flight = self._flights[flight_key] = Future()
        if mine:
            try:
                flight.set_result(self._fetch(flight_key[0], session))
            except BaseException as error:
                flight.set_exception(error)
            finally:
                with self._lock:
                    self._flights.pop(flight_key, None)
        return flight.result()

    def _ask_later(self, key: Key, *, announced: bool = False) -> None:
        """Have the background thread ask."""
        with self._lock:
            if announced:
                self._announced.add(key)
            if key in self._queued:
                return
            self._queued.add(key)
        self._due.put(key)

    def _ask_behind(self, key: Key) -> None:
        """In the background thread: ask, and where a change was announced ask anew.

        A request that was under way when the announcement came may have read the old state.
        """
        with self._lock:
            self._queued.discard(key)
            announced = key in self._announced
            self._announced.discard(key)
            flying = [flight for (known, _), flight in self._flights.items() if known == key]
        if announced:
            wait(flying)
        self._ask(key)

    def _changed(self, slug: str | None, tenant: str | None) -> None:
        """A change was announced (no slug: everything may have changed): fetch what is in use."""
        self._last_change = monotonic()
        in_use = self._last_change - IN_USE_SECONDS
        with self._lock:
            behind = {key for key, _ in self._flights}
            known = list(self._entries.items())
        for key, entry in known:
            if entry.used > in_use:
                behind.add(key)
            elif _concerns(key, slug, tenant):
                entry.overdue()
        for key in behind:
            if _concerns(key, slug, tenant):
                self._ask_later(key, announced=True)

    def _hears_from_now(self) -> None:
        """The stream begins: what changed before was not announced, so ask once more soon."""
        now = self._hearing_since = monotonic()
        with self._lock:
            known = list(self._entries.values())
        for entry in known:
            if entry.limit <= now:
                entry.overdue()
            else:
                entry.due = min(entry.due, now + RECHECK_SECONDS)

    def _poll(self) -> None:
        """Without a stream: ask for what is in use and due."""
        if self._hears():
            return
        now = monotonic()
        with self._lock:
            known = list(self._entries.items())
        for key, entry in known:
            if entry.due <= now and entry.used > now - IN_USE_SECONDS:
                self._ask_later(key)

    def _fetch(self, key: Key, session: str | None) -> Prompt:
        """One request, and what follows from its answer for memory and disk."""
        entry = self._entries.get(key)
        asked = monotonic()
        if asked < self._down_until:
            last = self._last_good(key, session)
            if last is not None:
                return last
        # An entity tag belongs to the answer without a session.
        etag = entry.etag if entry is not None and session is None else None
        try:
            answer = self._registry.ask(key, etag, session=session)
            self._down_until = 0.0
            if answer.body is None and entry is not None and entry.prompt is not None:
                return self._still(entry, answer, asked)
            return self._keep(key, answer, asked, session)
        except (PromptNotFound, PromptGone) as error:
            self._forget(key, error)
            raise
        except PromptAccessError as error:
            self._forget(key, error)
            raise
        except PromptUnavailable as error:
            if not isinstance(error, PromptIntegrityError):
                self._down_until = monotonic() + RETRY_SECONDS
            log.warning("prompt %s not refreshed: %s", key[0], error)
            last = self._last_good(key, session)
            if last is None:
                raise
            return last

    def _still(self, entry: _Entry, answer: _Answer, asked: float) -> Prompt:
        """304: the text in memory is what serves."""
        assert entry.prompt is not None
        entry.mark(stale=answer.stale)
        entry.ttl = entry.ttl if answer.ttl is None else answer.ttl
        entry.renew(asked)
        return entry.prompt

    def _keep(self, key: Key, answer: _Answer, asked: float, session: str | None) -> Prompt:
        body = answer.body or {}
        prompt = _prompt(key, body, stale=answer.stale)
        split, held = _Split.of(body), self._entries.get(key)
        if answer.stale and held is not None and held.of(session) is not None:
            # The registry answers from a copy of its own, which may be older than ours.
            held.mark(stale=True)
            held.renew(asked)
            return held.of(session) or prompt
        if split.live == prompt.release_id:
            self._keep_live(key, prompt, split, answer, asked)
        else:
            self._keep_arm(key, prompt, split, asked)
        return prompt

    def _keep_live(
        self, key: Key, prompt: Prompt, split: _Split, answer: _Answer, asked: float
    ) -> None:
        body, held = answer.body or {}, self._entries.get(key)
        ttl = next(
            ttl for ttl in (_seconds(body.get("ttl")), answer.ttl, self._ttl) if ttl is not None
        )
        entry = _Entry(prompt, answer.etag, split, ttl, asked)
        if held is not None:
            wanted = {release for _, release in split.arms}
            wanted.add(str((prompt.shadow or {}).get("release_id")))
            entry.texts = {
                release: replace(text, fallbacks=prompt.fallbacks, shadow=prompt.shadow)
                for release, text in held.texts.items()
                if release in wanted and text is not None
            }
        if asked < self._hearing_since:
            entry.due = min(entry.due, self._hearing_since + RECHECK_SECONDS)
        self._insert(key, entry)
        if self._disk and not answer.stale:
            self._disk.write(key, body, answer.etag)

    def _warmed(self, key: Key, answer: _Answer, asked: float) -> bool:
        """Keep a text that nobody used yet; False where it is damaged or no live one."""
        body = answer.body or {}
        try:
            prompt, split = _prompt(key, body, stale=answer.stale), _Split.of(body)
        except PromptUnavailable as error:
            log.warning("not warmed: %s", error)
            return False
        if key not in self._entries:
            self._keep_live(key, prompt, split, answer, asked)
            entry = self._entries[key]
            entry.used -= IN_USE_SECONDS
            if self._last_change >= asked:  # it may be this one's, and its text the old one
                entry.overdue()
        return True

    def _keep_arm(self, key: Key, prompt: Prompt, split: _Split, asked: float) -> None:
        """The text of an arm other than the live one; the entry itself stays as old as it is."""
        entry = self._entries.get(key)
        if entry is None:
            entry = _Entry(None, None, split, self._ttl, asked)
            self._insert(key, entry)
        entry.arms, entry.salt = split.arms, split.salt
        entry.texts[str(prompt.release_id)] = prompt
        if entry.prompt is None or entry.prompt.release_id != split.live:
            self._ask_later(key)  # for the live text, to be at hand should the registry be gone

    def _insert(self, key: Key, entry: _Entry) -> None:
        with self._lock:
            if len(self._entries) >= self._max_entries and key not in self._entries:
                by_use = sorted(self._entries.items(), key=lambda item: item[1].used)
                for old, _ in by_use[: max(1, self._max_entries // 10)]:
                    del self._entries[old]
            self._entries[key] = entry

    def _forget(self, key: Key, error: PromptError) -> None:
        """Drop a prompt that may not be used; one withdrawn under every name it was asked by."""
        with self._lock:
            held = self._entries.pop(key, None)
            if isinstance(error, PromptGone) and held is not None and held.prompt is not None:
                for other, entry in list(self._entries.items()):
                    same = entry.prompt is not None and entry.prompt.sha256 == held.prompt.sha256
                    if other[0] == key[0] and same:
                        del self._entries[other]
        if self._disk and not isinstance(error, PromptAccessError):
            self._disk.remove(key, every_copy=isinstance(error, PromptGone))

    def _last_good(self, key: Key, session: str | None) -> Prompt | None:
        """The last text that was verified, marked stale; None if there never was one.

        A session whose own arm never came gets the live text: the one that is best known.
        """
        entry = self._entries.get(key)
        if entry is None or (entry.prompt is None and entry.of(session) is None):
            entry = self._from_disk(key) or entry
        if entry is None:
            return None
        entry.mark(stale=True)
        # From here on only the background thread waits for a registry that may hang.
        entry.due, entry.limit = monotonic() + RETRY_SECONDS, inf
        return entry.of(session) or entry.prompt

    def _from_disk(self, key: Key) -> _Entry | None:
        found = self._disk.read(key) if self._disk else None
        if found is None:
            return None
        body, etag = found
        try:
            entry = _Entry(_prompt(key, body), etag, _Split.of(body), self._ttl, monotonic())
        except PromptUnavailable:
            return None
        self._insert(key, entry)
        return entry


class _Stream:
    """The change stream: a thread that holds it open and passes on what it hears.

    `heard` is when something last came, a heartbeat too (monotonic seconds).
    """

    def __init__(self, client: PromptClient, registry: _Registry) -> None:
        self._client = weakref.ref(client)
        self._registry = registry
        self._stopped = threading.Event()
        self._socket: socket.socket | None = None
        self._cursor: str | None = None
        self._proved = False
        self.heard = -inf
        threading.Thread(target=self._run, name="prompt-changes", daemon=True).start()

    def sound(self) -> bool:
        """Whether the stream is alive as far as one can know."""
        return monotonic() - self.heard < SILENCE_SECONDS

    def stop(self) -> None:
        """End the stream at once, from whatever thread."""
        self._stopped.set()
        end, self._socket = self._socket, None
        if end is not None:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def abandon(self) -> None:
        """In a forked child: let go of the parent's connection without ending it."""
        end, self._socket = self._socket, None
        if end is not None:
            with contextlib.suppress(OSError):
                os.close(end.detach())

    def _run(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            began, pause = monotonic(), None
            try:
                self._listen()
            except _Blocked as error:
                log.info("no change stream, polling instead: %s", error)
                pause = BLOCKED_SECONDS * random.uniform(0.5, 1.5)
            except (OSError, HTTPException, ValueError) as error:
                log.info("change stream broke: %s", error)
            except Exception:
                log.exception("change stream failed")
            failures = 0 if self.heard - began > LONGEST_BACKOFF_SECONDS else failures + 1
            self.heard = -inf
            # Full jitter: a thousand clients whose server restarts come back spread out.
            longest = min(LONGEST_BACKOFF_SECONDS, 0.25 * 2 ** min(failures, 10))
            self._stopped.wait(random.uniform(0, longest) if pause is None else pause)

    def _listen(self) -> None:
        """Open the stream and hear it to its end. OSError, HTTPException, _Blocked."""
        connection, target = self._registry.stream(self._cursor, FIRST_BYTES_SECONDS)
        with contextlib.closing(connection):
            connection.connect()
            # Kept apart: the connection hands it to its answer, and stop() must reach it.
            self._socket = connection.sock
            try:
                if not self._stopped.is_set():
                    self._hear(self._opened(connection, target))
            except TimeoutError:
                if self._proved:
                    raise
                raise _Blocked("nothing comes through") from None
            finally:
                self._socket = None

    def _opened(self, connection: HTTPConnection, target: str) -> HTTPResponse:
        headers = {**self._registry.headers, "Accept": "text/event-stream"}
        connection.request("GET", target, headers=headers)
        response = connection.getresponse()
        kind = response.headers.get_content_type()
        if response.status == 400 and self._cursor is not None:
            self._cursor = None  # not a cursor of this registry: begin anew
        if response.status in (400, 429) or (response.status >= 500 and response.status != 501):
            raise OSError(f"the registry answered {response.status}")
        if response.status != 200 or kind != "text/event-stream":
            raise _Blocked(f"the registry answered {response.status} {kind}")
        return response

    def _hear(self, response: HTTPResponse) -> None:
        """Pass on one event after the other (the lines are those of server-sent events)."""
        began_anew = self._cursor is None
        event, data, cursor = "", b"", self._cursor
        for line in iter(partial(response.readline, MAX_LINE_BYTES), b""):
            if self._stopped.is_set():
                return
            if self.heard == -inf:
                if self._socket is not None:
                    self._socket.settimeout(SILENCE_SECONDS)
                if began_anew:
                    self._tell(PromptClient._hears_from_now)
            self.heard, self._proved = monotonic(), True
            name, _, value = line.rstrip(b"\r\n").partition(b":")
            value = value.removeprefix(b" ")
            if name == b"event":
                event = value.decode(errors="replace")
            elif name == b"data":
                data += value + b"\n"
            elif name == b"id":
                cursor = value.decode(errors="replace")
            elif not name and not value:
                self._event(event, data)
                event, data, self._cursor = "", b"", cursor

    def _event(self, event: str, data: bytes) -> None:
        """A change, or what says that some may have been missed: then everything is due."""
        slug = tenant = None
        if event in ("", "message"):
            if not data:
                return
            try:
                change = json.loads(data)
                slug, tenant = change.get("prompt"), change.get("tenant")
            except (ValueError, AttributeError):
                log.warning("a change was announced that cannot be read: %r", data[:200])
        elif event != "reset":
            return
        self._tell(lambda client: client._changed(slug, tenant))

    def _tell(self, what: Callable[[PromptClient], None]) -> None:
        client = self._client()
        if client is not None:
            what(client)


class _Blocked(Exception):
    """Something between here and the registry does not let the change stream through."""


class _Registry:
    """The registry's HTTP interface."""

    def __init__(self, base_url: str, key: str, timeout: float) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url must begin with http:// or https://, not {base_url!r}")
        self._url = f"{base_url.rstrip('/')}/api/v1/"
        self.headers = {"Authorization": f"Bearer {key}"}
        self._timeout = timeout
        self._opener = urllib.request.build_opener(_NoRedirect)

    def ask(self, key: Key, etag: str | None = None, **query: str | None) -> _Answer:
        """One prompt; the errors of this module for everything but 200 and 304."""
        slug, *rest = key
        path = f"prompts/{urllib.parse.quote(slug, safe='')}"
        return self._get(slug, path, {**dict(zip(QUERY, rest, strict=True)), **query}, etag)

    def everything(self, tenant: str | None) -> Iterator[_Answer]:
        """Each prompt that is active, in as few requests as the registry allows."""
        asked: dict[str, str | None] = {"tenant": tenant, "limit": str(PAGE_SIZE)}
        while True:
            page = self._get("everything", "prompts", asked, None)
            document = page.body or {}
            for body in document.get("prompts") or ():
                if isinstance(body, dict):
                    yield _Answer(body, None, page.ttl, page.stale or bool(body.get("stale")))
            if not isinstance(document.get("next"), str):
                return
            asked["cursor"] = document["next"]

    def stream(self, cursor: str | None, timeout: float) -> tuple[HTTPConnection, str]:
        """A connection for the change stream, not open yet, and what to ask it for."""
        url = urllib.parse.urlsplit(self._url + "changes")
        host, target = url.hostname or "", url.path
        if cursor is not None:
            target += "?" + urllib.parse.urlencode({"since": cursor})
        kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
        proxies = urllib.request.getproxies()
        if url.scheme not in proxies or urllib.request.proxy_bypass(host):
            return kind(host, url.port, timeout=timeout), target
        proxy = urllib.parse.urlsplit(proxies[url.scheme])
        connection = kind(proxy.hostname or "", proxy.port, timeout=timeout)
        if url.scheme == "https":
            connection.set_tunnel(host, url.port or 443)
            return connection, target
        return connection, f"http://{url.netloc}{target}"

    def _get(
        self, what: str, path: str, query: Mapping[str, str | None], etag: str | None
    ) -> _Answer:
        given = {name: value for name, value in query.items() if value is not None}
        address = self._url + path + ("?" + urllib.parse.urlencode(given) if given else "")
        headers = {**self.headers, "Accept": "application/json"}
        if etag:
            headers["If-None-Match"] = etag
        request = urllib.request.Request(address, headers=headers)  # noqa: S310
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                header, body = response.headers, json.loads(self._read(response))
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 304:
                    raise _refusal(what, error) from None
                header, body = error.headers, None
        except (OSError, HTTPException, ValueError) as error:
            raise PromptUnavailable(f"{what}: the registry did not answer: {error}") from error
        if body is not None and not isinstance(body, dict):
            raise PromptUnavailable(f"{what}: the registry's answer is not a prompt")
        stale = "X-Fleet-Stale" in header or bool(body and body.get("stale"))
        ttl = _max_age(header.get("Cache-Control"))
        return _Answer(body, header.get("ETag", etag), ttl, stale)

    def _read(self, response: Any) -> bytes:
        """The whole answer; a socket timeout alone would let a trickle hang for ever."""
        deadline = monotonic() + self._timeout
        parts: list[bytes] = []
        size = 0
        while part := response.read1(65_536):
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER_BYTES or monotonic() > deadline:
                raise OSError("the answer is too large or too slow")
        return b"".join(parts)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the API key to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class _Disk:
    """The last good answers as files, one a prompt: private, replaced in one step.

    A file's name begins with what stands for its prompt, so that its copies are found together.
    """

    def __init__(self, folder: str | os.PathLike[str], base_url: str, most: int) -> None:
        self._folder = Path(folder)
        self._base_url = base_url
        self._most = most
        self._written = 0
        self._buried: set[Path] = set()

    def write(self, key: Key, body: Mapping[str, Any], etag: str | None) -> None:
        """Keep an answer; a full or read-only disk costs only the copy."""
        text = json.dumps({"key": [self._base_url, *key], "etag": etag, "body": body})
        path, temporary = self._path(key), None
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._folder, suffix=".tmp")  # 0600
            with open(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(temporary, path)
            self._buried.discard(path)
            self._written += 1
            if self._written % 100 == 1:
                self._tidy()
        except OSError as error:
            log.warning("prompt %s not kept on disk: %s", key[0], error)
            if temporary:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)

    def read(self, key: Key) -> tuple[dict[str, Any], str | None] | None:
        """(answer, ETag) as kept; None if there is none or it was damaged."""
        path = self._path(key)
        kept = self._load(path)
        if kept is None or path in self._buried or kept.get("key") != [self._base_url, *key]:
            return None
        return kept["body"], kept.get("etag")

    def remove(self, key: Key, *, every_copy: bool) -> None:
        """Forget a prompt that must not be used any more.

        `every_copy`: the same text of the same prompt too where it was kept for somebody else.
        """
        own = self._path(key)
        kept = self._load(own)
        self._bury(own, key)
        if kept is None or not every_copy:
            return
        for path in self._folder.glob(f"{own.name.partition('-')[0]}-*.json"):
            other = self._load(path)
            if other is not None and other["body"].get("sha256") == kept["body"].get("sha256"):
                self._bury(path, key)

    def _bury(self, path: Path, key: Key) -> None:
        """Remove a file; one that cannot be is emptied, or at least not read by us again."""
        try:
            path.unlink(missing_ok=True)
        except OSError:
            try:
                path.write_text("{}", encoding="utf-8")
            except OSError as error:
                self._buried.add(path)
                log.error("withdrawn prompt %s could not be removed from disk: %s", key[0], error)

    def _load(self, path: Path) -> dict[str, Any] | None:
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return kept if isinstance(kept, dict) and isinstance(kept.get("body"), dict) else None

    def _tidy(self) -> None:
        """Keep the newest files only, and no half-written one of a process that died."""
        hour_ago = time() - 3600
        found = sorted(
            ((path.stat().st_mtime, path) for path in self._folder.glob("*.json")), reverse=True
        )
        for _, path in found[self._most :]:
            path.unlink(missing_ok=True)
        for path in self._folder.glob("*.tmp"):
            if path.stat().st_mtime < hour_ago:
                path.unlink(missing_ok=True)

    def _path(self, key: Key) -> Path:
        slug = _digest([self._base_url, key[0]])[:16]
        return self._folder / f"{slug}-{_digest([self._base_url, *key])[:24]}.json"


def _digest(names: Iterable[str | None]) -> str:
    return hashlib.sha256(json.dumps(list(names)).encode()).hexdigest()


def _prompt(key: Key, body: Mapping[str, Any], *, stale: bool = False) -> Prompt:
    """The answer as a Prompt, its text proved by its sha256."""
    prompt = _text(key[0], body)
    fallbacks = []
    for row in body.get("fallbacks") or ():
        try:
            fallbacks.append(replace(_text(key[0], row), stale=stale))
        except PromptUnavailable as error:  # the prompt itself is good all the same
            log.warning("a fallback is left out: %s", error)
    shadow = body.get("shadow")
    return replace(
        prompt,
        layers=body.get("layers") or {},
        stale=stale,
        fallbacks=tuple(fallbacks),
        shadow=shadow if isinstance(shadow, dict) else None,
        asked=key,
    )


def _text(slug: str, row: object) -> Prompt:
    """One text with what it says of itself. PromptUnavailable, PromptIntegrityError."""
    body = row if isinstance(row, dict) else {}
    text, promised = body.get("text"), body.get("sha256")
    variables = body.get("variables") or []
    if not isinstance(text, str) or not all(isinstance(row, dict) for row in variables):
        raise PromptUnavailable(f"{slug}: the registry's answer is not a prompt")
    if hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest() != promised:
        raise PromptIntegrityError(f"{slug}: the text does not match its sha256 {promised}")
    return Prompt(
        slug=slug,
        text=text,
        sha256=promised,
        version=body.get("version"),
        revision=body.get("revision"),
        prompt_id=body.get("prompt_id"),
        release_id=body.get("release_id"),
        stage=body.get("stage"),
        model=body.get("model") or {},
        variables=tuple(variables),
        layers={},
        lane=body.get("lane"),
    )


def _marked(prompt: Prompt, stale: bool) -> Prompt:
    """The prompt and its fallbacks, stale or not."""
    if prompt.stale is stale:
        return prompt
    fallbacks = tuple(replace(one, stale=stale) for one in prompt.fallbacks)
    return replace(prompt, stale=stale, fallbacks=fallbacks)


def _refusal(slug: str, error: urllib.error.HTTPError) -> PromptError:
    """The error a status stands for, with the registry's own words."""
    kinds: dict[int, type[PromptError]] = {
        401: PromptAccessError,
        403: PromptAccessError,
        404: PromptNotFound,
        410: PromptGone,
    }
    try:
        problem = json.loads(error.read(65_536))
        detail = problem.get("detail") or problem.get("title") or error.reason
    except (OSError, HTTPException, ValueError, AttributeError):
        detail = error.reason
    return kinds.get(error.code, PromptUnavailable)(f"{slug}: {error.code} {detail}")


def _max_age(header: str | None) -> float | None:
    found = re.search(r"\bmax-age=(\d+)", header or "")
    return float(found[1]) if found else None


def _seconds(value: object) -> float | None:
    """A time to live from JSON; None where it is none."""
    return max(0.0, float(value)) if isinstance(value, int | float) else None


def _concerns(key: Key, slug: str | None, tenant: str | None) -> bool:
    """Whether a change of that prompt and tenant may be one of this Key's answer.

    What the platform default says reaches tenants too, so its change (no tenant) concerns all.
    """
    return (slug is None or key[0] == slug) and (tenant is None or key[1] == tenant)


def _refresh(client: weakref.ref[PromptClient], due: queue.SimpleQueue[Key | None]) -> None:
    """The background thread: asks for what is due until the client is closed or gone."""
    while True:
        key = None
        with contextlib.suppress(queue.Empty):
            key = due.get(timeout=POLL_SECONDS)
        owner = client()  # held for this turn only
        if owner is None or owner._closed:
            return
        try:
            owner._poll() if key is None else owner._ask_behind(key)
        except PromptError as error:
            log.warning("%s", error)  # the next get asks again and raises it to the caller
        except Exception:
            log.exception("refreshing failed")  # the thread must live on
        del owner


def _in_child(renew: weakref.WeakMethod[Callable[[], None]]) -> Callable[[], None]:
    """What to run after a fork; holds its client weakly."""

    def run() -> None:
        method = renew()
        if method is not None:
            method()

    return run
