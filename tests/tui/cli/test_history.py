"""`genchat history` and what one-shot prompts leave in it."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.tui.cli.conftest import Run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "data" / "history.db"


def listed(genchat: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(genchat("history", "list", "--json").stdout)
    return found


def test_a_prompt_is_kept_and_can_be_read_again(genchat: Run, file: Path) -> None:
    genchat("bom dia")
    (conversation,) = listed(genchat)
    assert conversation["messages"] == 2
    shown = genchat("history", "show").stdout
    assert shown == "you\nbom dia\n\nscript\nOlá, mundo!\n\n"
    assert file.stat().st_mode & 0o077 == 0


def test_continue_goes_on_with_the_latest_conversation_and_its_model(genchat: Run) -> None:
    first = json.loads(genchat("one", "-m", "hash", "-n", "3", "--json").stdout)
    again = json.loads(genchat("-c", "two", "-n", "3", "--json").stdout)
    assert again["conversation"] == first["conversation"]
    assert again["model"] == "hash"
    document = json.loads(genchat("history", "export", "--no-traces").stdout)
    assert [message["role"] for message in document["messages"]] == ["user", "assistant"] * 2


def test_cid_goes_on_with_the_conversation_that_is_named(genchat: Run) -> None:
    first = json.loads(genchat("one", "--json").stdout)["conversation"]
    genchat("another")
    again = json.loads(genchat("two", "--cid", first[:8], "--json").stdout)
    assert again["conversation"] == first
    assert sorted(each["messages"] for each in listed(genchat)) == [2, 4]


def test_a_conversation_can_be_continued_without_being_added_to(genchat: Run) -> None:
    genchat("one")
    done = json.loads(genchat("-c", "two", "--no-log", "--json").stdout)
    assert (done["text"], done["conversation"]) == ("Olá, mundo!", None)
    assert [each["messages"] for each in listed(genchat)] == [2]


@pytest.mark.parametrize(("options", "variables"), [(("--no-log",), {}), ((), {"GENCHAT_HISTORY_KEEP": "no"})])
def test_nothing_is_kept_when_nothing_shall_be(
    genchat: Run, file: Path, options: tuple[str, ...], variables: dict[str, str]
) -> None:
    done = genchat("secret", *options, env=variables)
    assert done.stdout == "Olá, mundo!\n"
    assert not file.exists()


def test_reading_an_absent_history_makes_none(genchat: Run, file: Path) -> None:
    assert listed(genchat) == []
    assert genchat("history").returncode == 0
    done = genchat("history", "show")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert genchat("history", "path").stdout == f"{file}\n"
    assert not file.parent.exists()


def test_search_finds_without_accents_and_says_when_it_finds_nothing(genchat: Run) -> None:
    genchat("Uma AÇÃO por dia")
    (hit,) = json.loads(genchat("history", "search", "acao", "--json").stdout)
    assert "AÇÃO" in hit["excerpt"]
    nothing = genchat("history", "search", "zebra")
    assert (nothing.returncode, nothing.stdout) == (1, "")


def test_rm_asks_first_and_then_deletes_for_good(genchat: Run, file: Path) -> None:
    genchat("xyzzyplugh")
    (conversation,) = listed(genchat)
    refused = genchat("history", "rm", conversation["id"])
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    assert genchat("history", "rm", conversation["id"], "--yes").returncode == 0
    assert listed(genchat) == []
    assert b"xyzzyplugh" not in file.read_bytes()


def test_rename_gives_a_title(genchat: Run) -> None:
    genchat("x")
    genchat("history", "rename", listed(genchat)[0]["id"], "Um", "título")
    assert listed(genchat)[0]["title"] == "Um título"


def test_a_conversation_that_is_not_there_is_wrong_usage(genchat: Run) -> None:
    genchat("x")
    for arguments in (("show", "zzz"), ("rename", "zzz", "x"), ("rm", "zzz", "--yes"), ("export", "zzz")):
        done = genchat("history", *arguments)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), arguments


def test_what_made_a_reply_fail_is_shown_with_it(genchat: Run) -> None:
    genchat("oi", "-m", "gemini")  # without a key
    shown = genchat("history", "show").stdout
    assert "(failed)" in shown
    assert "keys set gemini" in shown.splitlines()[-2]


def test_export_writes_a_new_private_file_and_never_over_another(genchat: Run, tmp_path: Path) -> None:
    genchat("x")
    target = tmp_path / "out.md"
    assert genchat("history", "export", "-f", "markdown", "-o", str(target)).returncode == 0
    assert "Olá, mundo!" in target.read_text()
    assert target.stat().st_mode & 0o077 == 0
    again = genchat("history", "export", "-o", str(target))
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert "Olá, mundo!" in target.read_text()


def test_backup_check_and_purge(genchat: Run, tmp_path: Path) -> None:
    genchat("x")
    target = tmp_path / "copy.db"
    assert genchat("history", "backup", str(target)).returncode == 0
    with sqlite3.connect(target) as copy:
        assert copy.execute("SELECT count(*) FROM message").fetchone() == (2,)
    copy.close()
    assert genchat("history", "backup", str(target)).returncode == 1
    elsewhere = genchat("history", "backup", str(tmp_path / "none" / "copy.db"))
    assert elsewhere.returncode == 1
    assert elsewhere.stderr.startswith(f"genchat: {tmp_path / 'none' / 'copy.db'} cannot be written")
    report = json.loads(genchat("history", "check", "--json").stdout)
    assert report["sound"]
    assert (report["conversations"], report["messages"]) == (1, 2)
    assert genchat("history", "purge").returncode == 0


def test_a_file_of_another_program_is_left_alone_and_the_prompt_still_answered(genchat: Run, file: Path) -> None:
    file.parent.mkdir(parents=True)
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = file.read_bytes()
    done = genchat("x")
    assert (done.returncode, done.stdout) == (0, "Olá, mundo!\n")
    assert "not saved" in done.stderr
    assert file.read_bytes() == before
    refused = genchat("history", "list")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)


def test_a_damaged_file_is_set_aside_and_said(genchat: Run, file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(b"this is no database" * 100)
    done = genchat("x")
    assert (done.returncode, done.stdout) == (0, "Olá, mundo!\n")
    (aside,) = file.parent.glob("history.db.corrupt-*")
    assert aside.read_bytes() == b"this is no database" * 100
    assert str(aside) in done.stderr


def test_a_home_that_cannot_be_written_still_answers(genchat: Run, tmp_path: Path) -> None:
    home = tmp_path / "not-a-folder"
    home.write_text("")
    done = genchat("x", env={"GENCHAT_HOME": str(home)})
    assert (done.returncode, done.stdout) == (0, "Olá, mundo!\n")
    assert "not saved" in done.stderr


def test_a_page_is_written_to_a_file_or_a_pipe_and_only_one_form_is_chosen(genchat: Run, tmp_path: Path) -> None:
    genchat("<script>alert(1)</script>", "-m", "hash", "-n", "5")
    target = tmp_path / "page.html"
    assert genchat("history", "export", "--html", "-o", str(target)).returncode == 0
    page = target.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "<script>alert" not in page
    assert genchat("history", "export", "-f", "html").stdout == page
    refused = genchat("history", "export", "--html", "--json")
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)


def test_what_was_exported_can_be_deleted_and_imported_again(genchat: Run, tmp_path: Path) -> None:
    genchat("Uma AÇÃO por dia", "-m", "hash", "-n", "5")
    target = tmp_path / "talk.json"
    genchat("history", "export", "--json", "-o", str(target))
    (conversation,) = listed(genchat)
    taken = genchat("history", "import", str(target))
    assert (taken.returncode, taken.stderr.count("\n")) == (2, 1)
    assert "--copy" in taken.stderr
    assert genchat("history", "import", "--copy", str(target)).returncode == 0
    assert len(listed(genchat)) == 2
    genchat("history", "rm", conversation["id"], "--yes")
    assert genchat("history", "import", str(target)).returncode == 0
    assert conversation["id"] in [each["id"] for each in listed(genchat)]
    first, again = (
        json.loads(text) for text in (target.read_text(), genchat("history", "export", conversation["id"]).stdout)
    )
    assert [message["tokens"] for message in first["messages"][1:]] == [m["tokens"] for m in again["messages"][1:]]


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"genchat": 1, "conversation": {"title": "\x1b[2J"}}'])
def test_a_file_that_is_no_export_is_refused_in_one_line(
    genchat: Run, file: Path, tmp_path: Path, content: bytes
) -> None:
    source = tmp_path / "bad.json"
    source.write_bytes(content)
    done = genchat("history", "import", str(source))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "\x1b" not in done.stderr
    assert not file.exists()
