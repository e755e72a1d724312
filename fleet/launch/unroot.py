"""Run a command as somebody other than root, for programs that refuse root (PostgreSQL).

Run as a script on the bare interpreter: `python -I -S unroot.py HOW [--tie SIGNAL] -- COMMAND...`

HOW is `namespace`: a user namespace in which the caller's uid is called 1000, so files stay
the caller's own (works where user namespaces are allowed); or `UID:GID`: a real switch to an
existing unprivileged user who keeps, on Linux, only the right to read and pass through
directories (CAP_DAC_OVERRIDE), so that a checkout in a private home can still be reached
without touching the permissions of any folder.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import struct
import sys

CLONE_NEWUSER = 0x10000000  # linux/sched.h
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT = 1, 8, 47  # linux/prctl.h
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1  # linux/capability.h
CAPABILITY_VERSION_3 = 0x20080522
NAMESPACE_ID = 1000
"""What root is called inside the namespace; any number but 0 would do."""


def main(argv: list[str]) -> int:
    """Change who we are, then become the command; 126 where that is denied."""
    how, rest = argv[0], argv[1:]
    tie = signal.Signals[f"SIG{rest[1]}"] if rest[0] == "--tie" else None
    command = rest[rest.index("--") + 1 :]
    parent = os.getppid()
    try:
        if how == "namespace":
            enter_namespace()
        else:
            uid, gid = how.split(":")
            switch_user(int(uid), int(gid))
    except OSError as problem:
        print(f"cannot leave root: {problem}", file=sys.stderr)
        return 126
    if tie is not None and sys.platform.startswith("linux"):
        # Set last: the kernel forgets it at every change of user.
        _call("prctl", PR_SET_PDEATHSIG, int(tie), 0, 0, 0)
        if os.getppid() != parent:
            return 1
    os.execv(command[0], command)  # noqa: S606 - becoming it is the purpose


def enter_namespace() -> None:
    """Enter a user namespace where we are not root; OSError where the system denies it."""
    uid, gid = os.geteuid(), os.getegid()
    _call("unshare", CLONE_NEWUSER)
    with contextlib.suppress(FileNotFoundError):
        _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{NAMESPACE_ID} {uid} 1")
    _write("/proc/self/gid_map", f"{NAMESPACE_ID} {gid} 1")


def switch_user(uid: int, gid: int) -> None:
    """Become `uid`; on Linux keep CAP_DAC_OVERRIDE across the exec where we hold it."""
    linux = sys.platform.startswith("linux")
    if linux:
        _call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if linux:
        bit = 1 << CAP_DAC_OVERRIDE
        header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
        _call("capset", header, struct.pack("6I", bit, bit, bit, 0, 0, 0))
        _call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def _call(name: str, *args: int | bytes) -> None:
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    values = [ctypes.c_ulong(arg) if isinstance(arg, int) else arg for arg in args]
    if function(*values) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
