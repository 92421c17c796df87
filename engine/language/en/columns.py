"""What the view of several models at one token says, in English."""

TEXTS = {
    "columns.title": "Several models at {token}",
    "columns.asking": "is reading the text …",
    "columns.price": "{bits} bits per byte of the reply",
    "columns.here": "{bits} bits for this token",
    "columns.writer": "wrote it",
    "columns.apart": "KL {kl} · JS {js} bits",
    "columns.note": "Text: the stronger the tint, the more bits the models are apart. KL, JS: next byte, from the writer.",
    "columns.alone": "There is no other model on this machine that can read this reply.",
    "columns.help": "Several models",
    "columns.about": "Each column is a model that reads the same text up to the cursor; its most likely next tokens are below. Vocabularies cut text differently, so the models are compared by the first byte of what comes next: KL says how many bits more it costs to expect what this model expects where the writer's distribution holds, JS (0 to 1 bit) how far the two are from their middle. Bits per byte is the price of the whole reply: the lower, the better this model would have foretold it.",
}
