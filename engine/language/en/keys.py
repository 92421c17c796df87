"""`genchat keys`, in English."""

TEXTS = {
    "keys.help": "API keys. A key in the environment (GEMINI_API_KEY, GOOGLE_API_KEY) goes before a stored one. Stored keys lie in a file that only you can read; they are shown nowhere. Without a command: the list.",
    "keys.list": "which keys there are and where each comes from; never the key itself",
    "keys.set": "store a key: asked for without showing it, or read from stdin",
    "keys.set_help": "Store a key. It is asked for without showing it; from a script, pipe it in: genchat keys set gemini < FILE. It cannot be given on the command line, where other programs could see it.",
    "keys.rm": "forget a stored key",
    "keys.service": "which service: gemini, or the name of a plug-in",
    "keys.prompt": "key for {service} (it is not shown): ",
    "keys.stored": "the key for {service} ({hint}) is stored in {file}, readable by you alone",
    "keys.variable_first": "but {variable} is set and goes first",
    "keys.removed": "the key for {service} is no longer in {file}",
    "keys.none": "no key",
}
