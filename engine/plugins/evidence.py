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

    def evidence(self, given: object) -> Evidence:
        """`given` itself, if it is sound."""
        if isinstance(given, LstmEvidence):
            self._gates(given)
        elif isinstance(given, GptEvidence):
            self._attention(given)
        elif isinstance(given, NgramEvidence):
            self._counts(given)
        elif isinstance(given, MixtureEvidence):
            self.numbers_by_name(given.weights, "MixtureEvidence.weights")
            for part in self.of_kind(given.parts, dict, "MixtureEvidence.parts").values():
                self.evidence(part)
        elif not isinstance(given, _KINDS):
            self.wrong("evidence", given, " | ".join(kind.__name__ for kind in _KINDS))
        return given

    def _gates(self, given: LstmEvidence) -> None:
        layers = None
        for spec in fields(given):
            where, arrays = f"LstmEvidence.{spec.name}", getattr(given, spec.name)
            if not isinstance(arrays, tuple | list) or (layers is not None and len(arrays) != layers):
                self.wrong(where, arrays, "tuple[float32 [hidden], …]")
            layers = len(arrays)
            for array in arrays:
                self._array(array, 1, where)

    def _attention(self, given: GptEvidence) -> None:
        attention = self._array(given.attention, 3, "GptEvidence.attention")
        tokens = self._items(given.tokens, "GptEvidence.tokens")
        for token in tokens:
            self.whole(token, "GptEvidence.tokens")
        if attention.shape[2] != len(tokens):
            self.wrong("GptEvidence.attention", attention.shape, f"[layers, heads, {len(tokens)}]")
        for row in self._items(given.lens, "GptEvidence.lens"):
            lens = self.of_kind(row, LensRow, "GptEvidence.lens")
            self.whole(lens.layer, "LensRow.layer")
            self.number(lens.entropy, "LensRow.entropy")
            for pair in self._items(lens.top, "LensRow.top"):
                token, probability = self._pair(pair, "LensRow.top")
                self.whole(token, "LensRow.top")
                self.number(probability, "LensRow.top", 1.001)

    def _counts(self, given: NgramEvidence) -> None:
        self.whole(given.order, "NgramEvidence.order")
        self.whole(given.model_order, "NgramEvidence.model_order")
        for level in self._items(given.levels, "NgramEvidence.levels"):
            self.of_kind(level, NgramLevel, "NgramEvidence.levels")
        for shares in self.of_kind(given.shares, dict, "NgramEvidence.shares").values():
            for share in self._items(shares, "NgramEvidence.shares"):
                self.of_kind(share, NgramShare, "NgramEvidence.shares")

    def _array(self, given: Any, dimensions: int, where: str) -> Any:
        if not isinstance(given, np.ndarray) or given.ndim != dimensions or not np.isfinite(given).all():
            self.wrong(where, given, f"float32, {dimensions} dimension(s), finite")
        return given

    def _items(self, given: Any, where: str) -> Any:
        if not isinstance(given, tuple | list):
            self.wrong(where, given, "tuple")
        return given

    def _pair(self, given: Any, where: str) -> Any:
        if not isinstance(given, tuple | list) or len(given) != 2:
            self.wrong(where, given, "(int, float)")
        return given
