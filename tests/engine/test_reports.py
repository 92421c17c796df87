"""A report of an internal fault shows no command to a terminal that prints it."""

from pathlib import Path

from genchat.engine.paths import Paths
from genchat.engine.reports import write_report
from genchat.engine.text import safe


def test_a_report_holds_control_codes_of_a_message_in_their_visible_form(tmp_path: Path) -> None:
    where = write_report(ValueError("bad \x1b]0;PWNED\x07 and \x9b31m"), Paths(tmp_path, tmp_path, tmp_path), ["a"])
    assert where is not None
    text = where.read_text(encoding="utf-8")
    assert "PWNED" in text
    assert safe(text) == text
