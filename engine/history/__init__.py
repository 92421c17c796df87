"""The history: conversations, messages, runs and token traces in one SQLite file."""
