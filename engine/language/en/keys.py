"""`genchat keys`, in English."""

TEXTS = {
    "keys.help": "API keys. A key in the environment (GEMINI_API_KEY, GOOGLE_API_KEY) takes precedence over a saved one. Saved keys are in a file that only you can read; they are never shown. Without a command: the list.",
    "keys.list": "list which keys there are and where each comes from, never the key itself",
    "keys.set": "save a key, asked for without showing it or read from stdin",
    "keys.set_help": "Save a key. It is asked for without showing it; in a script, pipe it in: genchat keys set gemini < FILE. It cannot be passed on the command line, where other programs could see it.",
    "keys.rm": "delete a saved key",
    "keys.service": "the service: gemini, or the name of a plug-in",
    "keys.prompt": "key for {service} (it is not shown): ",
    "keys.stored": "the key for {service} ({hint}) is saved in {file}, which only you can read",
    "keys.variable_first": "but {variable} is set and takes precedence",
    "keys.removed": "the key for {service} is no longer in {file}",
    "keys.none": "no key",
}
