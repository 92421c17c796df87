"""Which process a half-written reply belongs to, so that only replies of dead processes are called interrupted.

A process is known by pid and start time on its host: machine and process namespace, the column `place` of the file. On
the same host Linux tells whether it lives; from elsewhere, or where that cannot be asked, a process that has not
written anything for STALE counts as dead.
"""

import os
import platform
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

STALE = timedelta(minutes=10)
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process on one host. `started` is its start time, empty where the system does not tell."""

    host: str
    pid: int
    started: str


def own_identity() -> ProcessIdentity:
    """The result is the identity of this process."""
    pid = os.getpid()
    return ProcessIdentity(_host(), pid, start_time(pid) or "")


def start_time(pid: int) -> str | None:
    """The result is when that process started, as the system counts it; None if there is none or the system does not
    tell.
    """
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        # The name in parentheses may hold anything, spaces and parentheses too; field 22 is the start time.
        after_name = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        state, started = after_name[0], after_name[19]
    except (OSError, IndexError):
        return None
    return None if state in ("Z", "X") else f"{boot}:{started}"


def _host() -> str:
    try:
        namespace = os.readlink(_PROC / "self/ns/pid")
    except OSError:
        namespace = ""
    return f"{platform.node()} {namespace}"


def take_lease(connection: sqlite3.Connection, identity: ProcessIdentity, now: str) -> int:
    """Enter this process in the file; returns the number its replies carry. Within a transaction."""
    row = connection.execute(
        "INSERT INTO process(place, pid, started, seen) VALUES (?, ?, ?, ?) RETURNING id",
        (identity.host, identity.pid, identity.started, now),
    ).fetchone()
    return int(row[0])


def interrupt_replies_of_the_dead(connection: sqlite3.Connection, here: ProcessIdentity, now: datetime) -> int:
    """Mark what dead processes left streaming as interrupted and forget them; how many replies. In a transaction."""
    marked = 0
    rows = connection.execute("SELECT id, place, pid, started, seen FROM process").fetchall()
    for lease, host, pid, started, seen in rows:
        if host == here.host and here.started and started:
            dead = start_time(pid) != started
        else:
            dead = now - datetime.fromisoformat(seen) > STALE
        if dead:
            marked += end_lease(connection, lease)
    return marked


def end_lease(connection: sqlite3.Connection, lease: int) -> int:
    """Mark what that process left streaming as interrupted and forget it; how many replies. In a transaction."""
    marked = connection.execute(
        "UPDATE message SET status = 'interrupted' WHERE process = ? AND status = 'streaming'", (lease,)
    ).rowcount
    connection.execute("DELETE FROM process WHERE id = ?", (lease,))
    return marked
