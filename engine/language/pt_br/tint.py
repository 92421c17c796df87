"""Como se chamam as cores da conversa, em português do Brasil."""

TEXTS = {
    "tint.surprise": "surpresa, bits",
    "tint.probability": "probabilidade abaixo de",
    "tint.entropy": "entropia, bits",
    "tint.rank": "posição a partir de",
}
