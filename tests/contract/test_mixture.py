"""The contract on a mixture of the statistical model and a neural one."""

import pytest

from genchat.engine.contract import Backend, LanguageModel
from genchat.engine.local_backend import LocalBackend
from genchat.engine.mixture.loading import combine
from genchat.engine.mixture.shares import Shares
from genchat.testing import BackendContract, LanguageModelContract
from tests.engine.mixture.models import counting, neural


class TestMixture(LanguageModelContract):
    @pytest.fixture(scope="class", params=[(0.3,), (0.1, 0.4, 0.7)])
    def model(self, request: pytest.FixtureRequest) -> LanguageModel:
        return combine(counting(), neural(), Shares(request.param), "mixed")


class TestMixtureBackend(BackendContract):
    @pytest.fixture(scope="class")
    def backend(self) -> Backend:
        return LocalBackend(combine(counting(), neural(), Shares((0.5,)), "mixed"))
