"""Who answers from the documents, in English."""

TEXTS = {
    "assistant.quoting": "no Gemini here (no key, or offline): the documents are quoted; set a key with: genchat keys set gemini",
    "assistant.local_voice": "no Gemini here (no key, or offline): {model} answers from the documents",
    "assistant.gemini_unreachable": "{reason} Answering without Gemini.",
}
