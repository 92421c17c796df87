"""The documents screen, in English."""

TEXTS = {
    "documents.built_in": "answers from your documents and names its sources",
    "documents.title": "documents",
    "documents.placeholder": "type a question to see what it finds and why",
    "documents.counted": "{documents:# document|# documents}, {passages:# passage|# passages}",
    "documents.hint": 'Type a question above to see which words count, what is found, and whether it is enough to answer.\n\nEnter on a document shows its passages. To base answers on the documents, choose the model "documents" in the chat (F2).',
    "documents.reading": "reading {name} ({done:#} of {total:#})",
    "documents.add_title": "Add documents",
    "documents.add_hint": "A file or a folder: .md .txt .csv .json .html .pdf",
    "documents.remove_title": "Remove from the index",
    "documents.remove_text": "Remove {name} from the index? The file is not deleted.",
}
