"""The metadata of a GGUF file, read by key and type."""

import math
from collections.abc import Mapping
from typing import Any

from genchat.engine.checkpoints.known_settings import GGUF_FAMILY, GGUF_HARMLESS_SPACES, GGUF_TOKENIZER
from genchat.engine.errors import ModelDamaged


class Keys:
    """Settings by name. Raises ModelDamaged naming the one that is missing, of another type or not supported."""

    def __init__(self, metadata: Mapping[str, Any], name: str) -> None:
        self._metadata = metadata
        self._name = name

    def refuse(self, key: str, value: object) -> ModelDamaged:
        """The error that names this setting."""
        if value is None:
            return ModelDamaged("checkpoint_setting_missing", name=self._name, setting=key)
        shown = f"[{len(value)}]" if isinstance(value, list) else str(value)[:80]
        return ModelDamaged("checkpoint_setting", name=self._name, setting=key, value=shown)

    def refuse_unknown(self, architecture: str) -> None:
        """Raise for the first key that is not understood: it may well change the numbers."""
        for key, value in self._metadata.items():
            family, tokenizer = key.removeprefix(f"{architecture}."), key.removeprefix("tokenizer.")
            known = (family != key and family in GGUF_FAMILY) or (
                tokenizer != key and (tokenizer in GGUF_TOKENIZER or tokenizer.startswith("chat_template."))
            )
            if not known and not key.startswith(GGUF_HARMLESS_SPACES):
                raise self.refuse(key, value)

    def text(self, key: str, default: str | None = None) -> str:
        found = self._metadata.get(key, default)
        if not isinstance(found, str):
            raise self.refuse(key, found)
        return found

    def number(self, key: str, default: float | None = None) -> float:
        found = self._metadata.get(key, default)
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
            raise self.refuse(key, found)
        return found

    def whole(self, key: str, default: int | None = None) -> int:
        found = self.number(key, default)
        if int(found) != found or found < 1:
            raise self.refuse(key, found)
        return int(found)

    def flag(self, key: str, default: bool) -> bool:
        found = self._metadata.get(key, default)
        if not isinstance(found, bool):
            raise self.refuse(key, found)
        return found

    def strings(self, key: str) -> list[str]:
        found = self._metadata.get(key)
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise self.refuse(key, found)
        return found

    def numbers(self, key: str, count: int, default: float) -> list[float]:
        """`count` of them."""
        found = self._metadata.get(key, [default] * count)
        if not isinstance(found, list) or len(found) != count:
            raise self.refuse(key, found)
        if not all(isinstance(each, int | float) and math.isfinite(each) for each in found):
            raise self.refuse(key, found)
        return found
