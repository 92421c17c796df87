"""The contract that every model and backend keeps, as test classes to inherit from. It needs pytest.

from genchat.testing import LanguageModelContract

class TestMine(LanguageModelContract):
    @pytest.fixture
    def model(self):
        return MyModel()
"""

import pytest

pytest.register_assert_rewrite("genchat.engine.testing.backend", "genchat.engine.testing.language_model")

from genchat.engine.testing.backend import BackendContract  # noqa: E402
from genchat.engine.testing.language_model import LanguageModelContract  # noqa: E402

__all__ = ["BackendContract", "LanguageModelContract"]
