"""The shape of an LSTM, and the tensors it consists of."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from genchat.engine.errors import ModelDamaged


@dataclass(frozen=True)
class LstmConfig:
    """Sizes. `embedding_width` is what the first layer reads of a token; the other layers read `width` numbers."""

    vocabulary_size: int
    layers: int = 1
    width: int = 256
    embedding_width: int = 64
    start_token: int = 0  # read before every text

    def input_width(self, layer: int) -> int:
        """How many numbers `layer` reads from below."""
        return self.width if layer else self.embedding_width

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Every tensor of the model by the name torch gives it. The four gates stand above one another: i, f, g, o."""
        found: dict[str, tuple[int, ...]] = {"embedding.weight": (self.vocabulary_size, self.embedding_width)}
        for layer in range(self.layers):
            found[f"lstm.weight_ih_l{layer}"] = (4 * self.width, self.input_width(layer))
            found[f"lstm.weight_hh_l{layer}"] = (4 * self.width, self.width)
            found[f"lstm.bias_ih_l{layer}"] = (4 * self.width,)
            found[f"lstm.bias_hh_l{layer}"] = (4 * self.width,)
        found["head.weight"] = (self.vocabulary_size, self.width)
        found["head.bias"] = (self.vocabulary_size,)
        return found

    def to_json(self) -> dict[str, Any]:
        """As plain values, for the model card."""
        return asdict(self)

    @staticmethod
    def from_json(raw: Any, name: str) -> "LstmConfig":
        """From a model card. Raises ModelDamaged naming what is missing, unknown or out of bounds."""
        try:
            if not isinstance(raw, dict):
                raise TypeError("no settings of the network")
            strange = set(raw) - {field.name for field in fields(LstmConfig)}
            if strange:
                raise ValueError(f"unknown setting {min(strange)}")
            for key, value in raw.items():
                if type(value) is not int or value < (key != "start_token"):
                    raise ValueError(f"{key} is {value!r}")
            config = LstmConfig(**raw)
            if config.start_token >= config.vocabulary_size:
                raise ValueError("start_token outside the vocabulary")
        except (TypeError, ValueError) as error:
            raise ModelDamaged("model_damaged", name=name, reason=error) from None
        return config
