"""Train the reader: `python -m training.train --data FOLDER --out FOLDER` (see README.md).

The learning rate falls to zero over a budget of CPU time, so that a run that shares its machine, or is stopped
for a while, still ends with its schedule. The number of steps that were made is written beside the weights.
"""

import dataclasses
import json
import os
import pickle
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import torch
from torch import Tensor

from qa.weights import MINILM, verified_folder
from training.batches import Batch, Encoded, batches, batches_of, collate, encode, load_tokenizer
from training.corpus import Example, Raw, annotate, file_sha256, held_back, read_qa_train, read_squad
from training.data import MIXES, Sample, Sampler, keyword_neighbours
from training.model import ReaderNet, loss_of, new_reader

_WARM_UP = 200  # steps
_REPORT_EVERY = 50  # steps
_SAVE_EVERY = 300  # seconds


@dataclasses.dataclass(frozen=True, slots=True)
class TrainingSettings:
    """What a run depends on, written to its card."""

    seed: int = 7
    batch: int = 32
    learning_rate: float = 1.5e-4
    weight_decay: float = 0.01
    clip: float = 1.0  # largest norm of the gradient
    cpu_minutes: float = 120.0  # of all threads together
    mix: str = "broad"  # of samples: a key of `training.data.MIXES`
    encoder: str = ""  # folder of another encoder than MiniLM
    teacher: str = ""  # folder of the run of a teacher
    device: str = "cpu"  # as torch names it; the budget is CPU time all the same


class Schedule:
    """A learning rate that warms up, then falls linearly to zero at the end of a budget of CPU time.

    Args:
        settings: peak and budget.
        budget_file: a number of CPU minutes in it replaces the budget while the run goes on.
    """

    def __init__(self, settings: TrainingSettings, budget_file: Path) -> None:
        self._peak = settings.learning_rate
        self._budget = settings.cpu_minutes * 60
        self._file = budget_file
        self._began = self._seen = time.process_time()
        self._share = 1.0  # of the peak

    def rate(self, step: int) -> float | None:
        """Give the rate of a step; None when the budget is used."""
        if step % _REPORT_EVERY == 0 and self._file.exists():
            self._budget = float(self._file.read_text(encoding="utf-8")) * 60
        now = time.process_time()
        left = self._budget - (self._seen - self._began)
        if left <= now - self._seen:
            return None
        self._share *= 1 - (now - self._seen) / left
        self._seen = now
        return self._peak * self._share * min(1.0, (step + 1) / _WARM_UP)

    @property
    def used(self) -> float:
        """CPU minutes used."""
        return (self._seen - self._began) / 60


def training_examples(data: Path, cache: Path) -> tuple[list[Example], dict[str, list[Example]]]:
    """Read the sets.

    Args:
        data: folder of the sets.
        cache: file that keeps the annotated examples between runs, which take minutes.

    Returns:
        The training examples, and those kept for looks on the way, by set.
    """
    rows = read_qa_train(data / "qa-train" / "questions.jsonl.gz")
    squad = data / "squad-dev"
    training = _kept(cache, [r for r in rows if not held_back(r)] + read_squad(squad, "train"))
    looks = {
        "held back squad": annotate(read_squad(squad, "held back")),
        "held back spans": annotate([r for r in rows if held_back(r) and r.source == "new_wiki"]),
    }
    return training, looks


def _kept(cache: Path, rows: list[Raw]) -> list[Example]:
    if cache.exists():
        examples: list[Example] = pickle.loads(cache.read_bytes())  # noqa: S301  written below
        return examples
    examples = annotate(rows)
    cache.write_bytes(pickle.dumps(examples))
    return examples


def encoded(sampler: Sampler, tokenizer: Any, teachers: Any = None) -> Iterator[Encoded]:
    """Encode samples as they are drawn, with a teacher's tokenizer as well where there is one."""
    for sample in sampler:
        found = encode(tokenizer, sample)
        taught = encode(teachers, sample) if teachers else None
        if found is not None and (taught is not None or not teachers):
            yield dataclasses.replace(found, taught=taught)


def train(settings: TrainingSettings, data: Path, out: Path, start: Path | None, steps: int | None) -> None:
    """Train and save; `start` is an earlier run to go on from, and `steps` ends a trial early."""
    torch.manual_seed(settings.seed)
    torch.set_num_threads(1)  # two threads that share their cores with others wait for each other
    folder = Path(settings.encoder) if settings.encoder else verified_folder(MINILM) / "model"
    tokenizer = load_tokenizer(folder)
    teacher, teachers = _teacher(Path(settings.teacher), settings.device) if settings.teacher else (None, None)
    examples, looks = training_examples(data, out / "examples.pickle")
    sampler = Sampler(examples, keyword_neighbours(examples), settings.seed, MIXES[settings.mix])
    drawn = batches(encoded(sampler, tokenizer, teachers), settings.batch, settings.seed)
    stream = (batch.to(settings.device) for batch in drawn)
    model = new_reader(folder)
    if start:
        model.load_state_dict(torch.load(start / "reader.pt", weights_only=True, map_location="cpu"))
    model.to(settings.device)
    optimiser = torch.optim.AdamW(
        _groups(model, settings), lr=settings.learning_rate, betas=(0.9, 0.98), fused=True
    )
    schedule = Schedule(settings, out / "cpu_minutes")
    look = {
        name: [batch.to(settings.device) for batch in _look_batches(es, tokenizer)] for name, es in looks.items()
    }
    click.echo(f"{len(examples)} examples; looks: { ({n: len(e) for n, e in looks.items()}) }")
    step, total, saved = 0, 0.0, time.monotonic()
    while (rate := schedule.rate(step)) is not None and step != steps:
        if step % _REPORT_EVERY == 0 and (out / "threads").exists():
            torch.set_num_threads(int((out / "threads").read_text(encoding="utf-8")))
        batch = next(stream)
        total += _step(model, optimiser, batch, rate, settings.clip, _taught(teacher, batch))
        step += 1
        if step % _REPORT_EVERY == 0:
            click.echo(
                f"{time.strftime('%H:%M:%S')} step {step} loss {total / _REPORT_EVERY:.4f} rate {rate:.2e} "
                f"CPU {schedule.used:.1f} min"
            )
            total = 0.0
        if time.monotonic() - saved > _SAVE_EVERY:
            _save(model, out, settings, step, schedule)
            click.echo(f"{time.strftime('%H:%M:%S')} " + _looked(model, look))
            saved = time.monotonic()
    _save(model, out, settings, step, schedule)
    click.echo(f"{time.strftime('%H:%M:%S')} end at step {step}: " + _looked(model, look))


def _groups(model: ReaderNet, settings: TrainingSettings) -> list[dict[str, Any]]:
    """Decay matrices alone."""
    named = [(p.ndim >= 2, p) for p in model.parameters()]
    return [
        {"params": [p for matrix, p in named if matrix], "weight_decay": settings.weight_decay},
        {"params": [p for matrix, p in named if not matrix], "weight_decay": 0.0},
    ]


def _teacher(run: Path, device: str) -> tuple[ReaderNet, Any]:
    """Load the network of a teacher's run, and its tokenizer."""
    encoder = Path(json.loads((run / "run.json").read_text(encoding="utf-8"))["encoder"])
    model = new_reader(encoder)
    model.load_state_dict(torch.load(run / "reader.pt", weights_only=True, map_location="cpu"))
    return model.to(device).eval(), load_tokenizer(encoder)


@torch.no_grad()
def _taught(teacher: ReaderNet | None, batch: Batch) -> Tensor | None:
    """Give a teacher's probability that there is an answer; None without one."""
    if teacher is None or batch.taught is None:
        return None
    with torch.autocast(batch.ids.device.type, dtype=torch.bfloat16):
        *_, answerable = teacher(batch.taught.ids, batch.taught.types, batch.taught.attention)
    return torch.sigmoid(answerable.float())


def _step(
    model: ReaderNet, optimiser: Any, batch: Batch, rate: float, clip: float, taught: Tensor | None
) -> float:
    model.train()
    for group in optimiser.param_groups:
        group["lr"] = rate
    with torch.autocast(batch.ids.device.type, dtype=torch.bfloat16):
        outputs = model(batch.ids, batch.types, batch.attention)
    loss = loss_of(outputs, batch.first, batch.last, batch.mask, taught)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimiser.step()
    return float(loss.detach())


def _look_batches(examples: list[Example], tokenizer: Any) -> list[Batch]:
    samples = [Sample(e.question, e.context.text, e.answers[0] if e.answers else None, "look") for e in examples]
    found = sorted((s for s in (encode(tokenizer, x) for x in samples) if s), key=lambda s: len(s.ids))
    return [collate(group) for group in batches_of(found, 32)]


@torch.no_grad()
def _looked(model: ReaderNet, looks: dict[str, list[Batch]]) -> str:
    """Report on the held-back questions: AUC of answerable logit and of the span's margin, and exact spans."""
    model.eval()
    lines = []
    for name, found in looks.items():
        rows = [row for batch in found for row in _judged(model, batch)]
        truth = [answerable for answerable, *_ in rows]
        exact = [hit for answerable, _, _, hit in rows if answerable]
        line = f"{name}: exact {sum(exact) / len(exact):.3f}"
        if len(set(truth)) == 2:
            line += "".join(f", AUC {_auc(truth, [r[i] for r in rows]):.3f}" for i in (1, 2))
        lines.append(line)
    return "; ".join(lines)


def _judged(model: ReaderNet, batch: Batch) -> list[tuple[bool, float, float, bool]]:
    """Give for each sample: answerable, its logit, the margin of the best span over none, span exactly right."""
    with torch.autocast(batch.ids.device.type, dtype=torch.bfloat16):
        starts, ends, answerable = (o.float() for o in model(batch.ids, batch.types, batch.attention))
    passage = batch.mask.clone()
    passage[:, 0] = False
    best_start = starts.masked_fill(~passage, -1e4).max(1)
    best_end = ends.masked_fill(~passage, -1e4).max(1)
    margin = best_start.values + best_end.values - starts[:, 0] - ends[:, 0]
    exact = (best_start.indices == batch.first) & (best_end.indices == batch.last)
    columns = ((batch.first > 0).tolist(), answerable.tolist(), margin.tolist(), exact.tolist())
    return list(zip(*columns, strict=True))


def _auc(truth: list[bool], scores: list[float]) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(truth, scores))


def _save(model: ReaderNet, out: Path, settings: TrainingSettings, step: int, schedule: Schedule) -> None:
    temporary = out / "reader.pt.part"
    torch.save(model.state_dict(), temporary)
    temporary.replace(out / "reader.pt")
    run = {**dataclasses.asdict(settings), "steps": step, "cpu_minutes_used": round(schedule.used, 1)}
    (out / "run.json").write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")


def _provenance(data: Path) -> dict[str, Any]:
    files = ("qa-train/questions.jsonl.gz", "squad-dev/questions.jsonl")
    return {
        "data": {name: file_sha256(data / name) for name in files},
        "encoder": dict(MINILM.files),
        "torch": torch.__version__,
        "machine": platform.machine(),
    }


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the sets.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for weights and records.")
@click.option("--cpu-minutes", default=120.0, help="Budget, of all threads together.")
@click.option("--learning-rate", default=1.5e-4)
@click.option("--mix", type=click.Choice(list(MIXES)), default="broad", help="Of the samples.")
@click.option("--encoder", default="", help="Folder of another encoder than MiniLM.")
@click.option("--teacher", default="", help="Folder of a run that was made with --encoder.")
@click.option("--device", default="cpu", help="Where the networks run, as torch names it.")
@click.option("--start", type=click.Path(path_type=Path, exists=True), default=None, help="A run to go on from.")
@click.option("--seed", default=7)
@click.option("--steps", type=int, default=None, help="End a trial after so many steps.")
@click.option("--pid-file", type=click.Path(path_type=Path), default=None, help="Where to write the process id.")
def main(
    data: Path,
    out: Path,
    cpu_minutes: float,
    learning_rate: float,
    mix: str,
    encoder: str,
    teacher: str,
    device: str,
    start: Path | None,
    seed: int,
    steps: int | None,
    pid_file: Path | None,
) -> None:
    """Train the reader and write `reader.pt`, `run.json` and `provenance.json`."""
    out.mkdir(parents=True, exist_ok=True)
    if pid_file:
        pid_file.write_text(str(os.getpid()), encoding="utf-8")
    (out / "provenance.json").write_text(json.dumps(_provenance(data), indent=2) + "\n", encoding="utf-8")
    settings = TrainingSettings(
        seed=seed,
        learning_rate=learning_rate,
        cpu_minutes=cpu_minutes,
        mix=mix,
        encoder=encoder,
        teacher=teacher,
        device=device,
    )
    train(settings, data, out, start, steps)


if __name__ == "__main__":
    main()
