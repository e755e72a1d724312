"""allowed_domains: links and addresses outside the list, and data leaving by any way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from registry.guardrails.checks.meaning import check_topic
from registry.guardrails.checks.source import Source
from registry.guardrails.findings import Fix, Match
from registry.guardrails.policy import Rule

_TLDS = (
    "com|net|org|info|biz|io|co|ai|app|dev|xyz|top|online|site|shop|store|tech|cloud|me|us|uk|de|fr|es|it|nl|be|"
    "pl|pt|br|ru|cn|jp|kr|in|ir|il|tr|vn|th|ar|mx|ca|au|ch|at|se|no|dk|fi|cz|eu|asia|link|click|live|news|gov|"
    "edu|mil|int|tv|cc|to|ly|gg|example|test|invalid|local|internal|onion|zip|mov|page|sh|su|tk|ml|ga|cf|gq|pw"
)
_URL = re.compile(
    r"(?P<scheme>\b(?:h(?:tt|xx)ps?|ftps?|wss?|file|ssh)\s?:\s?//|(?<![\w:/])//(?=[\w-]+\.[a-z])|\bwww\.)(?P<rest>[^\s<>\"'`“”«»，。、）)\]]{3,400})",
    re.IGNORECASE,
)
_PSEUDO = re.compile(
    r"\b(?:javascript|vbscript|data):(?=[\w/]+[;,(])[^\s]{2,200}|\bmailto:(?P<mail>[^\s>)\]]+)",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[\w.+%-]{1,64}@(?P<host>[\w-]+(?:\.[\w-]+)+)", re.IGNORECASE)
_BARE = re.compile(
    rf"(?<![\w@./:-])(?P<host>(?:[\w-]{{1,63}}\.)+(?:{_TLDS}|xn--[\w-]+))(?![\w-]|\.\w)"
    r"(?P<path>[/?][^\s<>\"')\]]{0,400})?",
    re.IGNORECASE,
)
_IP = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)(?P<port>:\d{2,5})?(?P<path>/\S*)?")
_SPELLED = re.compile(
    r"\b[\w-]+(?:\s*(?:\[\.\]|\(\.\)|\[dot\]|\(dot\)|\{dot\})\s*|\s+dot\s+)"
    r"(?:[\w-]+(?:\s*(?:\[\.\]|\[dot\])\s*|\s+dot\s+))?(?:com|net|org|info|io|app|dev|xyz|example|site)\b",
    re.IGNORECASE,
)
# What every address has one of; most texts have none.
_ANY_SIGN = re.compile(r"\w\.\w|//|@|www|:\w|\bdot\b|[\[({](?:\.|dot)[\])}]", re.IGNORECASE)
_DOT_SIGN = re.compile(r"\bdot\b|[\[(]\.[\])]", re.IGNORECASE)
_CARRIES = re.compile(r"[?&#/][^\s]{0,400}?(?:\{\{|\$\{|\{[a-z_]+\}|%7b)", re.IGNORECASE)
_MARKDOWN_IMAGE = re.compile(r"!\[[^\]\n]{0,200}\]\([^)\n]{0,400}\)")
_HTML = re.compile(
    r"<\s*(?:img|iframe|script|a|link|form|object|embed|svg|video|audio)\b[^>\n]{0,400}>",
    re.IGNORECASE,
)


def check_domains(source: Source, rule: Rule) -> Iterator[Match]:
    """Addresses outside the allowed list, links that carry data, sentences that send it away."""
    allowed = _allowed(source, rule)
    taken: list[tuple[int, int]] = []
    for found, host in _addresses(source.text):
        if any(start < found.end() and found.start() < end for start, end in taken):
            continue
        taken.append(found.span())
        if not is_allowed(host, allowed):
            yield Match(
                found.span(),
                message=f"{host or 'This address'} is outside your allowed domains.",
                fix=Fix("Remove the address", ""),
            )
        elif _CARRIES.search(found.group()):
            yield Match(found.span(), message="This link would carry data out of the conversation.")
    for found in _HTML.finditer(source.text):
        yield Match(found.span(), message="HTML that loads or links things is not allowed here.")
    for found in _MARKDOWN_IMAGE.finditer(source.text):
        if "{" in found.group() or "?" in found.group():
            yield Match(
                found.span(), message="An image address can carry data out of the conversation."
            )
    yield from check_topic(source, "exfiltration")


def _addresses(text: str) -> Iterator[tuple[re.Match[str], str]]:
    if not _ANY_SIGN.search(text):
        return
    for found in _URL.finditer(text):
        scheme = found["scheme"].casefold().replace(" ", "")
        prefix = "www." if scheme == "www." else ""
        yield found, prefix + _host(found["rest"])
    for found in _PSEUDO.finditer(text):
        yield found, (found["mail"] or "").rpartition("@")[2].partition("?")[0]
    for found in _MAIL.finditer(text):
        yield found, found["host"]
    for found in _BARE.finditer(text):
        if _is_address(found):
            yield found, found["host"]
    for found in _IP.finditer(text):
        if found["port"] or found["path"] or _is_ip(found.group()):
            yield found, found.group().partition("/")[0].partition(":")[0]
    if _DOT_SIGN.search(text):
        for found in _SPELLED.finditer(text):
            yield found, ""


def _host(rest: str) -> str:
    """The host a browser would go to: after any user info, before port, path and query."""
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    host = authority.rpartition("@")[2].partition(":")[0]
    return host.strip(".,;!?*_").casefold()


def _is_address(found: re.Match[str]) -> bool:
    """A name with a dot is an address, unless it is a sentence without its space ("us.It")."""
    labels = found["host"].split(".")
    ending = labels[-1]
    if found["path"] or found["host"].casefold().startswith("www."):
        return True
    if ending != ending.lower() and ending != ending.upper():
        return False
    if (
        ending.lower()
        in (
            "me",
            "in",
            "it",
            "to",
            "us",
            "no",
            "at",
            "be",
            "es",
            "de",
            "is",
            "so",
            "sh",
            "int",
            "test",
            "page",
            "link",
            "live",
            "top",
            "news",
            "store",
            "co",
            "ar",
            "ai",
            "io",
            "zip",
            "mov",
            "local",
            "app",
            "net",
        )
        and len(labels) == 2
    ):
        # "asp.net", "socket.io": product names; "order.in": a missing space. Ask the rest.
        return ending.lower() in (
            "ai",
            "io",
            "app",
            "co",
            "net",
            "zip",
            "link",
            "live",
            "top",
            "store",
        ) and labels[0].casefold() not in ("asp", "socket", "vb", "ado")
    return True


def _is_ip(text: str) -> bool:
    return all(int(part) <= 255 for part in text.split(".")) and not text.startswith("0.")


def _allowed(source: Source, rule: Rule) -> tuple[str, ...]:
    own = rule.params.get("domains", rule.params.get("allowed_domains", ()))
    return (*source.policy.allowed_domains, *source.context.allowed_domains, *own)


def is_allowed(host: str, allowed: tuple[str, ...]) -> bool:
    """Whether a host is on the list; `*.x` covers every name below x but not x itself."""
    host = host.casefold().strip(".")
    if not host or not host.isascii():
        return False
    for entry in allowed:
        entry = entry.casefold().strip(".")
        if (entry.startswith("*.") and host.endswith(entry[1:])) or host == entry:
            return True
    return False
