"""Both SDKs behind the narrow interface, against every shape and fault of the service."""

import warnings
from collections.abc import Callable

import pytest

from genchat.engine.gemini.client import Chunk, EmbedRequest, GeminiClient, GenerateRequest, Turn
from genchat.engine.gemini.connection import Connection
from genchat.engine.gemini.errors import GeminiError
from tests.engine.gemini.conftest import KEY, ask
from tests.gemini_server import GeminiServer
from tests.gemini_server.answers import TEXT, TOKEN_TEXT, TOKENS, TOP
from tests.gemini_server.shapes import VERSION, vector

Connect = Callable[..., Connection]


@pytest.fixture
def client(connect: Connect, sdk: str) -> GeminiClient:
    return connect(sdk).client()


def collect(client: GeminiClient, request: GenerateRequest) -> tuple[list[Chunk], GeminiError | None]:
    """What a stream gave before it ended or failed."""
    chunks: list[Chunk] = []
    try:
        chunks.extend(client.stream(request))
    except GeminiError as error:
        return chunks, error
    return chunks, None


def text_of(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


class TestAnswers:
    def test_a_stream_arrives_in_pieces_and_ends_with_stop(self, client: GeminiClient) -> None:
        chunks = list(client.stream(ask()))
        assert text_of(chunks) == TEXT
        assert len(chunks) >= 3
        assert chunks[-1].finish == "STOP"
        assert (chunks[-1].prompt_tokens, chunks[-1].answer_tokens) == (5, 7)
        assert chunks[-1].model_version == VERSION

    def test_an_answer_in_one_piece(self, client: GeminiClient) -> None:
        chunk = client.generate(ask())
        assert (chunk.text, chunk.finish) == (TEXT, "STOP")

    def test_probabilities_come_with_the_answer_in_one_piece(self, client: GeminiClient) -> None:
        chunk = client.generate(ask("with-logprobs", candidates=3))
        assert chunk.text == TOKEN_TEXT
        chosen = [(step.chosen.text, step.chosen.token, step.chosen.log_prob) for step in chunk.steps]
        assert chosen == list(TOKENS)
        assert [
            tuple((choice.text, choice.token, choice.log_prob) for choice in step.top) for step in chunk.steps
        ] == list(TOP)

    def test_thoughts_are_left_out(self, client: GeminiClient, sdk: str) -> None:
        if sdk == "google-generativeai":
            pytest.skip("google-generativeai has no field that tells thoughts from the answer; none are asked for")
        assert text_of(list(client.stream(ask("thoughtful")))) == TEXT

    @pytest.mark.parametrize("streamed", [True, False])
    @pytest.mark.parametrize("model", ["thinking-starved", "no-room"])
    def test_thoughts_that_took_all_the_room_are_counted(
        self, client: GeminiClient, model: str, streamed: bool
    ) -> None:
        chunk = list(client.stream(ask(model)))[-1] if streamed else client.generate(ask(model))
        assert (chunk.text, chunk.finish) == ("", "MAX_TOKENS")
        assert chunk.thought_tokens == (2999 if model == "thinking-starved" else None)

    @pytest.mark.parametrize("model", ["safety", "recitation"])
    def test_an_answer_broken_off_keeps_its_text(self, client: GeminiClient, model: str) -> None:
        chunks, error = collect(client, ask(model))
        assert error is None
        assert text_of(chunks)
        assert chunks[-1].finish == model.upper()

    def test_a_refused_question_says_why(self, client: GeminiClient) -> None:
        chunks, error = collect(client, ask("blocked-prompt"))
        assert error is None
        assert chunks[-1].prompt_block == "PROHIBITED_CONTENT"

    def test_a_finish_reason_not_known_is_an_end_and_no_warning(self, client: GeminiClient, sdk: str) -> None:
        with warnings.catch_warnings(record=True) as seen:
            chunks, error = collect(client, ask("new-finish"))
        assert error is None
        assert text_of(chunks) == "Bom dia"
        assert chunks[-1].finish == ("BORED_TO_TEARS" if sdk == "google-genai" else "UNKNOWN")
        assert seen == []

    def test_the_tokens_of_a_question_are_counted(self, client: GeminiClient) -> None:
        assert client.count(ask(text="um dois três")) == 3


class TestRequests:
    def test_what_is_asked_goes_over_the_wire(self, client: GeminiClient, server: GeminiServer, sdk: str) -> None:
        turns = (Turn("user", "oi"), Turn("model", "olá"), Turn("user", "tudo bem?"))
        request = GenerateRequest(
            "gemini-x", turns, "seja breve", {"temperature": 0.5, "top_p": 0.75, "top_k": 40}, 7, 9000
        )
        list(client.stream(request))
        logged = server.requests[-1]
        assert logged.verb == "streamGenerateContent"
        assert [(turn["role"], turn["parts"][0]["text"]) for turn in logged.body["contents"]] == [
            ("user", "oi"),
            ("model", "olá"),
            ("user", "tudo bem?"),
        ]
        assert logged.body["systemInstruction"]["parts"][0]["text"] == "seja breve"
        sent = logged.generation
        assert (sent["temperature"], sent["topP"], sent["topK"], sent["maxOutputTokens"]) == (0.5, 0.75, 40, 9000)
        assert sent.get("seed") == (7 if sdk == "google-genai" else None)

    def test_numbers_left_open_are_not_sent(self, client: GeminiClient, server: GeminiServer) -> None:
        list(client.stream(ask()))
        assert set(server.requests[-1].generation) <= {"candidateCount"}

    def test_the_key_travels_in_a_header_to_the_beta_and_never_in_the_address(
        self, client: GeminiClient, server: GeminiServer
    ) -> None:
        list(client.stream(ask()))
        client.models()
        for logged in server.requests:
            assert logged.key == KEY
            assert logged.version == "v1beta"
            assert KEY not in repr((logged.path, logged.query, logged.body))

    def test_variables_of_other_programs_change_nothing(
        self, connect: Connect, server: GeminiServer, sdk: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in {
            "GOOGLE_GENAI_USE_VERTEXAI": "true",
            "GOOGLE_GENAI_USE_ENTERPRISE": "true",
            "GOOGLE_GENAI_API_VERSION": "v1alpha",
            "GOOGLE_GENAI_CLIENT_MODE": "replay",
            "GOOGLE_GEMINI_BASE_URL": "http://127.0.0.1:9",
            "GOOGLE_API_KEY": "another-key-of-the-environment",
        }.items():
            monkeypatch.setenv(name, value)
        assert text_of(list(connect(sdk).client().stream(ask()))) == TEXT
        assert (server.requests[-1].version, server.requests[-1].key) == ("v1beta", KEY)

    def test_an_address_with_a_path_is_kept(self, connect: Connect, server: GeminiServer, sdk: str) -> None:
        assert connect(sdk, url=server.url + "/proxy").client().generate(ask()).text == TEXT

    def test_all_pages_of_models_are_read(self, client: GeminiClient) -> None:
        models = {model.name: model for model in client.models()}
        assert set(models) == {"gemini-flash-latest", "gemini-embedding-001", "gemini-pro-latest", "gemini-9.9-flash"}
        assert models["gemini-flash-latest"].generates
        assert not models["gemini-embedding-001"].generates
        assert models["gemini-pro-latest"].input_tokens == 1048576


KINDS = [
    ("err-400", "request"),
    ("err-400-key", "bad_key"),
    ("err-400-location", "request"),
    ("err-401", "bad_key"),
    ("err-403", "bad_key"),
    ("err-403-leaked", "leaked_key"),
    ("err-404", "no_model"),
    ("err-429", "quota"),
    ("err-429-day", "quota"),
    ("err-429-bare", "quota"),
    ("err-500", "server"),
    ("err-503", "server"),
    ("html-502", "server"),
    ("html-403", "bad_reply"),
    ("html-200", "bad_reply"),
    ("truncated-json", "bad_reply"),
    ("cut-at-once", "cut"),
]


class TestErrors:
    @pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
    @pytest.mark.parametrize(("model", "kind"), KINDS)
    def test_each_fault_has_its_kind(self, client: GeminiClient, model: str, kind: str, streamed: bool) -> None:
        with pytest.raises(GeminiError) as caught:
            _ = list(client.stream(ask(model))) if streamed else client.generate(ask(model))
        assert caught.value.kind == kind
        assert str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None

    def test_a_quota_error_says_when_to_come_back(self, client: GeminiClient) -> None:
        _, error = collect(client, ask("err-429"))
        assert error is not None
        assert error.retry_after == 33.4
        assert "34 s" in str(error)

    def test_a_daily_quota_does_not_promise_seconds(self, client: GeminiClient) -> None:
        _, error = collect(client, ask("err-429-day"))
        assert error is not None
        assert error.retry_after is None
        assert "tomorrow" in str(error)

    def test_asking_for_probabilities_that_are_not_given_has_its_own_kind(self, client: GeminiClient) -> None:
        with pytest.raises(GeminiError) as caught:
            client.generate(ask(candidates=3))
        assert caught.value.kind == "no_logprobs"

    def test_a_quota_error_is_not_tried_again(self, client: GeminiClient, server: GeminiServer, sdk: str) -> None:
        collect(client, ask("err-429"))
        expected = ["streamGenerateContent"] if sdk == "google-genai" else ["streamGenerateContent", "generateContent"]
        assert server.verbs == expected

    def test_a_passing_trouble_is_tried_once_more(self, client: GeminiClient, server: GeminiServer) -> None:
        chunks, error = collect(client, ask("err-503-once"))
        assert error is None
        assert text_of(chunks) == TEXT
        assert len(server.requests) == 2

    def test_a_lasting_trouble_is_not_tried_for_ever(self, client: GeminiClient, server: GeminiServer) -> None:
        collect(client, ask("err-503"))
        assert len(server.requests) == 2

    @pytest.mark.parametrize("model", ["cut", "mid-error"])
    def test_what_came_before_a_break_is_kept(self, client: GeminiClient, model: str) -> None:
        chunks, error = collect(client, ask(model))
        assert error is not None
        assert error.kind in ("cut", "server")
        assert text_of(chunks).startswith("Bom dia")

    def test_an_error_before_the_first_piece_is_an_error_or_made_good(
        self, client: GeminiClient, sdk: str, server: GeminiServer
    ) -> None:
        chunks, error = collect(client, ask("mid-error-at-once"))
        if sdk == "google-genai":
            assert error is not None
            assert error.kind == "server"
        else:
            assert error is None
            assert text_of(chunks) == TEXT
            assert server.verbs == ["streamGenerateContent", "generateContent"]

    def test_silence_is_a_timeout(self, connect: Connect, sdk: str) -> None:
        chunks, error = collect(connect(sdk, timeout=0.2).client(), ask("slow"))
        assert chunks == []
        assert error is not None
        assert error.kind == "timeout"

    def test_nobody_at_the_address_is_offline(self, connect: Connect, sdk: str) -> None:
        _, error = collect(connect(sdk, url="http://127.0.0.1:1").client(), ask())
        assert error is not None
        assert error.kind == "offline"
        assert "127.0.0.1:1" in str(error)


class TestVectors:
    def test_one_vector_a_text_in_order(self, client: GeminiClient) -> None:
        texts = ("um", "dois", "três")
        vectors = client.embed(EmbedRequest("gemini-embedding-001", texts, "RETRIEVAL_DOCUMENT", 128))
        assert vectors == [pytest.approx(vector(text, 128), rel=1e-5) for text in texts]

    def test_each_text_is_a_content_of_its_own(self, client: GeminiClient, server: GeminiServer) -> None:
        client.embed(EmbedRequest("gemini-embedding-2", ("um", "dois"), None, 128))
        requests = server.requests[-1].body["requests"]
        assert [request["content"]["parts"] for request in requests] == [[{"text": "um"}], [{"text": "dois"}]]
        assert all("taskType" not in request for request in requests)

    def test_the_task_is_sent_where_it_counts(self, client: GeminiClient, server: GeminiServer, sdk: str) -> None:
        client.embed(EmbedRequest("gemini-embedding-001", ("um",), "RETRIEVAL_QUERY", 128))
        request = server.requests[-1].body["requests"][0]
        assert request["taskType"] == ("RETRIEVAL_QUERY" if sdk == "google-genai" else 1)
        assert request["outputDimensionality"] == 128

    def test_an_error_has_its_kind(self, client: GeminiClient) -> None:
        with pytest.raises(GeminiError) as caught:
            client.embed(EmbedRequest("embedding-too-busy", ("um",), None, 128))
        assert caught.value.kind == "quota"
