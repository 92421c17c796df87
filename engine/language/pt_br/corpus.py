"""`genchat corpus`, em português do Brasil."""

TEXTS = {
    "corpus.help": "textos para treinar: baixe do catálogo, acrescente os seus",
    "corpus.list": "lista os textos que estão aqui e os que o catálogo oferece",
    "corpus.show": "mostra o que se sabe de um texto, e o começo dele",
    "corpus.pull": "baixa um texto do catálogo (retoma, confere o sha256); imprime onde ficou",
    "corpus.add": "guarda uma cópia de um arquivo seu; imprime onde ficou",
    "corpus.rm": "apaga um texto baixado ou acrescentado",
    "corpus.name": "o nome de um texto (genchat corpus list)",
    "corpus.file": "um arquivo de texto em UTF-8",
    "corpus.new_name": "o nome com que guardar (padrão: o do arquivo)",
    "corpus.here": "aqui",
    "corpus.fetching": "baixando {name}",
    "corpus.kept": "{name} · licença: {licence} · crédito: {attribution}",
    "corpus.removed": "{name} foi apagado",
}
