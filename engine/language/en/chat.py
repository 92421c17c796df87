"""What is said around a reply, in English."""

TEXTS = {
    "chat.oldest_turns_dropped": "{count:the oldest message no longer fits and was|the # oldest messages no longer fit and were} left out",
    "chat.newest_message_cut": "this message is longer than the model can read; its beginning was left out",
    "chat.context_full": "the model reads {tokens:# token|# tokens} at once; from here on, it no longer sees the beginning",
    "chat.unknown_pieces": "this model has never seen: {pieces}",
    "chat.settings_changed": "from token {place} on, other sampling settings were used",
}
