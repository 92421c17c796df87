"""Measuring models, in English."""

TEXTS = {
    "evaluation.help": "Measure models on a text: bits per byte (the unit in which all models compare), perplexity per token, speed, memory. Arguments that are files are read; other words are the text itself; - is standard input.\n\nFiles of dialogues are scored turn by turn in each model's own chat template; the end of a turn counts as one byte. Each model runs in its own process.",
    "evaluation.text": "files, a text, or - for standard input",
    "evaluation.models": "names of models, separated by commas (default: the model in use)",
    "evaluation.scope": "in dialogues, score only the replies, or all turns, or the file as plain text",
    "evaluation.column_text": "text",
    "evaluation.column_model": "model",
    "evaluation.column_bits": "bits/byte",
    "evaluation.column_perplexity": "perplexity/token",
    "evaluation.column_tokens": "tokens",
    "evaluation.column_read": "tokens/s read",
    "evaluation.column_write": "tokens/s written",
    "evaluation.column_memory": "memory",
    "evaluation.scope_text": "{name}: the whole text, {bytes:# byte|# bytes}",
    "evaluation.scope_replies": "{name}: the replies of its dialogues, {bytes:# byte|# bytes}",
    "evaluation.scope_all": "{name}: all turns of its dialogues, {bytes:# byte|# bytes}",
    "evaluation.unknown": "{model}, {text}: {count:# piece is|# pieces are} not in its vocabulary and {count:was|were} spelled out at full cost: {pieces}",
    "evaluation.lost": "{model}, {text}: {count:# byte|# bytes} cannot be written by its tokenizer and {count:was|were} scored at 16 bits each",
    "evaluation.working": "measuring {model}",
}
