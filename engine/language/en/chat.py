"""What is said around a reply, in English."""

TEXTS = {
    "chat.oldest_turns_dropped": "the {count} oldest messages no longer fit and were left out",
    "chat.unknown_pieces": "this model never saw: {pieces}",
}
