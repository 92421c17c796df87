"""O treino do modelo estatístico, em português do Brasil."""

TEXTS = {
    "ngram.built_in": "modelo de n-gramas; mostra as linhas de onde aprendeu",
    "ngram.phase_reading": "lendo",
    "ngram.phase_tokens": "dividindo em tokens",
    "ngram.phase_suffixes": "ordenando sufixos",
    "ngram.phase_counting": "contando n-gramas",
    "ngram.phase_smoothing": "suavizando",
    "ngram.phase_writing": "gravando",
}
