"""What every LanguageModel and Backend must keep, as test classes to inherit from; `genchat.testing` gives them out.

Subclass `LanguageModelContract` (or `BackendContract`), give it a `model` (or `backend`) fixture, and pytest runs the
whole contract on it.
"""
