"""O que se diz sobre o histórico, em português do Brasil."""

TEXTS = {
    "history.redacted": "não guardado: fazia parte de uma chave",
    "history.not_recorded": "nada foi registrado para este token",
    "history.recovered": "o arquivo de histórico estava danificado; foi guardado como {path}, e {conversations} conversas com {messages} mensagens puderam ser lidas dele",
    "history.not_kept": "esta sessão não está sendo guardada: {reason}",
    "history.speaker_user": "Você",
    "history.speaker_assistant": "genchat",
    "history.speaker_system": "Sistema",
    "history.status_stopped": "parada",
    "history.status_error": "falhou",
    "history.status_interrupted": "interrompida",
    "history.status_streaming": "sendo escrita",
    "history.status_done": "pronta",
}
