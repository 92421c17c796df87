"""What is said where one message is sent to several models, in English."""

TEXTS = {
    "several.title": "Which models get the message?",
    "several.hint": "Space chooses · two to four · Tab, Enter send",
    "several.send": "Send",
    "several.how_many": "Choose {least} to {most} models.",
    "several.asking": "{name} answers; {left:# more model waits|# more models wait}",
    "several.nothing": "Write a message first; it is then sent to several models.",
    "several.bits": "{tokens:# token|# tokens}   {bits} bits per token",
    "several.replies": "Several models on one message",
    "several.help": "Replies side by side",
    "several.about": "Each column is the reply of one model to the same message, its tokens tinted by how surprised that model was. Below are the most likely candidates at the open token. The replies are versions of one another: in the chat, [ and ] go from one to the next.",
}
