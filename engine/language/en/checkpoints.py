"""`genchat import` and `genchat pull`, in English."""

TEXTS = {
    "checkpoints.import_help": "Make a model of genchat from a GGUF file or a Hugging Face folder (llama, qwen2, qwen3, gpt2).",
    "checkpoints.path": "a .gguf file, or a folder with config.json, tokenizer.json and safetensors",
    "checkpoints.name": "the name of the new model (default: the file's own)",
    "checkpoints.replace": "replace a model of that name",
    "checkpoints.converting": "converting {name}",
    "checkpoints.done": "{name}: {architecture}, {parameters} million parameters, {storage}; licence: {licence}",
    "checkpoints.try_it": "talk to it: genchat -m {name} · look inside: genchat next -m {name} TEXT",
    "checkpoints.no_template": "{name} has no chat template: it goes on with a text (genchat complete -m {name} TEXT)",
    "checkpoints.pull_help": "Fetch a checkpoint of the catalogue and import it (resumed, checked by its sha256).",
    "checkpoints.pull_name": "a name of the catalogue; without it, the catalogue is listed",
    "checkpoints.fetching": "fetching {name} ({size} MB, {licence})",
}
