"""`genchat import` and `genchat pull`, in English."""

TEXTS = {
    "checkpoints.import_help": "Import a GGUF file or a Hugging Face folder (llama, qwen2, qwen3, gpt2) as a model of genchat.",
    "checkpoints.path": "a .gguf file, or a folder with config.json, tokenizer.json and safetensors",
    "checkpoints.name": "the name of the new model (default: the file's own)",
    "checkpoints.replace": "replace the model of that name, if there is one",
    "checkpoints.converting": "converting {name}",
    "checkpoints.done": "{name}: {architecture}, {parameters} million parameters, {storage}; licence: {licence}",
    "checkpoints.try_it": "chat with it: genchat -m {name} · look inside: genchat next -m {name} TEXT",
    "checkpoints.no_template": "{name} has no chat template; it continues a text: genchat complete -m {name} TEXT",
    "checkpoints.pull_help": "Fetch a checkpoint from the catalogue and import it. An interrupted download is resumed; the file is checked by its sha256.",
    "checkpoints.pull_name": "a name from the catalogue; without it, the catalogue is listed",
    "checkpoints.fetching": "fetching {name} ({size:#} MB, {licence})",
}
