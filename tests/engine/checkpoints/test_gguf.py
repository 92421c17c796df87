"""The GGUF reader: what it reads, and that no damaged file makes it do anything but say so."""

import contextlib
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.checkpoints.dequantise import FORMATS, dequantise, groups_of
from genchat.engine.checkpoints.gguf import GgufFile
from genchat.engine.errors import ModelDamaged
from tests.engine.checkpoints.gguf_writer import gguf, value

METADATA = {
    "general.architecture": "llama",
    "count": 7,
    "share": 0.5,
    "flag": True,
    "words": ["a", "", "é"],
    "numbers": [1, 2, 3],
    "nothing": [],
}
MATRIX = np.arange(12, dtype=np.float32).reshape(3, 4)
TENSORS = [("a", MATRIX), ("b", np.ones(5, dtype=np.float32))]
FILE = gguf(METADATA, TENSORS)


def _open(tmp_path: Path, content: bytes) -> GgufFile:
    path = tmp_path / "some.gguf"
    path.write_bytes(content)
    return GgufFile(path)


def test_metadata_and_tensors_come_back(tmp_path: Path) -> None:
    file = _open(tmp_path, FILE)
    assert file.metadata == METADATA
    np.testing.assert_array_equal(file.read("a"), MATRIX)
    assert file.tensors["b"].shape == (5,)
    with pytest.raises(ModelDamaged, match="tensor c is missing"):
        file.read("c")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a GGUF"),
        (b"PK\x03\x04 something", "not a GGUF"),
        (gguf(METADATA, TENSORS, version=1), "version 1"),
        (gguf(METADATA, TENSORS, version=0x03000000), "version"),
        (gguf(METADATA, TENSORS, tensor_count=1 << 60), "tensor_count"),
        (gguf(METADATA, TENSORS, key_count=1 << 60), "key_count"),
        (gguf(METADATA, TENSORS, kind=99), "99"),
        (gguf(METADATA, TENSORS, kind=23), r"IQ4_XS.*these are: F32, F16"),
        (gguf(METADATA, TENSORS, kind=12), "shape"),
        (gguf(METADATA, TENSORS, shift=1 << 40), "beyond its end"),
        (gguf(METADATA, TENSORS, shift=(1 << 64) - 4096), "beyond its end"),
        (gguf({"general.alignment": 0}, TENSORS), "alignment"),
        (gguf({}, [("a", MATRIX), ("a", MATRIX)]), "tensor is a"),
        (gguf({}, [("a", np.ones((1, 1, 1, 1, 1)))]), "dimensions"),
        (gguf({"deep": [[[[[1]]]]]}), "value_type"),
        (FILE[:130], "is cut off"),
        (FILE[:-32], "beyond its end"),
    ],
)
def test_lies_are_named(content: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged, match=said):
        _open(tmp_path, content)


def test_an_array_longer_than_the_file_asks_for_no_memory(tmp_path: Path) -> None:
    for inner in (0, 8, 9, 12):
        start = value([1])
        lying = start[:4] + struct.pack("<IQ", inner, 1 << 50)
        content = gguf({"list": [1]}).replace(start[:16], lying)
        with pytest.raises(ModelDamaged, match="array"):
            _open(tmp_path, content)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_damage_is_met_with_anything_but_its_name(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(FILE[: data.draw(st.integers(0, len(FILE)))])
    for _ in range(data.draw(st.integers(0, 4))):
        if content:
            place = data.draw(st.integers(0, len(content) - 1))
            content[place : place + 8] = data.draw(st.binary(min_size=1, max_size=8))
    with contextlib.suppress(ModelDamaged):
        file = _open(tmp_path_factory.mktemp("fuzz"), bytes(content))
        for name in file.tensors:
            assert file.read(name).size <= len(content)


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_blocks_unpack_as_in_the_reference(kind: int) -> None:
    reference = pytest.importorskip("gguf")
    form = FORMATS[kind]
    raw = np.random.default_rng(kind).integers(0, 256, (40, max(form.bytes, 4) * 4), dtype=np.uint8)
    raw = raw.reshape(-1)[: 40 * form.bytes].reshape(40, form.bytes)
    with np.errstate(all="ignore"):
        wanted = reference.dequantize(raw, reference.GGMLQuantizationType(kind)).reshape(-1)
    np.testing.assert_array_equal(dequantise(raw.reshape(-1), kind), wanted)


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_blocks_of_4_bits_are_levels_with_a_scale_and_an_offset(kind: int) -> None:
    form = FORMATS[kind]
    raw = np.random.default_rng(kind).integers(0, 60, 8 * form.bytes, dtype=np.uint8)  # scales that are numbers
    groups = groups_of(raw, kind, 4)
    if groups is None:
        assert kind not in (2, 3, 12)
        return
    assert groups.levels.max() <= 15
    found = groups.levels.reshape(4, -1, 32) * groups.scales[..., None] + groups.offsets[..., None]
    np.testing.assert_allclose(found.reshape(-1), dequantise(raw, kind), rtol=1e-5, atol=1e-6)
