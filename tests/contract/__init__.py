"""What every LanguageModel and Backend must keep, as test classes to inherit from.

Subclass `LanguageModelContract` (or `BackendContract`), give it a `model` (or `backend`) fixture, and pytest runs the
whole contract on it. Plug-in authors can do the same.
"""
