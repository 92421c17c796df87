"""Documentos, busca e respostas a partir deles, em português."""

TEXTS = {
    "retrieval.by_keywords": "palavras-chave (BM25)",
    "retrieval.by_both": "palavras-chave (BM25) + significado ({embedder})",
    "retrieval.by_keywords_while": "palavras-chave (BM25); o {embedder} já leu {done} de {total} trechos",
    "retrieval.fell_back": "o {embedder} não conseguiu ler a pergunta ({reason}); usei só as palavras-chave",
    "retrieval.respelled": "não está nos documentos, entendi como: {pairs}",
    "retrieval.line": "linha {line}",
    "retrieval.warning_orders": "este trecho tenta dar ordens ao modelo; ele é tratado só como texto",
}
