"""A mail server for tests: SMTP (RFC 5321) on a socket; it says what it is told to say."""

from __future__ import annotations

import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage

OK, HELLO, GO_ON = "250 OK", "250-mail.test\r\n250 8BITMIME", "354 End with a dot"


class Postbox(socketserver.ThreadingTCPServer):
    """`mails`: those it took. `answers`: command -> what it says instead of yes."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.mails: list[EmailMessage] = []
        self.to: list[str] = []
        self.answers: dict[str, str] = {}

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def __enter__(self) -> Postbox:
        threading.Thread(target=self.serve_forever, args=[0.01], daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self.shutdown()
        self.server_close()


class _Conversation(socketserver.StreamRequestHandler):
    """One connection, until it says QUIT or hangs up."""

    server: Postbox

    def handle(self) -> None:
        self._say("220 mail.test")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            self._say(self.server.answers.get(verb, {"EHLO": HELLO, "DATA": GO_ON}.get(verb, OK)))
            if verb == "RCPT" and verb not in self.server.answers:
                self.server.to.append(line.partition("<")[2].partition(">")[0])
            if verb == "DATA" and verb not in self.server.answers:
                self._take()
            if verb == "QUIT":
                return

    def _take(self) -> None:
        """Read the mail; what a dot was put before has it taken off."""
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        said = self.server.answers.get(".", OK)
        if said == OK:
            mail = message_from_bytes(b"".join(lines), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.server.mails.append(mail)
        self._say(said)

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())
