"""The key is seen by nobody: not in errors and what hangs on them, not in reprs, not in reports."""

import traceback
from collections.abc import Callable, Iterator

import pytest

from genchat.engine.contract import ReplySettings
from genchat.engine.conversation import Message, Role
from genchat.engine.gemini.backend import GeminiBackend
from genchat.engine.gemini.client import EmbedRequest
from genchat.engine.gemini.connection import Connection
from genchat.engine.gemini.errors import ErrorReader, GeminiError
from genchat.engine.paths import paths
from genchat.engine.reports import write_report
from tests.engine.gemini.conftest import KEY, ask
from tests.gemini_server import GeminiServer

Connect = Callable[..., Connection]
UNSENDABLE = "AQ.chave-com-ç-e-espaço 0123456789"
FAILING = (
    "err-400",
    "err-401",
    "err-403-leaked",
    "err-404",
    "err-429",
    "err-503",
    "html-502",
    "html-200",
    "cut-at-once",
)


def family(error: BaseException) -> Iterator[BaseException]:
    """An error with all its causes and contexts."""
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None:
            yield one
            waiting += [one.__cause__, one.__context__]


def everything(error: BaseException) -> str:
    """Whatever could be printed of an error, the variables of its frames included."""
    shown = [
        "".join(traceback.TracebackException.from_exception(one, capture_locals=True).format()) for one in family(error)
    ]
    return "\n".join([*shown, *(repr((one, one.args, vars(one))) for one in family(error))])


def assert_silent(error: BaseException) -> None:
    assert KEY not in everything(error)
    report = write_report(error, paths(), ["keys"])
    assert report is not None
    assert KEY not in report.read_text(encoding="utf-8")


@pytest.mark.parametrize("model", FAILING)
@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
def test_no_failure_carries_the_key(connect: Connect, sdk: str, model: str, streamed: bool) -> None:
    client = connect(sdk).client()
    with pytest.raises(GeminiError) as caught:
        _ = list(client.stream(ask(model))) if streamed else client.generate(ask(model))
    assert_silent(caught.value)


def test_a_service_that_repeats_the_key_is_not_repeated(connect: Connect, sdk: str, server: GeminiServer) -> None:
    server.refused_keys.add(KEY)
    client = connect(sdk).client()
    work: tuple[Callable[[], object], ...] = (
        lambda: list(client.stream(ask())),
        lambda: client.generate(ask()),
        lambda: client.embed(EmbedRequest("gemini-embedding-001", ("oi",), None, 128)),
        lambda: client.models(),
    )
    for call in work:
        with pytest.raises(GeminiError) as caught:
            call()
        assert caught.value.kind == "bad_key"
        assert "[redacted]" in str(caught.value)
        assert_silent(caught.value)


def test_a_silent_service_and_an_absent_one_carry_no_key(connect: Connect, sdk: str) -> None:
    for connection in (connect(sdk, timeout=0.2), connect(sdk, url="http://127.0.0.1:1")):
        with pytest.raises(GeminiError) as caught:
            list(connection.client().stream(ask("slow")))
        assert_silent(caught.value)


def test_through_the_backend_nothing_is_added(connect: Connect, server: GeminiServer) -> None:
    server.refused_keys.add(KEY)
    backend = GeminiBackend(connect(), "gemini-flash-latest", told_folder=paths().config)
    with pytest.raises(GeminiError) as caught:
        list(backend.reply((Message(Role.USER, "oi"),), ReplySettings()))
    assert_silent(caught.value)


def test_a_key_that_no_header_can_carry_is_refused_before_it_is_sent(connect: Connect, server: GeminiServer) -> None:
    with pytest.raises(GeminiError) as caught:
        connect(key=UNSENDABLE).client()
    assert caught.value.kind == "bad_key"
    assert UNSENDABLE not in everything(caught.value)
    assert server.requests == []


def test_what_holds_the_key_does_not_show_it(connect: Connect, sdk: str) -> None:
    connection = connect(sdk)
    client = connection.client()
    list(client.stream(ask()))
    assert KEY not in repr((connection, client, ErrorReader(KEY, "x", "y")))


def test_the_logs_of_the_libraries_hold_no_key(connect: Connect, sdk: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        list(connect(sdk).client().stream(ask()))
        with pytest.raises(GeminiError):
            connect(sdk).client().generate(ask("err-401"))
    assert KEY not in caplog.text
