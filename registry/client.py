"""Fetch system prompts from the prompt registry: one file, standard library only, copy it freely.

    fleet = PromptClient("https://prompts.example.com", key, cache_dir="/var/cache/prompts")
    prompt = fleet.get("support-triage", tenant="acme", session="user-17")
    system = prompt.render(user_name="Ana")

A prompt once fetched is answered from memory. Past its time to live the old text is returned
at once and refreshed in the background; past twice that time it is asked for again first, so
that a process that was idle does not answer with old text. With the registry unreachable the
last good text is served, from memory or from `cache_dir`, with `prompt.stale` true. A prompt
that was withdrawn or is not known raises and is forgotten everywhere. Threads may share a
client, and a forked process may go on using it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import queue
import re
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path
from time import monotonic
from typing import Any

log = logging.getLogger("prompt_client")

# Seconds before an unreachable registry is asked again; in between the last good text serves.
RETRY_SECONDS = 2.0

# An answer larger than this is refused; a prompt has some kilobytes.
MAX_ANSWER_BYTES = 16_000_000

Key = tuple[str, str | None, str | None, str | None]  # slug, tenant, locale, lane
EntryKey = tuple[str | None, ...]  # a Key, and the session where several arms take traffic


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
    registry could not be asked when it was time to.
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
    """A prompt in memory: fresh until `due`, usable unasked until `limit` (monotonic seconds)."""

    __slots__ = ("due", "etag", "limit", "prompt", "split", "ttl", "used")

    def __init__(self, prompt: Prompt, etag: str | None, split: bool, ttl: float) -> None:
        self.prompt = prompt
        self.etag = etag
        self.split = split
        self.ttl = ttl
        self.used = monotonic()
        self.renew()

    def renew(self) -> None:
        """Count its time to live from now."""
        self.due = monotonic() + self.ttl
        self.limit = self.due + self.ttl


@dataclass(frozen=True)
class _Answer:
    """What the registry said: `body` is None for "not modified"."""

    body: dict[str, Any] | None
    etag: str | None
    ttl: float | None


class PromptClient:
    """Prompts of one registry under one API key. Close it, or let the process end.

    `ttl` (seconds) counts where an answer names none. `cache_dir` keeps the last good texts
    over a restart; they are readable by this user only. At most `max_entries` prompts stay in
    memory, those used least recently go first.
    """

    _worker: threading.Thread | None

    def __init__(
        self,
        base_url: str,
        key: str,
        cache_dir: str | os.PathLike[str] | None = None,
        ttl: float = 30.0,
        timeout: float = 5.0,
        max_entries: int = 10_000,
    ) -> None:
        self._ttl = ttl
        self._max_entries = max_entries
        self._registry = _Registry(base_url, key, timeout)
        self._disk = _Disk(cache_dir, base_url) if cache_dir else None
        self._entries: dict[EntryKey, _Entry] = {}
        self._down_until = 0.0
        self._start_anew()
        os.register_at_fork(after_in_child=_in_child(weakref.WeakMethod(self._start_anew)))

    def get(
        self,
        slug: str,
        tenant: str | None = None,
        locale: str | None = None,
        lane: str | None = None,
        session: str | None = None,
    ) -> Prompt:
        """The prompt that serves now. PromptNotFound, PromptGone, PromptAccessError,
        PromptUnavailable."""
        # The path nearly every call takes: one look-up, one comparison, no lock.
        entry = self._entries.get((slug, tenant, locale, lane))
        now = monotonic()
        if entry is not None and now < entry.due and (session is None or not entry.split):
            entry.used = now
            return entry.prompt
        return self._get((slug, tenant, locale, lane), session)

    def close(self) -> None:
        """Stop refreshing; what is in memory can still be read."""
        with self._lock:
            running, self._worker = self._worker is not None, None
        if running:
            self._due.put(None)

    def __enter__(self) -> PromptClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start_anew(self) -> None:
        """Locks, requests under way and the thread: none of them survives a fork."""
        self._lock = threading.Lock()
        self._flights: dict[tuple[Key, str | None], Future[Prompt]] = {}
        self._due: queue.SimpleQueue[tuple[Key, str | None] | None] = queue.SimpleQueue()
        self._queued: set[tuple[Key, str | None]] = set()
        self._worker = None
        weakref.finalize(self, self._due.put, None)

    def _get(self, key: Key, session: str | None) -> Prompt:
        entry = self._entry(key, session)
        if entry is None:
            return self._ask(key, session)
        now = entry.used = monotonic()
        if now < entry.due:
            return entry.prompt
        if now < entry.limit:
            self._ask_later(key, session)
            return entry.prompt
        return self._ask(key, session)

    def _entry(self, key: Key, session: str | None) -> _Entry | None:
        """While several arms take traffic each session has its own entry; else all share one."""
        entry = self._entries.get(key)
        if session is None or (entry is not None and not entry.split):
            return entry
        return self._entries.get((*key, session))

    def _ask(self, key: Key, session: str | None) -> Prompt:
        """Ask the registry, one request for all who want the same."""
        flight_key = (key, session)
        with self._lock:
            flight = self._flights.get(flight_key)
            mine = flight is None
            if flight is None:
                flight = self._flights[flight_key] = Future()
        if mine:
            try:
                flight.set_result(self._fetch(key, session))
            except BaseException as error:
                flight.set_exception(error)
            finally:
                self._flights.pop(flight_key, None)
        return flight.result()

    def _ask_later(self, key: Key, session: str | None) -> None:
        """Have the background thread ask; it is started when first needed."""
        with self._lock:
            if (key, session) in self._queued:
                return
            self._queued.add((key, session))
            if self._worker is None:
                # The change stream, once there is one, fills the same queue.
                arguments = (weakref.ref(self), self._due)
                self._worker = threading.Thread(
                    target=_refresh, args=arguments, name="prompt-refresh", daemon=True
                )
                self._worker.start()
        self._due.put((key, session))

    def _fetch(self, key: Key, session: str | None) -> Prompt:
        """One request, and what follows from its answer for memory and disk."""
        entry = self._entry(key, session)
        if monotonic() < self._down_until:
            last = self._last_good(key, entry)
            if last is not None:
                return last
        try:
            answer = self._registry.ask(key, session, entry.etag if entry else None)
            self._down_until = 0.0
            if answer.body is None and entry is not None:
                return self._still(entry, answer)
            return self._keep(key, session, answer)
        except (PromptNotFound, PromptGone):
            self._forget(key, disk=True)
            raise
        except PromptAccessError:
            self._forget(key, disk=False)
            raise
        except PromptUnavailable as error:
            if not isinstance(error, PromptIntegrityError):
                self._down_until = monotonic() + RETRY_SECONDS
            log.warning("prompt %s not refreshed: %s", key[0], error)
            last = self._last_good(key, entry)
            if last is None:
                raise
            return last

    def _still(self, entry: _Entry, answer: _Answer) -> Prompt:
        """304: the text in memory is what serves."""
        if entry.prompt.stale:
            entry.prompt = replace(entry.prompt, stale=False)
        entry.ttl = entry.ttl if answer.ttl is None else answer.ttl
        entry.renew()
        return entry.prompt

    def _keep(self, key: Key, session: str | None, answer: _Answer) -> Prompt:
        body = answer.body or {}
        prompt = _prompt(key[0], body)
        split = len(body.get("arms") or ()) > 1
        ttl = _seconds(body.get("ttl"))
        ttl = ttl if ttl is not None else answer.ttl
        entry = _Entry(prompt, answer.etag, split, self._ttl if ttl is None else ttl)
        own = split and session is not None
        shared = self._entries.get(key)
        if own and shared is not None:
            shared.split = True
        self._insert((*key, session) if own else key, entry)
        if self._disk and not own:
            self._disk.write(key, body, answer.etag)
        return prompt

    def _insert(self, key: EntryKey, entry: _Entry) -> None:
        with self._lock:
            if len(self._entries) >= self._max_entries and key not in self._entries:
                by_use = sorted(self._entries.items(), key=lambda item: item[1].used)
                for old, _ in by_use[: max(1, self._max_entries // 10)]:
                    del self._entries[old]
            self._entries[key] = entry

    def _forget(self, key: Key, *, disk: bool) -> None:
        """Drop every copy, those of single sessions too."""
        with self._lock:
            for known in [known for known in self._entries if known[:4] == key]:
                del self._entries[known]
        if disk and self._disk:
            self._disk.remove(key)

    def _last_good(self, key: Key, entry: _Entry | None) -> Prompt | None:
        """The last text that was verified, marked stale; None if there never was one."""
        entry = entry or self._entries.get(key) or self._from_disk(key)
        if entry is None:
            return None
        if not entry.prompt.stale:
            entry.prompt = replace(entry.prompt, stale=True)
        # From here on only the background thread waits for a registry that may hang.
        entry.due, entry.limit = monotonic() + RETRY_SECONDS, float("inf")
        return entry.prompt

    def _from_disk(self, key: Key) -> _Entry | None:
        found = self._disk.read(key) if self._disk else None
        if found is None:
            return None
        body, etag = found
        try:
            prompt = _prompt(key[0], body)
        except PromptUnavailable:
            return None
        entry = _Entry(prompt, etag, len(body.get("arms") or ()) > 1, self._ttl)
        self._insert(key, entry)
        return entry


class _Registry:
    """The registry's HTTP interface."""

    def __init__(self, base_url: str, key: str, timeout: float) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url must begin with http:// or https://, not {base_url!r}")
        self._url = f"{base_url.rstrip('/')}/api/v1/prompts/"
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        self._timeout = timeout
        self._opener = urllib.request.build_opener(_NoRedirect)

    def ask(self, key: Key, session: str | None, etag: str | None) -> _Answer:
        """One request; the errors of this module for everything but 200 and 304."""
        headers = {**self._headers, "If-None-Match": etag} if etag else self._headers
        request = urllib.request.Request(self._address(key, session), headers=headers)  # noqa: S310
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                body = json.loads(self._read(response))
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 304:
                    return _Answer(None, etag, _max_age(error.headers.get("Cache-Control")))
                raise _refusal(key[0], error) from None
        except (OSError, HTTPException, ValueError) as error:
            raise PromptUnavailable(f"{key[0]}: the registry did not answer: {error}") from error
        if not isinstance(body, dict):
            raise PromptUnavailable(f"{key[0]}: the registry's answer is not a prompt")
        header = response.headers
        return _Answer(body, header.get("ETag"), _max_age(header.get("Cache-Control")))

    def _address(self, key: Key, session: str | None) -> str:
        slug, *rest = key
        names = ("tenant", "locale", "lane", "session")
        asked = zip(names, (*rest, session), strict=True)
        query = urllib.parse.urlencode({name: value for name, value in asked if value is not None})
        return f"{self._url}{urllib.parse.quote(slug, safe='')}{'?' if query else ''}{query}"

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
    """The last good answers as files, one a prompt: private, replaced in one step."""

    def __init__(self, folder: str | os.PathLike[str], base_url: str) -> None:
        self._folder = Path(folder)
        self._base_url = base_url

    def write(self, key: Key, body: Mapping[str, Any], etag: str | None) -> None:
        """Keep an answer; a full or read-only disk costs only the copy."""
        text = json.dumps({"key": [self._base_url, *key], "etag": etag, "body": body})
        temporary = None
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._folder, suffix=".tmp")  # 0600
            with open(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(temporary, self._path(key))
        except OSError as error:
            log.warning("prompt %s not kept on disk: %s", key[0], error)
            if temporary:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)

    def read(self, key: Key) -> tuple[dict[str, Any], str | None] | None:
        """(answer, ETag) as kept; None if there is none or it was damaged."""
        try:
            kept = json.loads(self._path(key).read_text(encoding="utf-8"))
            if kept["key"] != [self._base_url, *key]:
                return None
            return dict(kept["body"]), kept["etag"]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def remove(self, key: Key) -> None:
        """Forget a prompt that must not be used any more."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            log.error("withdrawn prompt %s could not be removed from disk: %s", key[0], error)

    def _path(self, key: Key) -> Path:
        name = hashlib.sha256(json.dumps([self._base_url, *key]).encode()).hexdigest()
        return self._folder / f"{name[:40]}.json"


def _prompt(slug: str, body: Mapping[str, Any]) -> Prompt:
    """The answer as a Prompt, its text proved by its sha256."""
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
        layers=body.get("layers") or {},
    )


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


def _refresh(
    client: weakref.ref[PromptClient], due: queue.SimpleQueue[tuple[Key, str | None] | None]
) -> None:
    """The background thread: asks for what is due until the client is closed or gone."""
    while (asked := due.get()) is not None:
        owner = client()
        if owner is None:
            return
        try:
            owner._ask(*asked)
        except PromptError as error:
            log.warning("%s", error)  # the next get asks again and raises it to the caller
        except Exception:
            log.exception("refreshing %s failed", asked[0][0])  # the thread must live on
        finally:
            owner._queued.discard(asked)
            del owner


def _in_child(renew: weakref.WeakMethod[Callable[[], None]]) -> Callable[[], None]:
    """What to run after a fork; holds its client weakly."""

    def run() -> None:
        method = renew()
        if method is not None:
            method()

    return run
