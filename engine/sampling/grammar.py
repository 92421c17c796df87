"""Which tokens can go on with a text that an expression or a JSON schema describes.

The work is done by llguidance (Moskal and others 2024, github.com/guidance-ai/llguidance), an Earley parser over
derivatives of regular expressions that walks the vocabulary as a trie of bytes. It is installed with the extra
`grammar` and imported only where a grammar is in use. A tokenizer is known to it by the bytes of its tokens alone, so
every family of models can be constrained.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from genchat.engine.errors import UsageError
from genchat.engine.text import safe_line

if TYPE_CHECKING:
    from genchat.engine.contract import Tokenizer
    from genchat.engine.sampling.candidates import Mask

_LONGEST_REASON = 200
# A small model that may write spaces between the parts of JSON is apt to write nothing else.
_LAYOUT = "x-guidance"
_ONE_LINE = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
_TOO_COMPLEX = ("ParserTooComplex", "LexerTooComplex")
# Without forcing: where only one text is possible, any way to cut it into tokens is allowed, not one alone.
_OPTIONS = '%llguidance {"no_forcing": true}'
_VOCABULARIES = 4  # that are kept as a trie; one of 50,000 tokens takes a tenth of a second to build


@dataclass(frozen=True)
class Grammar:
    """A grammar that is known to be valid, as llguidance writes it."""

    written: str

    @classmethod
    def of(cls, regex: str, json_schema: str) -> "Grammar":
        """The grammar of a regular expression, or of a JSON schema. Raises UsageError: both are given, one is invalid,
        or llguidance is not installed.
        """
        if regex and json_schema:
            raise UsageError("grammar_twice")
        matcher = _library().LLMatcher
        if regex:
            rule = f"/{_library().regex_to_lark(regex)}/"
        else:
            try:
                schema = json.loads(json_schema)
            except ValueError as error:
                raise UsageError("grammar_schema_no_json", reason=error) from None
            if not isinstance(schema, dict):
                raise UsageError("grammar_schema_no_json", reason=type(schema).__name__)
            rule = f"%json {json.dumps({_LAYOUT: _ONE_LINE, **schema})}"
        written = matcher.grammar_from_lark(f"{_OPTIONS}\nstart: {rule}")
        problem = matcher.validate_grammar(written)
        if problem and not problem.startswith("WARNING"):
            key = "grammar_regex_wrong" if regex else "grammar_schema_wrong"
            raise UsageError(key, reason=_reason(problem))
        return cls(written)

    def begin(self, tokenizer: "Tokenizer") -> "Place":
        """The place before the first token of a text of this grammar."""
        pieces = _pieces(_Owner(tokenizer))
        return Place(_library().LLMatcher(pieces.trie, self.written, log_level=0), pieces)


@dataclass(frozen=True)
class Place:
    """A place in a text of a grammar. It is never written in: `after` makes another one."""

    matcher: Any = field(repr=False)
    pieces: "_Pieces" = field(repr=False)

    def allowed(self) -> "Mask":
        """bool [vocabulary]: the tokens that may follow, role and end markers where the text may end here.

        Raises UsageError where none may, or the grammar is too complex.
        """
        matcher = self.matcher.deep_copy()
        bias = np.frombuffer(matcher.compute_logit_bias(), dtype=np.uint8)
        mask: Mask = bias[: self.pieces.count] > 0
        mask[self.pieces.special] = matcher.is_accepting()
        if not mask.any():
            if matcher.stop_reason() in _TOO_COMPLEX:
                raise UsageError("grammar_too_complex")
            raise UsageError("grammar_no_token")
        return mask

    def after(self, token: int) -> "Place":
        """The place after `token`; after one that the grammar forbids, nothing may follow any more."""
        matcher = self.matcher.deep_copy()
        matcher.consume_token(self.pieces.end if token in self.pieces.special else token)
        return Place(matcher, self.pieces)

    @property
    def complete(self) -> bool:
        """The text fits the grammar and nothing may follow it."""
        return bool(self.matcher.is_stopped()) and not self.matcher.is_error()


class _Pieces:
    """A vocabulary as llguidance wants it: the bytes of every token, and one token more that ends a text.

    Markers have no bytes, so that no grammar can ask for one; a vocabulary without any can be constrained as well.
    """

    def __init__(self, tokenizer: "Tokenizer") -> None:
        self.count = self.end = tokenizer.vocabulary_size
        markers = set(tokenizer.special_tokens.values())
        self.special = np.array(sorted(markers), dtype=np.int64)
        self.tokens = [b"" if token in markers else tokenizer.token_bytes(token) for token in range(self.count)]
        self.tokens.append(b"")
        # What follows is the interface that llguidance asks of a tokenizer.
        self.bos_token_id = None
        self.eos_token_id = self.end
        self.special_token_ids = [*sorted(markers), self.end]
        library = _library()
        self.trie = library.LLTokenizer(library.TokenizerWrapper(self), n_vocab=self.count + 1, eos_token=self.end)

    def __call__(self, text: bytes) -> Sequence[int]:
        """A text is cut into tokens only to guess ahead, which genchat never asks for."""
        return []


@dataclass(frozen=True, eq=False)
class _Owner:
    """A tokenizer by identity: those of plug-ins need not be hashable."""

    tokenizer: "Tokenizer"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Owner) and other.tokenizer is self.tokenizer

    def __hash__(self) -> int:
        return id(self.tokenizer)


@lru_cache(maxsize=_VOCABULARIES)
def _pieces(owner: _Owner) -> _Pieces:
    return _Pieces(owner.tokenizer)


def _library() -> Any:
    try:
        import llguidance
    except ImportError:
        raise UsageError("grammar_needs_extra") from None
    return llguidance


def _reason(problem: str) -> str:
    """What the library says, in one line: the part behind its own marks of places."""
    said = [line.strip() for line in problem.splitlines() if line.strip().startswith("error:")]
    return safe_line(said[0].removeprefix("error:").strip() if said else " ".join(problem.split()), _LONGEST_REASON)
