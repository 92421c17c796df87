"""Characters as tokens: one Unicode code point each; those never seen in training are written in bytes."""

from genchat.engine.tokenizers.pieces import PieceTokenizer


class CharacterTokenizer(PieceTokenizer):
    """Code points; unseen ones become their UTF-8 bytes."""

    unit = "char"

    @staticmethod
    def split(text: str) -> list[str]:
        return list(text)
