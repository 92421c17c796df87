"""API keys: where they are found, how they are kept, and that nothing shows them."""

import json
import os
import stat
from pathlib import Path
from typing import NoReturn

import pytest

from genchat.engine.errors import SettingsError, UsageError
from genchat.engine.keys import ApiKey, find_key, is_sendable, remove_key, store_key, stored_keys
from genchat.engine.paths import paths
from genchat.engine.redaction import known_keys, redact

KEY = "no-known-shape-but-a-key-0123456789"


@pytest.fixture
def file() -> Path:
    return paths().keys


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestFinding:
    def test_the_first_variable_goes_before_the_second_and_both_before_the_file(self, file: Path) -> None:
        store_key("gemini", KEY, file)
        both = {"GEMINI_API_KEY": "first", "GOOGLE_API_KEY": "second"}
        assert find_key("gemini", file, both) == ApiKey("first", "GEMINI_API_KEY")
        assert find_key("gemini", file, {"GOOGLE_API_KEY": "second"}) == ApiKey("second", "GOOGLE_API_KEY")
        assert find_key("gemini", file, {"GEMINI_API_KEY": "  "}) == ApiKey(KEY, str(file))

    def test_no_key_is_none(self, file: Path) -> None:
        assert find_key("gemini", file, {}) is None

    def test_spaces_around_a_key_are_no_part_of_it(self, file: Path) -> None:
        assert find_key("gemini", file, {"GEMINI_API_KEY": f" {KEY}\n"}) == ApiKey(KEY, "GEMINI_API_KEY")

    @pytest.mark.parametrize("content", ["{", "[]", '{"gemini": 3}', "\xff"])
    def test_a_damaged_file_is_said_to_be_one(self, file: Path, content: str) -> None:
        file.parent.mkdir(parents=True)
        file.write_bytes(content.encode("latin-1"))
        with pytest.raises(SettingsError, match="damaged"):
            find_key("gemini", file, {})
        assert known_keys() == ()


class TestStoring:
    def test_the_file_is_its_owners_alone(self, file: Path) -> None:
        before = os.umask(0)
        try:
            store_key("gemini", KEY, file)
        finally:
            os.umask(before)
        assert mode(file) == 0o600
        assert mode(file.parent) == 0o700
        assert json.loads(file.read_text()) == {"gemini": KEY}
        assert [path.name for path in file.parent.iterdir()] == [file.name]

    def test_a_file_that_others_can_read_is_closed(self, file: Path) -> None:
        store_key("gemini", KEY, file)
        file.chmod(0o644)
        assert stored_keys(file) == {"gemini": KEY}
        assert mode(file) == 0o600

    def test_a_key_can_be_forgotten(self, file: Path) -> None:
        store_key("gemini", KEY, file)
        assert remove_key("gemini", file)
        assert not remove_key("gemini", file)
        assert KEY not in file.read_text()

    @pytest.mark.parametrize("value", ["", "   ", "short", "has a space in the middle of it", "ação" * 8, "a\nb" * 12])
    def test_what_cannot_be_a_key_is_refused_without_being_repeated(self, file: Path, value: str) -> None:
        with pytest.raises(UsageError) as caught:
            store_key("gemini", value, file)
        assert value.strip() == "" or value not in str(caught.value)
        assert not file.exists()

    def test_an_unknown_service_is_named(self, file: Path) -> None:
        with pytest.raises(UsageError, match="gemini"):
            store_key("chatgpt", KEY, file)

    def test_a_full_disk_is_said_and_leaves_nothing_behind(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> NoReturn:
            raise OSError(28, "No space left on device")

        store_key("gemini", KEY, file)
        monkeypatch.setattr(os, "fsync", refuse)
        with pytest.raises(SettingsError, match="No space left"):
            store_key("gemini", KEY + "-new", file)
        assert stored_keys(file) == {"gemini": KEY}
        assert [path.name for path in file.parent.iterdir()] == [file.name]

    def test_a_place_that_cannot_be_read_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(SettingsError, match="cannot be read"):
            find_key("gemini", tmp_path / "file" / "keys.json", {})


class TestHiding:
    def test_a_key_is_not_in_its_repr(self) -> None:
        assert KEY not in repr(ApiKey(KEY, "x"))
        assert KEY not in f"{ApiKey(KEY, 'x')}"
        assert ApiKey(KEY, "x").hint == "…6789"
        assert ApiKey("short", "x").hint == "…"

    def test_stored_keys_are_taken_out_of_text(self, file: Path) -> None:
        store_key("gemini", KEY, file)
        assert KEY not in redact(f"my key is {KEY}, thanks")

    def test_headers_take_plain_characters_only(self) -> None:
        assert is_sendable(KEY)
        assert not any(is_sendable(value) for value in ("", "a b", "a\nb", "ção", "a\x7fb"))
