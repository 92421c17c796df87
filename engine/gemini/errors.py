"""What can go wrong with Gemini, as one error with a kind; and how the answers and exceptions of both SDKs become it.

The service's habits that this file knows: a wrong key is a 400 with the reason API_KEY_INVALID, a key found in public
is a 403 that says so, a quota error names the time to wait in a RetryInfo, a model without probabilities answers 400
with one of several sentences about logprobs. An error page that is not Gemini's JSON comes from a proxy or a wrong
address.
Exceptions of HTTP libraries are told apart by name, since which library is in use differs between installations.
"""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from genchat.engine.errors import ExitCode, RemoteError
from genchat.engine.redaction import known_keys, redact
from genchat.engine.text import safe_line

Kind = Literal[
    "no_key",
    "bad_key",
    "leaked_key",
    "no_model",
    "quota",
    "server",
    "request",
    "timeout",
    "offline",
    "bad_reply",
    "cut",
    "no_logprobs",
]
_EXIT_CODES: dict[Kind, int] = {
    "no_key": ExitCode.USAGE,
    "bad_key": ExitCode.USAGE,
    "leaked_key": ExitCode.USAGE,
    "no_model": ExitCode.USAGE,
    "request": ExitCode.FAILED,
    "timeout": ExitCode.TIMEOUT,
}
_LONGEST_REASON = 240
_RETRY = frozenset((500, 502, 503, 504))
_LOGPROBS = re.compile("logprob", re.IGNORECASE)
_LEAKED = re.compile("leaked", re.IGNORECASE)
_KEY_TROUBLE = re.compile(r"api[ _-]?key", re.IGNORECASE)
_LOCATION = re.compile("location", re.IGNORECASE)
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s")
_CUT_NAMES = (
    *("RemoteProtocolError", "ReadError", "WriteError", "CloseError"),
    *("ChunkedEncodingError", "IncompleteRead", "PayloadError"),
)
_OFFLINE_NAMES = ("Connect", "Connection", "Proxy", "SSL", "Network", "gaierror", "InvalidURL", "UnsupportedProtocol")


class GeminiError(RemoteError):
    """The service refused or failed. `kind` says which, `retry_after` after how many seconds it may work.

    The text is that of the kind, or of `variant` where a kind has several. No key is ever among the values.
    """

    def __init__(
        self,
        kind: Kind,
        *,
        variant: str = "",
        retry_after: float | None = None,
        temporary: bool = False,
        **values: object,
    ) -> None:
        super().__init__(f"gemini_{variant or kind}", **values)
        self.kind: Kind = kind
        self.retry_after = retry_after
        self.temporary = temporary  # worth one more try at once
        self.exit_code = _EXIT_CODES.get(kind, ExitCode.UNREACHABLE)


class ErrorReader:
    """Makes GeminiErrors. It knows the key, to take it out of every message, and where it came from."""

    def __init__(self, key: str, key_source: str, address: str) -> None:
        self._key = key
        self._key_source = key_source
        self._address = address

    def __repr__(self) -> str:
        return "ErrorReader(…)"

    def clean(self, text: object) -> str:
        """The message becomes one short line, safe to show, without keys."""
        return safe_line(redact(str(text), (self._key, *known_keys())), _LONGEST_REASON)

    def answered(self, code: int, body: Any, model: str) -> GeminiError:
        """The error is made from the status and the decoded JSON body of an answer."""
        if isinstance(body, list) and len(body) == 1:
            body = body[0]
        error = body.get("error") if isinstance(body, Mapping) else None
        if not isinstance(error, Mapping):
            if code >= 500:
                return GeminiError("server", code=code, reason="–", temporary=code in _RETRY)
            return GeminiError("bad_reply", address=self._address, reason=f"HTTP {code}")
        details = error.get("details")
        return self.refused(
            code,
            str(error.get("message") or ""),
            [detail for detail in details if isinstance(detail, Mapping)] if isinstance(details, list) else [],
            model,
        )

    def refused(self, code: int, message: str, details: Iterable[Mapping[str, Any]], model: str) -> GeminiError:
        """The error is made from the parts of an error of the service."""
        listed = list(details)
        reason = self.clean(message) or f"HTTP {code}"
        if code >= 500:
            return GeminiError("server", code=code, reason=reason, temporary=code in _RETRY)
        if code == 429:
            return _quota(listed, reason)
        if code == 408:
            return GeminiError("timeout", address=self._address)
        if code == 404:
            return GeminiError("no_model", model=model, reason=reason)
        if code == 400 and _LOGPROBS.search(message):
            return GeminiError("no_logprobs", model=model, reason=reason)
        if _LEAKED.search(message) and code in (400, 401, 403):
            return GeminiError("leaked_key", source=self._key_source)
        about_key = _KEY_TROUBLE.search(message) or any("API_KEY" in str(detail.get("reason")) for detail in listed)
        if code in (401, 403) or (code == 400 and about_key and not _LOCATION.search(message)):
            return GeminiError("bad_key", source=self._key_source, reason=reason)
        if _LOCATION.search(message):
            return GeminiError("request", variant="location", reason=reason)
        return GeminiError("request", code=code, reason=reason)

    def raised(self, error: BaseException) -> GeminiError:
        """The error is made from an exception that is no answer of the service."""
        names = [kind.__name__ for kind in type(error).__mro__]
        reason = self.clean(f"{type(error).__name__}: {error}")
        if any("Timeout" in name for name in names):
            return GeminiError("timeout", address=self._address)
        # requests says ConnectionError both for nobody there and for somebody who hung up.
        if any(name.endswith(_CUT_NAMES) for name in names) or "RemoteDisconnected" in reason:
            return GeminiError("cut", reason=reason)
        if any(name.startswith(_OFFLINE_NAMES) for name in names):
            return GeminiError("offline", address=self._address, reason=reason)
        return GeminiError("bad_reply", address=self._address, reason=reason)


def _quota(details: list[Mapping[str, Any]], reason: str) -> GeminiError:
    violations = [
        violation
        for detail in details
        for violation in detail.get("violations") or []
        if isinstance(violation, Mapping)
    ]
    if any("PerDay" in str(violation.get("quotaId") or violation.get("quota_id")) for violation in violations):
        return GeminiError("quota", variant="quota_day", reason=reason)
    waits = [_seconds(detail.get("retryDelay") or detail.get("retry_delay")) for detail in details]
    known = [wait for wait in waits if wait is not None]
    if not known:
        return GeminiError("quota", reason=reason)
    wait = max(known)
    seconds = max(math.ceil(wait), 1)
    return GeminiError("quota", variant="quota_wait", retry_after=wait, seconds=seconds, reason=reason)


def _seconds(written: object) -> float | None:
    """A protobuf Duration as JSON writes it: "34.07s"."""
    match = _SECONDS.fullmatch(written) if isinstance(written, str) else None
    return None if match is None else float(match[1])
