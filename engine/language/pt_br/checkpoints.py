"""`genchat import` e `genchat pull`, em português do Brasil."""

TEXTS = {
    "checkpoints.import_help": "Importa um arquivo GGUF ou uma pasta do Hugging Face (llama, qwen2, qwen3, gpt2) como modelo do genchat.",
    "checkpoints.path": "um arquivo .gguf, ou uma pasta com config.json, tokenizer.json e safetensors",
    "checkpoints.name": "o nome do novo modelo (padrão: o do arquivo)",
    "checkpoints.replace": "substitui o modelo com esse nome, se houver",
    "checkpoints.converting": "convertendo {name}",
    "checkpoints.done": "{name}: {architecture}, {parameters} milhões de parâmetros, {storage}; licença: {licence}",
    "checkpoints.try_it": "converse com ele: genchat -m {name} · veja por dentro: genchat next -m {name} TEXTO",
    "checkpoints.no_template": "{name} não tem template de chat; ele continua um texto: genchat complete -m {name} TEXTO",
    "checkpoints.pull_help": "Baixa um modelo publicado (checkpoint) do catálogo e o importa. Um download interrompido é retomado; o arquivo é conferido pelo sha256.",
    "checkpoints.pull_name": "um nome do catálogo; sem ele, o catálogo é listado",
    "checkpoints.fetching": "baixando {name} ({size:#} MB, {licence})",
}
