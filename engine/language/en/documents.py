"""The documents screen, in English."""

TEXTS = {
    "documents.built_in": "answers from your documents and names its sources",
    "documents.title": "documents",
    "documents.placeholder": "ask something to see what it finds and why",
    "documents.counted": "{documents} documents, {passages} passages",
    "documents.hint": 'Type a question above to see which words count, what is found, and whether it is enough to answer.\n\nEnter on a document shows its passages. To let answers rest on the documents, choose the model "documents" in the chat (F2).',
    "documents.reading": "reading {name} ({done} of {total})",
    "documents.add_title": "Add documents",
    "documents.add_hint": "A file or a folder: .md .txt .csv .json .html .pdf",
    "documents.remove_title": "Take out of the index",
    "documents.remove_text": "Take {name} out? The file stays where it is.",
}
