"""O treino do modelo estatístico, em português do Brasil."""

TEXTS = {
    "ngram.built_in": "conta palavras e mostra as linhas de onde aprendeu",
    "ngram.phase_reading": "lendo",
    "ngram.phase_tokens": "cortando em tokens",
    "ngram.phase_suffixes": "ordenando sufixos",
    "ngram.phase_counting": "contando n-gramas",
    "ngram.phase_smoothing": "suavizando",
    "ngram.phase_writing": "gravando",
}
