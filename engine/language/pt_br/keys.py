"""`genchat keys`, em português do Brasil."""

TEXTS = {
    "keys.help": "Chaves de API. Uma chave no ambiente (GEMINI_API_KEY, GOOGLE_API_KEY) vale antes de uma guardada. As guardadas ficam em um arquivo que só você pode ler; não são mostradas em lugar nenhum. Sem comando: a lista.",
    "keys.list": "quais chaves existem e de onde vem cada uma; nunca a chave em si",
    "keys.set": "guardar uma chave: pedida sem mostrar, ou lida da entrada padrão",
    "keys.set_help": "Guarda uma chave. Ela é pedida sem ser mostrada; em um script, use: genchat keys set gemini < ARQUIVO. Não pode ser dada na linha de comando, onde outros programas poderiam vê-la.",
    "keys.rm": "esquecer uma chave guardada",
    "keys.service": "qual serviço: gemini, ou o nome de um plug-in",
    "keys.prompt": "chave de {service} (não é mostrada): ",
    "keys.stored": "a chave de {service} ({hint}) está guardada em {file}, que só você pode ler",
    "keys.variable_first": "mas {variable} está definida e vale primeiro",
    "keys.removed": "a chave de {service} não está mais em {file}",
    "keys.none": "nenhuma chave",
}
