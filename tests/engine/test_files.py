"""Files that appear whole or not at all, whatever fails on the way."""

import ast
import errno
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from genchat.engine.files import move, put_in_place, tidy, write_atomically, write_folder

ROOT = Path(__file__).parents[2]


class Full(OSError):
    """What a full disk says."""

    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, os.strerror(errno.ENOSPC))


def refuse(*_: object) -> None:
    raise Full


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("content", ["olá\n", "olá\n".encode(), lambda path: path.write_text("olá\n", "utf-8")])
def test_bytes_a_text_and_what_a_writer_writes_arrive_alike(tmp_path: Path, content: str) -> None:
    file = tmp_path / "new" / "folder" / "file.txt"
    write_atomically(file, content)
    assert file.read_bytes() == "olá\n".encode()
    assert names(file.parent) == ["file.txt"]


@pytest.mark.parametrize("failing", ["os.replace", "os.fsync"])
@pytest.mark.parametrize("part", [None, "file.txt.part"])
def test_a_failure_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, part: str | None
) -> None:
    file = tmp_path / "file.txt"
    file.write_text("old")
    monkeypatch.setattr(failing, refuse)
    with pytest.raises(Full):
        write_atomically(file, "new", part=None if part is None else tmp_path / part)
    assert file.read_text() == "old"
    assert names(tmp_path) == ["file.txt"]


@pytest.mark.parametrize("error", [Full, KeyboardInterrupt])
def test_a_writer_that_fails_in_the_middle_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def write(path: Path) -> None:
        path.write_text("half")
        raise error

    with pytest.raises(error):
        write_atomically(tmp_path / "file.txt", write)
    assert names(tmp_path) == []


def test_the_content_is_on_the_disk_before_the_name_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    sync, rename = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        order.append("folder" if os.path.samestat(os.fstat(descriptor), tmp_path.stat()) else "file")
        sync(descriptor)

    def renamed(source: Path, target: Path) -> None:
        order.append("rename")
        rename(source, target)

    monkeypatch.setattr("os.fsync", synced)
    monkeypatch.setattr("os.replace", renamed)
    write_atomically(tmp_path / "file.txt", "new")
    assert order == ["file", "rename", "folder"]


def test_a_folder_that_cannot_be_synced_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync

    def refused(descriptor: int) -> None:
        if os.path.samestat(os.fstat(descriptor), tmp_path.stat()):
            raise OSError(errno.EINVAL, "not here")
        sync(descriptor)

    monkeypatch.setattr("os.fsync", refused)
    write_atomically(tmp_path / "file.txt", "new")
    assert (tmp_path / "file.txt").read_text() == "new"


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_permissions_are_those_asked_for_or_those_of_the_old_file_or_what_the_umask_leaves(tmp_path: Path) -> None:
    file = tmp_path / "file.txt"

    def mode() -> int:
        return file.stat().st_mode & 0o777

    before = os.umask(0o027)
    try:
        write_atomically(file, "a")
        assert mode() == 0o640
        file.chmod(0o604)
        write_atomically(file, "b")
        assert mode() == 0o604
        write_atomically(file, "c", mode=0o600)
        assert mode() == 0o600
    finally:
        os.umask(before)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_private_file_is_closed_to_others_while_it_is_written(tmp_path: Path) -> None:
    seen: list[int] = []
    write_atomically(tmp_path / "keys", lambda path: seen.append(path.stat().st_mode & 0o777), mode=0o600)
    assert seen == [0o600]


def test_what_a_killed_process_left_under_a_fixed_name_is_written_over(tmp_path: Path) -> None:
    part = tmp_path / "file.part"
    part.write_text("a longer text, cut by a kill")
    write_atomically(tmp_path / "file", "new", part=part)
    assert (tmp_path / "file").read_text() == "new"
    assert names(tmp_path) == ["file"]


def test_a_part_that_cannot_be_put_in_place_stays_for_the_next_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = tmp_path / "file.part"
    part.write_text("all of it")
    with monkeypatch.context() as patched:
        patched.setattr("os.replace", refuse)
        with pytest.raises(Full):
            put_in_place(part, tmp_path / "file")
    assert names(tmp_path) == ["file.part"]
    put_in_place(part, tmp_path / "file")
    assert names(tmp_path) == ["file"]


def test_a_link_is_replaced_and_what_it_pointed_to_stays(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    write_atomically(link, "new")
    assert not link.is_symlink()
    assert (real.read_text(), link.read_text()) == ("old", "new")


def test_a_moved_file_takes_the_place_of_another(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    move(tmp_path / "a", tmp_path / "b")
    assert names(tmp_path) == ["b"]
    assert (tmp_path / "b").read_text() == "a"


def fill(path: Path) -> None:
    (path / "below").mkdir()
    (path / "below" / "weights").write_text("new")


def test_a_folder_takes_the_place_of_an_older_one_whole(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "older").write_text("old")
    write_folder(folder, fill)
    assert [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*"))] == ["below", "below/weights"]
    assert names(tmp_path) == ["model"]


def test_a_folder_that_cannot_be_filled_leaves_the_older_one(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    write_folder(folder, fill)

    def half(path: Path) -> None:
        (path / "weights").write_text("half")
        raise Full

    with pytest.raises(Full):
        write_folder(folder, half)
    assert names(tmp_path) == ["model"]
    assert names(folder) == ["below"]


@pytest.mark.parametrize("fails_at", [1, 2])
def test_a_folder_that_cannot_be_renamed_leaves_the_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    folder = tmp_path / "model"
    write_folder(folder, fill)
    rename, calls = os.replace, 0
    monkeypatch.setattr("genchat.engine.files._exchange", lambda one, other: False)  # a system without that step

    def refused(source: Path, target: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == fails_at:
            raise Full
        rename(source, target)

    monkeypatch.setattr("os.replace", refused)
    with pytest.raises(Full):
        write_folder(folder, lambda path: (path / "other").write_text("other"))
    assert names(tmp_path) == ["model"]
    assert names(folder) == ["below"]


def test_an_older_folder_that_cannot_be_put_back_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "model"
    write_folder(folder, fill)
    rename, calls = os.replace, 0
    monkeypatch.setattr("genchat.engine.files._exchange", lambda one, other: False)  # a system without that step

    def refused(source: Path, target: Path) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise Full
        rename(source, target)

    monkeypatch.setattr("os.replace", refused)
    with pytest.raises(Full):
        write_folder(folder, lambda path: (path / "other").write_text("other"))
    assert [path.read_text() for path in tmp_path.rglob("weights")] == ["new"]


def renaming(tree: ast.AST) -> Iterator[str]:
    """Calls that give a file a name, or make a temporary one: os.replace(a, b), path.replace(b), path.rename(b), …"""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
        name = node.func.attr
        alone = len(node.args) == 1 and not node.keywords  # text.replace takes two, dataclasses.replace keywords
        forbidden = {
            "os": ("replace", "rename", "renames"),
            "shutil": ("move",),
            "tempfile": ("mkstemp", "mkdtemp", "NamedTemporaryFile"),
        }
        if name in forbidden.get(owner, ()) or (name in ("replace", "rename") and alone):
            yield f"line {node.lineno}: {owner}.{name}"


def test_a_folder_is_there_at_every_moment_while_it_is_replaced(tmp_path: Path) -> None:
    """A reader that looks all the time never finds it gone: the two folders exchange their names in one step."""
    folder = tmp_path / "model"
    write_folder(folder, lambda where: (where / "card").write_text("0"))
    over, missing = threading.Event(), []

    def look() -> None:
        while not over.is_set():
            try:
                (folder / "card").read_text()
            except OSError as error:
                missing.append(error)

    looking = threading.Thread(target=look)
    looking.start()
    for number in range(60):
        write_folder(folder, lambda where, number=number: (where / "card").write_text(str(number)))  # type: ignore[misc]
    over.set()
    looking.join()
    if sys.platform == "linux":
        # Its old content may go while it is read; the name never does.
        assert not [error for error in missing if not folder.exists()]
        assert len(missing) < 60
    assert (folder / "card").read_text() == "59"
    assert os.listdir(tmp_path) == ["model"]


def test_a_process_that_is_killed_at_any_moment_leaves_the_old_folder_or_the_new(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from genchat.engine.files import write_folder\n"
        "for number in range(100000):\n"
        "    write_folder(Path(sys.argv[1]), lambda where: (where / 'card').write_text(str(number)))\n"
        "    print(number, flush=True)\n"
    )
    folder = tmp_path / "model"
    for after in range(1, 13):
        child = subprocess.Popen(
            [sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
        )
        assert child.stdout is not None
        for _ in range(after):
            child.stdout.readline()
        child.kill()
        child.wait()
        child.stdout.close()
        assert (folder / "card").read_text().isdigit()


def test_what_killed_processes_left_long_ago_is_tidied_up_and_what_was_set_aside_is_put_back(tmp_path: Path) -> None:
    old, young, aside = (tmp_path / f".{name}-0123456789ab.tmp" for name in ("old", "young", "model"))
    old.mkdir()
    young.mkdir()
    (aside / "model").mkdir(parents=True)
    (aside / "model" / "card").write_text("kept")
    for each in (old, aside):
        os.utime(each, (0, 0))
    tidy(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted([young.name, "model"])
    assert (tmp_path / "model" / "card").read_text() == "kept"


def test_files_are_renamed_in_one_module_alone() -> None:
    sources = [path for folder in ("engine", "tui", "corpora") for path in sorted((ROOT / folder).rglob("*.py"))]
    using = {
        path.relative_to(ROOT).as_posix(): calls
        for path in [*sources, *(ROOT / "genchat").glob("*.py")]
        if (calls := list(renaming(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert using.keys() == {"engine/files.py"}


@pytest.mark.parametrize(
    "line", ["os.replace(a, b)", "os.rename(a, b)", "a.replace(b)", "Path(a).rename(b)", "tempfile.mkstemp()"]
)
def test_a_call_that_renames_is_seen(line: str) -> None:
    assert list(renaming(ast.parse(line)))


@pytest.mark.parametrize("line", ["text.replace(a, b)", "replace(each, name=b)", "history.rename(a, title)"])
def test_a_call_that_renames_no_file_is_not(line: str) -> None:
    assert not list(renaming(ast.parse(line)))
