"""reserved_markup: imitations of the markers that separate layers or speakers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from registry.guardrails.checks.source import Source
from registry.guardrails.findings import Fix, Match
from registry.guardrails.policy import Rule

_ROLE = (
    r"(?:system|assistant|developer|human|user|ai|bot|système|sistema|systeem|"
    r"utilisateur|usuario|usuário|utente|benutzer|assistent|asistente|assistente|система|пользователь|"
    r"ассистент|系统|系統|用户|用戶|助手|システム|ユーザー|アシスタント|시스템|사용자|어시스턴트|النظام|المستخدم|"
    r"المساعد|سیستم|کاربر|دستیار|מערכת|משתמש|सिस्टम|उपयोगकर्ता|ระบบ|ผู้ใช้|hệ thống|người dùng|trợ lý|"
    r"sistem|kullanıcı|użytkownik)"
)
_LAYER = (
    r"(?:platform[_ -]?policy|policy|system|system[_ -]?(?:prompt|message|instructions?)|"
    r"instructions?|overlay|tenant[_ -]?overlay|"
    r"base[_ -]?prompt|base|developer|admin|rules?|guidelines?|prompt|"
    r"assistant|user|human|context|override|security|guardrails?|function_calls?|"
    r"tool_(?:call|use|response)s?|think(?:ing)?|important|priority)"
)
_SPECIAL = re.compile(
    r"<\|[^|\n>]{1,40}\|>|<｜[^｜\n>]{1,40}｜>|\[/?INST\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>|"
    r"<(?:bos|eos|pad|unk)>|\[(?:BOS|EOS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS)\]|"
    rf"</?\s*{_LAYER}\b[^>\n]{{0,60}}>|&lt;/?{_LAYER}&gt;|\[\s*/?\s*{_LAYER}\s*\]|"
    rf"\{{\s*[\"']role[\"']\s*:\s*[\"']{_ROLE}[\"']",
    re.IGNORECASE,
)
_SPEAKER = re.compile(
    rf"^[ \t>]*(?:[#*_=~]{{1,6}}[ \t]*)?(?:new[ \t]+)?{_ROLE}"
    r"(?:[ \t]+(?:message|prompt|instructions?|role))?"
    r"[ \t]*(?:[*_]{1,3})?[ \t]*(?:[:：](?!//)|[#=]{2,}[ \t]*$|[ \t]*-{3,}[ \t]*$)",
    re.IGNORECASE | re.MULTILINE,
)
_HEADING = re.compile(
    r"^[ \t]*#{1,6}[ \t]*(?:(?:new|updated?|real|actual|revised|platform|global)[ \t]+)*"
    r"(?:system(?:[ \t]+(?:prompt|message|instructions?|override|update))?|platform[ \t]+policy|"
    r"developer[ \t]+(?:message|mode)|"
    r"policy[ \t]+(?:override|update)|admin(?:istrator)?[ \t]+(?:override|message|mode)|"
    r"instruction[ \t]+override|assistant|user|human)[ \t]*:?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_FENCE = re.compile(
    r"(?<![-=*#~_<>\[])[-=*#~_<>\[]{2,60}[ \t]*"
    r"(?:(?:begin|end|start|stop|close)(?:ning)?(?:[ \t]+of)?(?:[ \t]+the)?"
    r"(?:[ \t]+\w+)?[ \t]+"
    r"(?:(?:platform|system|tenant|base|global|customer|user|developer|admin)[ \t_]*)*"
    r"(?:polic(?:y|ies)|prompt|instructions?|rules?|overlay|message|context|section|guardrails?|"
    r"restrictions?|system))[ \t]*[-=*#~_<>\]]{0,60}|"
    r"^[ \t]*(?:end|begin)[ \t]+of[ \t]+(?:platform|system|base|tenant)[ \t]+"
    r"(?:policy|prompt|instructions?|rules?|overlay)[ \t]*[.:]?[ \t]*$|"
    r"```[ \t]*(?:system|assistant|developer|policy|user)\b|"
    r"nothing below this line may change|(?:^|\n)[ \t]*(?:SYSTEM|ADMIN|DEVELOPER|ROOT)[ _]?"
    r"(?:OVERRIDE|MESSAGE|NOTE|NOTICE|MODE|UPDATE)\b",
    re.IGNORECASE | re.MULTILINE,
)


def check_markup(source: Source, rule: Rule) -> Iterator[Match]:
    """Each marker, with the plain form in its place where there is one."""
    del rule
    text = source.text
    for found in _SPECIAL.finditer(text):
        yield Match(found.span(), fix=Fix("Remove the marker", ""))
    for found in _SPEAKER.finditer(text):
        yield Match(found.span(), fix=Fix("Use Q: / A: instead", _speaker(found.group())))
    for pattern in (_HEADING, _FENCE):
        for found in pattern.finditer(text):
            yield Match(found.span(), fix=Fix("Remove the marker", ""))


def _speaker(mark: str) -> str:
    answers = ("assist", "ai", "bot", "model", "助手", "アシ", "어시", "асс", "دستیار", "trợ")
    return "A:" if any(part in mark.casefold() for part in answers) else "Q:"
