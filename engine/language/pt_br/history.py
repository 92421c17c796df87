"""O que se diz sobre o histórico, em português do Brasil."""

TEXTS = {
    "history.rescued": "O arquivo do histórico foi apagado ou movido. Tudo foi gravado de novo: {path}",
    "history.redacted": "não guardado: fazia parte de uma chave",
    "history.not_recorded": "nada foi registrado para este token",
    "history.recovered": "o arquivo de histórico estava danificado; foi guardado como {path}, e {conversations:# conversa|# conversas} com {messages:# mensagem|# mensagens} {conversations:pôde ser lida|puderam ser lidas} dele",
    "history.not_kept": "esta sessão não é guardada no histórico: {reason}",
    "history.speaker_user": "Você",
    "history.speaker_assistant": "genchat",
    "history.speaker_system": "Sistema",
    "history.status_stopped": "interrompida",
    "history.status_error": "falhou",
    "history.status_interrupted": "encerrada no meio",
    "history.status_streaming": "sendo escrita",
    "history.status_done": "pronta",
}
