"""A Gemini on the loopback: the wire shapes of the real service and every fault of it that genchat knows.

The name of the model chooses what happens (see `tests.gemini_server.answers.MODELS`). Every answer body is checked
against the classes of the google-genai SDK, where it is installed.
"""

from tests.gemini_server.server import GeminiServer, Logged

__all__ = ["GeminiServer", "Logged"]
