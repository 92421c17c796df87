"""The server itself: paths, keys, streams of both kinds, and what it was asked."""

import json
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.gemini_server.answers import NO_LOGPROBS, Answer, Failure, joined, reaction
from tests.gemini_server.shapes import Body, error, error_info, model, vector

VERSIONS = ("v1", "v1beta", "v1alpha")
LISTED = (
    [model("gemini-flash-latest", "generateContent", "countTokens"), model("gemini-embedding-001", "embedContent")],
    [model("gemini-pro-latest", "generateContent", "countTokens"), model("gemini-9.9-flash", "generateContent")],
)
MID_ERROR = error(503, "UNAVAILABLE", "The model broke off.")


@dataclass(frozen=True)
class Logged:
    """One request as it came."""

    method: str
    version: str
    path: str
    query: dict[str, list[str]]
    key: str
    body: Body
    headers: dict[str, str] = field(repr=False)

    @property
    def verb(self) -> str:
        """What follows the colon."""
        return self.path.partition(":")[2]

    @property
    def generation(self) -> Body:
        """The numbers of a request to generate."""
        config: Body = self.body.get("generationConfig", {})
        return config


class GeminiServer:
    """Listens on a port of its own from `with` on. `refused_keys` get the answer a wrong key gets."""

    def __init__(self) -> None:
        self.requests: list[Logged] = []
        self.problems: list[str] = []
        self.gate = threading.Event()
        self.refused_keys: set[str] = set()
        self.failed: dict[str, int] = {}
        handler = type("Handler", (_Handler,), {"emulator": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._http.block_on_close = False
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def verbs(self) -> list[str]:
        """What was asked, in order."""
        return [logged.verb or logged.path for logged in self.requests]

    def __enter__(self) -> "GeminiServer":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.gate.set()
        self._http.shutdown()
        self._http.server_close()

    def check(self, body: Body, class_name: str) -> None:
        """Note what google-genai's own classes find wrong with a body."""
        try:
            from google.genai import types
        except ImportError:
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                getattr(types, class_name).model_validate(body)
            except ValueError as wrong:
                self.problems.append(f"{class_name}: {wrong}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    emulator: GeminiServer

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        self._serve(json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}"))

    def _serve(self, body: Body) -> None:
        parts = urlsplit(self.path)
        version, _, rest = unquote(parts.path).removeprefix("/proxy").removeprefix("/").partition("/")
        logged = Logged(
            self.command,
            version,
            rest,
            parse_qs(parts.query),
            self.headers.get("x-goog-api-key", ""),
            body,
            dict(self.headers),
        )
        self.emulator.requests.append(logged)
        try:
            self._answer(logged)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        except Exception as mistake:
            self.emulator.problems.append(repr(mistake))
            self.close_connection = True

    def _answer(self, logged: Logged) -> None:
        name, _, verb = logged.path.removeprefix("models/").partition(":")
        streams = verb == "streamGenerateContent"
        if logged.version not in VERSIONS:
            self._send(404, "<html>no such page</html>")
        elif not logged.key or logged.key in self.emulator.refused_keys:
            # The real service names the key in no answer; this one does, to see that it is taken out.
            words = f"API key not valid. Please pass a valid API key, not {logged.key}."
            self._fail(400, error(400, "INVALID_ARGUMENT", words, [error_info("API_KEY_INVALID")]), logged, streams)
        elif logged.method == "GET" and logged.path == "models":
            page = int(logged.query.get("pageToken", ["0"])[0])
            following = {"nextPageToken": str(page + 1)} if page + 1 < len(LISTED) else {}
            self._send(200, {"models": LISTED[page], **following})
        elif verb in ("generateContent", "streamGenerateContent"):
            self._generate(name, logged, streams)
        elif verb in ("embedContent", "batchEmbedContents"):
            self._embed(name, logged, verb)
        elif verb == "countTokens":
            asked = logged.body.get("generateContentRequest", logged.body)
            texts = [part.get("text", "") for turn in asked["contents"] for part in turn["parts"]]
            self._send(200, {"totalTokens": len(" ".join(texts).split())})
        else:
            self._send(404, error(404, "NOT_FOUND", "Requested entity was not found."))

    def _generate(self, name: str, logged: Logged, streams: bool) -> None:
        found = reaction(name)
        if isinstance(found, Failure):
            failed = self.emulator.failed.get(name, 0)
            if found.times is None or failed < found.times:
                self.emulator.failed[name] = failed + 1
                self._fail(found.status, found.body, logged, streams)
                return
            found = reaction("")
        assert isinstance(found, Answer)
        if not any(part.get("text") for turn in logged.body.get("contents", ()) for part in turn.get("parts", ())):
            self._fail(400, error(400, "INVALID_ARGUMENT", "contents is not specified"), logged, streams)
        elif logged.generation.get("responseLogprobs") and (streams or found.logprobs is None):
            self._fail(400, NO_LOGPROBS, logged, streams)
        elif streams:
            self._stream(found, logged)
        else:
            self._whole(found, logged)

    def _whole(self, found: Answer, logged: Logged) -> None:
        if found.pause_after is not None:
            self.emulator.gate.wait()
        if found.cut_after is not None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"candidates":')
            self.close_connection = True
            return
        wanted = logged.generation.get("responseLogprobs")
        body = joined(found.whole or found.chunks, found.logprobs if wanted else None)
        self.emulator.check(body, "GenerateContentResponse")
        self._send(200, body)

    def _stream(self, found: Answer, logged: Logged) -> None:
        as_events = logged.query.get("alt") == ["sse"]
        if found.pause_after == 0:
            self.emulator.gate.wait()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if as_events else "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in self._pieces(found, as_events):
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.flush()
        if found.cut_after is None:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True

    def _pieces(self, found: Answer, as_events: bool) -> Iterator[bytes]:
        """The stream as it goes over the wire: events, or one JSON array."""
        sent = 0
        for index, body in enumerate(found.chunks):
            if found.cut_after == index:
                break
            if found.error_after == index:
                yield _framed(MID_ERROR, sent, as_events, error=True)
                sent += 1
                break
            if found.pause_after == index and index:
                self.emulator.gate.wait()
            self.emulator.check(body, "GenerateContentResponse")
            yield _framed(body, sent, as_events)
            sent += 1
        if found.cut_after is not None:
            yield b'data: {"candid' if as_events else b',{"candid' if sent else b'[{"candid'
        elif not as_events:
            yield b"]" if sent else b"[]"

    def _embed(self, name: str, logged: Logged, verb: str) -> None:
        asked = logged.body["requests"] if verb == "batchEmbedContents" else [logged.body]
        vectors = []
        for request in asked:
            text = "".join(part["text"] for part in request["content"]["parts"])
            made = vector(text, request.get("outputDimensionality", 3072))
            vectors.append({"values": [0.0] * len(made) if name == "embedding-of-zeros" else made})
        if name == "embedding-that-loses-one":
            vectors = vectors[1:]
        if name == "embedding-too-busy":
            self._send(429, error(429, "RESOURCE_EXHAUSTED", "Quota exceeded."))
            return
        self.emulator.check({"embeddings": vectors}, "EmbedContentResponse")
        self._send(200, {"embeddings": vectors} if verb == "batchEmbedContents" else {"embedding": vectors[0]})

    def _fail(self, status: int, body: Body | str, logged: Logged, streams: bool) -> None:
        as_array = streams and logged.query.get("alt") != ["sse"] and isinstance(body, dict)
        self._send(status, [body] if as_array else body)

    def _send(self, status: int, body: Any) -> None:
        plain = isinstance(body, str)
        content = (body if plain else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if plain else "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _framed(body: Body, sent: int, as_events: bool, *, error: bool = False) -> bytes:
    document = json.dumps(body, ensure_ascii=False).encode()
    if as_events:
        # An error comes as a bare object between the events.
        return document + b"\r\n" if error else b"data: " + document + b"\r\n\r\n"
    return (b"[" if sent == 0 else b",\r\n") + document
