"""`genchat corpus`, em português do Brasil."""

TEXTS = {
    "corpus.help": "Textos para treinar: baixa do catálogo ou adiciona os seus.",
    "corpus.list": "lista os textos que estão aqui e os do catálogo",
    "corpus.show": "mostra o que se sabe de um texto, e o começo dele",
    "corpus.pull": "baixa um texto do catálogo (retoma, confere o sha256) e imprime onde ficou",
    "corpus.add": "copia um arquivo seu para os textos do genchat e imprime onde ficou",
    "corpus.rm": "apaga um texto baixado ou adicionado",
    "corpus.name": "o nome de um texto (genchat corpus list)",
    "corpus.file": "um arquivo de texto em UTF-8",
    "corpus.new_name": "o nome da cópia (padrão: o do arquivo)",
    "corpus.here": "aqui",
    "corpus.fetching": "baixando {name}",
    "corpus.kept": "{name} · licença: {licence} · crédito: {attribution}",
    "corpus.removed": "{name} foi apagado",
}
