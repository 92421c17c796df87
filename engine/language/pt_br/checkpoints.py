"""`genchat import` e `genchat pull`, em português do Brasil."""

TEXTS = {
    "checkpoints.import_help": "Faz um modelo do genchat a partir de um arquivo GGUF ou de uma pasta do Hugging Face (llama, qwen2, qwen3, gpt2).",
    "checkpoints.path": "um arquivo .gguf, ou uma pasta com config.json, tokenizer.json e safetensors",
    "checkpoints.name": "o nome do novo modelo (padrão: o do arquivo)",
    "checkpoints.replace": "substitui um modelo com esse nome",
    "checkpoints.converting": "convertendo {name}",
    "checkpoints.done": "{name}: {architecture}, {parameters} milhões de parâmetros, {storage}; licença: {licence}",
    "checkpoints.try_it": "converse com ele: genchat -m {name} · olhe por dentro: genchat next -m {name} TEXTO",
    "checkpoints.no_template": "{name} não tem modelo de conversa: ele continua um texto (genchat complete -m {name} TEXTO)",
    "checkpoints.pull_help": "Baixa um modelo publicado do catálogo e o importa (retomado, conferido pelo sha256).",
    "checkpoints.pull_name": "um nome do catálogo; sem ele, o catálogo é listado",
    "checkpoints.fetching": "baixando {name} ({size} MB, {licence})",
}
