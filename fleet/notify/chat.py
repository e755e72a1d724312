"""The team's channel: one post a thing, through the outbox, to an incoming webhook."""

from __future__ import annotations

import json

from django.conf import settings

from fleet import mail, posting
from registry import work
from registry.models import WorkItem

CHAT_KIND = "chat"

MOST = 3_000
"""Characters of a post: Slack cuts a longer section off (its reference of `text` blocks)."""


class NotPosted(Exception):
    """The channel did not take it. The message never holds the address, which is a secret."""


def owe(key: str, *, subject: str, body: str, path: str) -> None:
    """Owe the channel one post; nothing where no channel is set up."""
    if settings.CHAT_SECRET_URL:
        work.enqueue_many(CHAT_KIND, [(f"chat:{key}", {"text": text(subject, body, path)})])


def text(subject: str, body: str, path: str) -> str:
    """The post: the subject in bold, the body, a link. What people wrote is escaped for Slack."""
    lines = [f"*{escape(mail.one_line(subject))}*", escape(body.strip())[:MOST]]
    lines += [f"<{escape(mail.link(path))}|Open it>"] if path else []
    return "\n".join(line for line in lines if line)


def escape(words: str) -> str:
    """`&`, `<` and `>` as Slack wants them: else `<!channel>` in a reason would call everybody."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def post(item: WorkItem) -> None:
    """Post one item of the outbox. Raises NotPosted; the outbox tries again."""
    if settings.CHAT_SECRET_URL:
        body = json.dumps({"text": item.payload["text"]}).encode()
        try:
            answer = posting.post(posting.parse(settings.CHAT_SECRET_URL), body, {})
        except (posting.NotReached, posting.UnusableAddress) as why:
            raise NotPosted(str(why)) from None
        if not answer.taken:
            raise NotPosted(f"The channel answered {answer.status}.")
    work.finish(item)
