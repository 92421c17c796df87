"""The controllers of the chat screen, and the data they work on: session, dialogue, reply stream, token records."""
