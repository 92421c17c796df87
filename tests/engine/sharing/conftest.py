"""A browser for the pages, and a hostile conversation."""

from collections.abc import Iterator

import pytest

from genchat.engine.history import NullHistory
from tests.browser import Page, chromium, running


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One tab for all tests; skipped where no Chromium is installed."""
    program = chromium()
    if program is None:
        pytest.skip("no Chromium is installed (Debian's package is chromium)")
    with running(program, tmp_path_factory.mktemp("browser") / "profile") as page:
        yield page


@pytest.fixture
def history() -> Iterator[NullHistory]:
    kept = NullHistory(secrets=tuple)
    yield kept
    kept.close()
