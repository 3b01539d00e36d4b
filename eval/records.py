"""What a run leaves behind: one record a case, and what is needed to repeat it. All plain JSON values."""

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from eval.stats import SEED
from qa.config import Settings
from qa.errors import InputError

FORMAT = "newsdesk-eval/1"
_PACKAGES = (
    "newsdesk", "chromadb", "gradio", "ir-measures", "langchain", "langchain-core", "numpy", "onnxruntime",
    "scipy", "sentence-transformers", "sentencex", "torch", "xllamacpp",
)  # fmt: skip
_ROOT = Path(__file__).resolve().parent.parent
_CODE = ("qa", "ingest", "eval")


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A case with what became of it.

    `gold` is the case as in the gold set; `answer` as `newsdesk ask --json` prints it, None after a failure;
    a score is absent where it does not apply.
    """

    set: str
    id: str
    kind: str
    split: str
    gold: dict[str, Any]
    answer: dict[str, Any] | None
    verdict: str
    why: str
    scores: dict[str, float]
    ungrounded: list[dict[str, str]] = field(default_factory=list)
    judge: str = ""  # what the LLM judge gave as its reason
    error: str = ""

    @property
    def declined(self) -> bool:
        """Whether it was answered with "The articles don't say"."""
        return bool(self.answer and self.answer["abstained"])


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run: `about` says how it was made (see `describe_run`)."""

    about: dict[str, Any]
    records: tuple[CaseRecord, ...]
    baselines: dict[str, dict[str, Any]] = field(default_factory=dict)  # set -> baseline -> measures

    @property
    def sets(self) -> list[str]:
        """The names of the gold sets, in the order asked."""
        return list(dict.fromkeys(record.set for record in self.records))

    def of_set(self, name: str) -> list[CaseRecord]:
        """Give the records of a gold set."""
        return [record for record in self.records if record.set == name]


def describe_run(settings: Settings, system: str, models: Mapping[str, str], sets: list[dict[str, Any]]) -> Any:
    """Give what is needed to repeat a run: settings, hashes of data and code, versions, machine, seed.

    Args:
        settings: in force; secrets are left out.
        system: what was asked.
        models: names and hashes of the models.
        sets: name, files, hashes and selection of each gold set.
    """
    return {
        "format": FORMAT,
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "system": system,
        "models": dict(models),
        "sets": sets,
        "settings": plain_settings(settings),
        "code_sha256": code_sha256(),
        "versions": _versions(),
        "machine": _machine(),
        "seed": SEED,
    }


def plain_settings(settings: Settings) -> dict[str, Any]:
    """Give the settings that bear on answers, as plain values without secrets and places."""
    left_out = {"llm_api_key", "data_dir", "cache_dir", "host", "port", "manage_articles"}
    return settings.model_dump(mode="json", exclude=left_out)


def code_sha256() -> str:
    """Give the hash of the code and the fitted weights that decide an answer and its score."""
    total = hashlib.sha256()
    for package in _CODE:
        for path in sorted((_ROOT / package).rglob("*")):
            if path.suffix in (".py", ".json") and path.is_file():
                total.update(f"{path.relative_to(_ROOT).as_posix()}\0".encode() + path.read_bytes())
    return total.hexdigest()


def write_run(run: Run, path: Path, extra: Mapping[str, Any]) -> None:
    """Write a run as JSON, in one step: the file is the old one or the new one.

    Args:
        run: the run.
        path: the file.
        extra: what else to put in, under keys of its own: the measures.

    Raises:
        InputError: the file cannot be written.
    """
    content = {**run.about, **extra, "baselines": run.baselines, "cases": [asdict(r) for r in run.records]}
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1))


def write_text(path: Path, text: str) -> None:
    """Write a file in one step, making its folder.

    Raises:
        InputError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as exc:
        raise InputError(f"cannot write {path}: {exc.strerror}; name another file") from exc


def read_run(path: Path) -> Run:
    """Read a run that `write_run` wrote.

    Raises:
        InputError: the file is no such run.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise InputError(f"cannot read the run {path}: {exc}") from exc
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f"{path} is no run of this version: make one with `newsdesk eval run --out {path.name}`")
    try:
        records = tuple(CaseRecord(**row) for row in content.pop("cases"))
    except (KeyError, TypeError) as exc:
        raise InputError(f"{path} is damaged ({exc}): make the run again") from exc
    baselines = content.pop("baselines", {})
    for derived in ("reports", "groundedness_checker"):
        content.pop(derived, None)
    return Run(content, records, baselines)


class Journal:
    """The records of a run under way, a line each, so that an interrupted run goes on where it stopped.

    Args:
        folder: keeps the journals.
        about: everything that a result depends on; another value is another journal.
    """

    def __init__(self, folder: Path, about: Mapping[str, Any]) -> None:
        key = hashlib.sha256(json.dumps(about, sort_keys=True, default=str).encode()).hexdigest()[:24]
        self.path = folder / f"{key}.jsonl"

    def read(self) -> dict[tuple[str, str], CaseRecord]:
        """Give the records by set and id. Failures are left out, to be tried again; so is a torn last line."""
        records: dict[tuple[str, str], CaseRecord] = {}
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except OSError:
            return records
        for line in lines:
            try:
                record = CaseRecord(**json.loads(line))
            except (ValueError, TypeError):
                continue
            if not record.error:
                records[record.set, record.id] = record
        return records

    def add(self, record: CaseRecord) -> None:
        """Write a record down."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")

    def forget(self) -> None:
        """Remove the journal: the run is whole."""
        self.path.unlink(missing_ok=True)


def sha256_of(paths: Iterable[Path]) -> str:
    """Give the hash of the content of files, in order."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _machine() -> dict[str, Any]:
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"system": platform.platform(), "processor": _processor(), "cpus": cpus}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
