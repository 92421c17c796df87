"""Quem responde a partir dos documentos, em português do Brasil."""

TEXTS = {
    "assistant.quoting": "sem Gemini (sem chave ou offline): os documentos são citados; guarde uma chave com: genchat keys set gemini",
    "assistant.local_voice": "sem Gemini (sem chave ou offline): {model} responde a partir dos documentos",
    "assistant.gemini_unreachable": "{reason} Respondendo sem o Gemini.",
}
