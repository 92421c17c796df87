"""Measuring models, in English."""

TEXTS = {
    "evaluation.help": "Measure models on a text: bits for each byte (the unit in which all models compare), perplexity for each token, speed, memory. Arguments that are files are read; other words are the text itself, - is standard input.\n\nFiles of dialogues are priced turn by turn as each model holds conversations, the end of a turn as one byte. Each model runs in a process of its own.",
    "evaluation.text": "files, a text, or - for standard input",
    "evaluation.models": "names of models, separated by commas (the model in use if not given)",
    "evaluation.scope": "of dialogues, price only the replies, or all turns, or the file as plain text",
    "evaluation.column_text": "text",
    "evaluation.column_model": "model",
    "evaluation.column_bits": "bits/byte",
    "evaluation.column_perplexity": "perplexity/token",
    "evaluation.column_tokens": "tokens",
    "evaluation.column_read": "tokens/s read",
    "evaluation.column_write": "tokens/s written",
    "evaluation.column_memory": "memory",
    "evaluation.scope_text": "{name}: the whole text, {bytes} bytes",
    "evaluation.scope_replies": "{name}: the replies of its dialogues, {bytes} bytes",
    "evaluation.scope_all": "{name}: all turns of its dialogues, {bytes} bytes",
    "evaluation.unknown": "{model}, {text}: {count} pieces are not in its vocabulary and were spelled out at their full price: {pieces}",
    "evaluation.lost": "{model}, {text}: {count} bytes cannot be written by its tokenizer and were priced at 16 bits each",
    "evaluation.working": "measuring {model}",
}
