"""Several genchats on one file, and genchats killed while they write: real processes."""

import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from genchat.engine.history import HistoryStore
from genchat.engine.history.lease import own_identity
from tests.engine.history.makers import ask, bytes_on_disk

# Streams replies for ever; prints every message when its `finish` or `add_message` has returned.
_STREAM = """
import sys
from pathlib import Path
from genchat.engine.history import HistoryStore
from tests.engine.history.makers import ask, run, words, events
store = HistoryStore.open(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    question = ask(store, f"pergunta {number}")
    print("kept", question.id, flush=True)
    recorder = store.begin_reply(question, run())
    for step in words(f"resposta {number} " + "palavra " * 30):
        recorder.add(step)
        recorder.checkpoint()
        if step.position == 10:
            print("streaming", recorder.message.id, flush=True)
    message = recorder.finish("done")
    print("kept", message.id, flush=True)
store.close()
"""

# Is in the middle of a reply until its input ends.
_HALF = """
import sys
from pathlib import Path
from genchat.engine.history import HistoryStore
from tests.engine.history.makers import ask, run, words
store = HistoryStore.open(Path(sys.argv[1]))
recorder = store.begin_reply(ask(store), run())
for step in words("uma resposta"):
    recorder.add(step)
recorder.checkpoint()
store.rename(recorder.message.conversation, "written in order, so the checkpoint is written")
print(recorder.message.id, flush=True)
sys.stdin.read()
"""

_START = """
import sys
from pathlib import Path
from genchat.engine.history import HistoryStore
from tests.engine.history.makers import ask
sys.stdin.readline()
store = HistoryStore.open(Path(sys.argv[1]))
ask(store, "oi")
store.close()
"""


def start(program: str, path: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, str(path), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )


def kill_while_streaming(path: Path, after: int) -> tuple[set[int], int]:
    """Start a genchat, kill it some lines after it began; messages it said were kept, and the one it was at."""
    process = start(_STREAM, path, "100000")
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(after)]
    process.send_signal(signal.SIGKILL)
    rest, errors = process.communicate()
    assert errors == ""
    # The last line may have been cut short in the pipe: only whole ones count.
    said = re.findall(r"(kept|streaming) (\d+)\n", "".join(lines) + rest)
    kept = {int(number) for word, number in said if word == "kept"}
    return kept, max(int(number) for _, number in said)


def check_after_kills(path: Path, kept: set[int]) -> None:
    with HistoryStore.open(path) as store:
        report = store.check()
        assert report.problems == ()
        assert store.notices == ()
        stored = {}
        for conversation in store.conversations(limit=100_000):
            for message in store.tree(conversation.id):
                stored[message.id] = message
        assert {number for number in kept if stored[number].status == "done"} == kept
        assert "streaming" not in {message.status for message in stored.values()}
        for number in kept:
            assert stored[number].text.startswith(("pergunta", "resposta"))
        halves = [message.text for message in stored.values() if message.status == "interrupted"]
        assert all(text == "" or text.startswith("resposta") for text in halves)


def test_a_killed_genchat_loses_nothing_it_said_it_kept(path: Path) -> None:
    kept: set[int] = set()
    for after in (2, 5):
        more, _ = kill_while_streaming(path, after)
        kept |= more
    check_after_kills(path, kept)


@pytest.mark.slow
def test_thirty_killed_genchats_lose_nothing_they_said_they_kept(path: Path) -> None:
    kept: set[int] = set()
    for round_number in range(30):
        more, _ = kill_while_streaming(path, 1 + round_number)
        kept |= more
        if round_number % 10 == 9:
            check_after_kills(path, kept)


@pytest.mark.skipif(own_identity().started == "", reason="the system does not tell which processes live")
def test_a_reply_is_interrupted_only_when_its_genchat_is_dead(path: Path) -> None:
    process = start(_HALF, path)
    assert process.stdout is not None
    message = int(process.stdout.readline())
    with HistoryStore.open(path) as store:
        assert (store.message(message).text, store.message(message).status) == ("uma resposta", "streaming")
    process.kill()
    process.communicate()
    with HistoryStore.open(path) as store:
        assert (store.message(message).text, store.message(message).status) == ("uma resposta", "interrupted")


def test_two_genchats_write_and_read_one_file_at_once(path: Path) -> None:
    processes = [start(_STREAM, path, "12") for _ in range(2)]
    with HistoryStore.open(path) as store:
        outputs: list[tuple[str, str]] = []
        threads = [
            threading.Thread(target=lambda process=process: outputs.append(process.communicate()))
            for process in processes
        ]
        for thread in threads:
            thread.start()
        own = 0
        while any(thread.is_alive() for thread in threads):
            ask(store, "aqui também")
            own += 1
            store.conversations()
            store.search("resposta")
        for thread in threads:
            thread.join()
        assert [errors for _, errors in outputs] == ["", ""]
        kept = [int(number) for output, _ in outputs for number in re.findall(r"kept (\d+)", output)]
        assert len(kept) == len(set(kept)) == 2 * 12 * 2
        assert {store.message(number).status for number in kept} == {"done"}
        report = store.check()
        assert report.problems == ()
        assert report.messages == len(kept) + own


@pytest.mark.parametrize("state", ["absent", "empty", "damaged"])
def test_genchats_started_together_for_the_first_time_all_work(path: Path, state: str) -> None:
    path.parent.mkdir()
    if state != "absent":
        path.write_bytes(b"" if state == "empty" else b"not a database " * 1000)
    processes = [start(_START, path) for _ in range(4)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate()[1] for process in processes] == [""] * 4
    with HistoryStore.open(path) as store:
        assert len(store.conversations()) == 4
        assert store.check().sound
        assert len(store.copies()) == (1 if state == "damaged" else 0)


def test_a_killed_deletion_is_finished_by_the_next(path: Path) -> None:
    """Killed between deleting the rows and clearing the index: another deletion clears both."""
    with HistoryStore.open(path) as store:
        first, second = ask(store, "zarabatana"), ask(store, "outra")
        store._connections.write(
            lambda connection: connection.execute("DELETE FROM conversation WHERE id = ?", (first.conversation,))
        )
        store.delete(second.conversation)
    assert b"zarabatana" not in bytes_on_disk(path)
