"""A tela de documentos, em português."""

TEXTS = {
    "documents.built_in": "responde a partir dos seus documentos e cita as fontes",
    "documents.title": "documentos",
    "documents.placeholder": "pergunte algo para ver o que se acha e por quê",
    "documents.counted": "{documents} documentos, {passages} trechos",
    "documents.hint": 'Escreva uma pergunta acima para ver que palavras contam, o que se acha e se basta para responder.\n\nEnter num documento mostra seus trechos. Para que as respostas se apoiem nos documentos, escolha o modelo "documents" na conversa (F2).',
    "documents.reading": "lendo {name} ({done} de {total})",
    "documents.add_title": "Adicionar documentos",
    "documents.add_hint": "Um arquivo ou uma pasta: .md .txt .csv .json .html .pdf",
    "documents.remove_title": "Tirar do índice",
    "documents.remove_text": "Tirar {name}? O arquivo fica onde está.",
}
