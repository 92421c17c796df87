"""`genchat keys`, em português do Brasil."""

TEXTS = {
    "keys.help": "Chaves de API. Uma chave no ambiente (GEMINI_API_KEY, GOOGLE_API_KEY) tem precedência sobre uma salva. As salvas ficam em um arquivo que só você pode ler e nunca são mostradas. Sem comando: a lista.",
    "keys.list": "lista as chaves que existem e de onde vem cada uma, nunca a chave em si",
    "keys.set": "salva uma chave, pedida sem ser mostrada ou lida da entrada padrão",
    "keys.set_help": "Salva uma chave. Ela é pedida sem ser mostrada; em um script, use um pipe: genchat keys set gemini < ARQUIVO. Ela não pode ser passada na linha de comando, onde outros programas poderiam vê-la.",
    "keys.rm": "apaga uma chave salva",
    "keys.service": "o serviço: gemini, ou o nome de um plug-in",
    "keys.prompt": "chave de {service} (não é mostrada): ",
    "keys.stored": "a chave de {service} ({hint}) está salva em {file}, que só você pode ler",
    "keys.variable_first": "mas {variable} está definida e tem precedência",
    "keys.removed": "a chave de {service} não está mais em {file}",
    "keys.none": "nenhuma chave",
}
