"""A tela de documentos, em português."""

TEXTS = {
    "documents.built_in": "responde a partir dos seus documentos e cita as fontes",
    "documents.title": "documentos",
    "documents.placeholder": "digite uma pergunta para ver o que ela encontra e por quê",
    "documents.counted": "{documents:# documento|# documentos}, {passages:# trecho|# trechos}",
    "documents.hint": 'Digite uma pergunta acima para ver quais palavras contam, o que se encontra e se basta para responder.\n\nEnter em um documento mostra seus trechos. Para basear as respostas nos documentos, escolha o modelo "documents" na conversa (F2).',
    "documents.reading": "lendo {name} ({done:#} de {total:#})",
    "documents.add_title": "Adicionar documentos",
    "documents.add_hint": "Um arquivo ou uma pasta: .md .txt .csv .json .html .pdf",
    "documents.remove_title": "Remover do índice",
    "documents.remove_text": "Remover {name} do índice? O arquivo não é apagado.",
}
