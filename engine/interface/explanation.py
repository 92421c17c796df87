"""Why a model believes what it believes at the end of a text: its evidence, in words and as values."""

from collections.abc import Sequence
from html import escape
from typing import Any

from genchat.engine.contract import Tokenizer
from genchat.engine.evidence import Evidence
from genchat.engine.evidence_lines import evidence_lines, evidence_values
from genchat.engine.text import safe
from genchat.engine.token_labels import Labels


class Explanation:
    """`evidence` is one of the kinds of engine/evidence.py, by the family of the model; printed, it is put in words."""

    def __init__(self, evidence: Evidence, tokenizer: Tokenizer | None, candidates: Sequence[int]) -> None:
        self.evidence = evidence
        self._labels = Labels(tokenizer)
        self._candidates = tuple(candidates)

    @property
    def values(self) -> dict[str, Any]:
        """The evidence as plain dicts, lists and numbers, as `genchat next --why --json` writes it."""
        plain: dict[str, Any] = evidence_values(self.evidence)
        return plain

    def __repr__(self) -> str:
        return "\n".join(safe(line) for line in evidence_lines(self.evidence, self._labels, self._candidates))

    def _repr_html_(self) -> str:
        return f'<pre style="white-space:pre-wrap;background:none;color:inherit">{escape(repr(self))}</pre>'
