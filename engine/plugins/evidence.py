"""The reasons that a plug-in gives for a token, checked so far that any screen can paint them."""

from dataclasses import fields
from typing import Any, get_args

import numpy as np

from genchat.engine.evidence import (
    Evidence,
    GptEvidence,
    LensRow,
    LstmEvidence,
    MixtureEvidence,
    NgramEvidence,
    NgramLevel,
    NgramShare,
)
from genchat.engine.plugins.values import Checker

_KINDS = get_args(Evidence)


class EvidenceChecker(Checker):
    """Checks the evidence of a plug-in. Every method raises PluginError."""

    def evidence(self, evidence: object) -> Evidence:
        """`evidence` itself, if it is sound."""
        if isinstance(evidence, LstmEvidence):
            self._gates(evidence)
        elif isinstance(evidence, GptEvidence):
            self._attention(evidence)
        elif isinstance(evidence, NgramEvidence):
            self._counts(evidence)
        elif isinstance(evidence, MixtureEvidence):
            self.numbers_by_name(evidence.weights, "MixtureEvidence.weights")
            for part in self.of_kind(evidence.parts, dict, "MixtureEvidence.parts").values():
                self.evidence(part)
        elif not isinstance(evidence, _KINDS):
            self.wrong("evidence", evidence, " | ".join(kind.__name__ for kind in _KINDS))
        return evidence

    def _gates(self, evidence: LstmEvidence) -> None:
        layers = None
        for spec in fields(evidence):
            where, arrays = f"LstmEvidence.{spec.name}", getattr(evidence, spec.name)
            if not isinstance(arrays, tuple | list) or (layers is not None and len(arrays) != layers):
                self.wrong(where, arrays, "tuple[float32 [hidden], …]")
            layers = len(arrays)
            for array in arrays:
                self._array(array, 1, where)

    def _attention(self, evidence: GptEvidence) -> None:
        attention = self._array(evidence.attention, 3, "GptEvidence.attention")
        tokens = self._items(evidence.tokens, "GptEvidence.tokens")
        for token in tokens:
            self.whole(token, "GptEvidence.tokens")
        if attention.shape[2] != len(tokens):
            self.wrong("GptEvidence.attention", attention.shape, f"[layers, heads, {len(tokens)}]")
        for row in self._items(evidence.lens, "GptEvidence.lens"):
            lens = self.of_kind(row, LensRow, "GptEvidence.lens")
            self.whole(lens.layer, "LensRow.layer")
            self.number(lens.entropy, "LensRow.entropy")
            for pair in self._items(lens.top, "LensRow.top"):
                token, probability = self._pair(pair, "LensRow.top")
                self.whole(token, "LensRow.top")
                self.number(probability, "LensRow.top", 1.001)

    def _counts(self, evidence: NgramEvidence) -> None:
        self.whole(evidence.order, "NgramEvidence.order")
        self.whole(evidence.model_order, "NgramEvidence.model_order")
        for level in self._items(evidence.levels, "NgramEvidence.levels"):
            self.of_kind(level, NgramLevel, "NgramEvidence.levels")
        for shares in self.of_kind(evidence.shares, dict, "NgramEvidence.shares").values():
            for share in self._items(shares, "NgramEvidence.shares"):
                self.of_kind(share, NgramShare, "NgramEvidence.shares")

    def _array(self, value: Any, dimensions: int, where: str) -> Any:
        if not isinstance(value, np.ndarray) or value.ndim != dimensions or not np.isfinite(value).all():
            self.wrong(where, value, f"float32, {dimensions} dimension(s), finite")
        return value

    def _items(self, value: Any, where: str) -> Any:
        if not isinstance(value, tuple | list):
            self.wrong(where, value, "tuple")
        return value

    def _pair(self, value: Any, where: str) -> Any:
        if not isinstance(value, tuple | list) or len(value) != 2:
            self.wrong(where, value, "(int, float)")
        return value
