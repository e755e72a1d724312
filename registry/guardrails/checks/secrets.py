"""secret_pattern: passwords and keys that do not belong into a prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from registry.guardrails.checks.source import Source
from registry.guardrails.findings import Fix, Match
from registry.guardrails.policy import Rule

_KEYS = re.compile(
    r"\b(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{12,20}\b|\bsk-(?:ant-|proj-|live-|test-)?[A-Za-z0-9_-]{16,}|"
    r"\b[srp]k_(?:live|test)_[A-Za-z0-9]{10,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|"
    r"\bglpat-[\w-]{16,}|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}|"
    r"\bSG\.[\w-]{16,}\.[\w-]{16,}|\bnpm_[A-Za-z0-9]{30,}|\bpypi-[\w-]{30,}|\bhf_[A-Za-z0-9]{24,}|"
    r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{5,}|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----|"
    r"\b[a-z][a-z0-9+]{1,20}://[^\s:/@{}<>]{1,60}:[^\s@/{}<>]{3,60}@[\w.-]+|"
    r"\b(?:bearer|basic)\s+(?=[^\s]*\d)[A-Za-z0-9._~+/-]{20,}=*|\bSK[0-9a-f]{32}\b|\bkey-[0-9a-f]{32}\b"
)
_NAME = (
    r"(?:pass(?:word|wort|wd|phrase|code)?|kennwort|mot de passe|mdp|contrase[nñ]a|clave|senha|"
    r"wachtwoord|has[lł]o|[sş]ifre|parola|пароль|ключ|كلمة (?:السر|المرور)|رمز عبور|"
    r"סיסמה|סיסמא|पासवर्ड|パスワード|비밀번호|密码|密碼|口令|mật khẩu|รหัสผ่าน|pwd|pin|"
    r"api[ _-]?(?:key|token)|secret(?:[ _-]?key)?|client[ _-]?secret|"
    r"access[ _-]?(?:key|token)|auth[ _-]?token|token|private[ _-]?key|api[ _-]?schlüssel|"
    r"clé api|clave api|chave (?:da )?api|chiave api|klucz api|apiキー|api 키|api密钥|api密鑰)"
)
_VALUE = re.compile(
    r"(?:[:=：＝]|\b(?:is|ist|est|es|é|to)\b|は|是|为)\s*[\"'`“]?"
    r"(?P<value>[^\s\"'`“”,;<>{}()]{6,80})",
    re.IGNORECASE,
)
_NAME_BEFORE = re.compile(rf"(?<!\w)[\"']?{_NAME}[\"']?(?:[ _]\w{{1,12}})?\s*$", re.IGNORECASE)
# "the password Xk9!pq72": without a sign between, only what nobody would take for a word.
_BESIDE = re.compile(r"(?<=[ \"'`“«])(?P<value>[^\s\"'`“”«»,;<>{}()]{8,80})")
NAME_CHARS = 48  # the longest name of a password, with room for a word after it
# Every known key has so long a run with a digit in it, or a marker of its own: a cheap first look.
_LONG_RUN = re.compile(r"[A-Za-z0-9_.~+/=-]{14,}")
_DIGIT = re.compile("[0-9]")
_MARKERS = ("PRIVATE KEY", "://", "sk-")
_STARS = re.compile(r"^[*•x.…_-]+$", re.IGNORECASE)


def check_secrets(source: Source, rule: Rule) -> Iterator[Match]:
    """Key shapes of known makers, and a value given after the word for a password."""
    del rule
    text = source.text
    if _may_hold_a_key(text):
        for found in _KEYS.finditer(text):
            yield Match(found.span(), fix=Fix("Remove it", ""))
    for found in _VALUE.finditer(text):
        before = text[max(0, found.start() - NAME_CHARS) : found.start()]
        if _looks_secret(found["value"]) and _NAME_BEFORE.search(before):
            yield Match(found.span("value"), fix=Fix("Remove it", ""))
    for found in _BESIDE.finditer(text) if _DIGIT.search(text) else ():
        before = text[max(0, found.start() - NAME_CHARS) : found.start()].rstrip("\"'`“« ")
        if _is_jumble(found["value"]) and _NAME_BEFORE.search(before):
            yield Match(found.span("value"), fix=Fix("Remove it", ""))


def _is_jumble(value: str) -> bool:
    value = value.rstrip(".!?。:")
    kinds = (str.isupper, str.islower, str.isdigit, lambda char: char in "!@#$%^&*+=~")
    return (
        "://" not in value
        and any(map(str.isdigit, value))
        and sum(any(map(kind, value)) for kind in kinds) >= 3
    )


def _may_hold_a_key(text: str) -> bool:
    if any(marker in text for marker in _MARKERS):
        return True
    return any(_DIGIT.search(found.group()) for found in _LONG_RUN.finditer(text))


def _looks_secret(value: str) -> bool:
    """Has a digit or a sign between letters: "hunter2!", not "reset" or "https://…"."""
    value = value.rstrip(".!?。")
    if (
        len(value) < 6
        or _STARS.match(value)
        or "://" in value
        or ("@" in value[1:-1] and "." in value)
    ):
        return False
    digits = any(char.isdigit() for char in value)
    letters = any(char.isalpha() for char in value)
    signs = any(char in "!@#$%^&*+=~_-/\\?" for char in value)
    return (digits and (letters or len(value) >= 8)) or (letters and signs and not _is_words(value))


def _is_words(value: str) -> bool:
    return re.fullmatch(r"[^\W\d_]+(?:[-/_&][^\W\d_]+)*", value) is not None
