"""What is said about keys that have another meaning, in English."""

TEXTS = {
    "keymap.unknown": "nothing that a key does is called “{name}”",
    "keymap.unknown_near": "nothing that a key does is called “{name}”; did you mean “{near}”?",
    "keymap.clash": "“{name}” cannot be {pressed}: that is “{other}” in the same place ({mode})",
    "keymap.shared": "“{name}” keeps its key, which means several things, one after the other",
    "keymap.letter": "“{name}” cannot be {pressed}: a letter by itself would no longer be written in the prompt",
    "keymap.refused": "The settings file gives a key that cannot be used: {reason}",
}
