"""Gemini: two SDKs behind one interface, and the backend that talks through them."""
