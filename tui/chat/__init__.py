"""A conversation without widgets: session, dialogue, the stream of a reply, what is kept, what is inspected."""
