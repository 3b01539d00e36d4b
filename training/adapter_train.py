"""Train the adapter: `python -m training.adapter_train --data FOLDER --out FOLDER` (see README.md)."""

import dataclasses
import json
import math
import time
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor, nn

from qa.config import Settings
from qa.errors import WeightsError
from qa.prompts import PROBE, VERIFY
from qa.reader import Reader
from qa.weights import QWEN_1_5B, assembled_file
from training.adapter import Judge, LowRank, Read, load_adapted, load_exported
from training.adapter_data import MIX, Judgement, Task, tasks
from training.adapter_product import attack_tasks, squad_tasks, wikipedia_tasks
from training.batches import batches_of
from training.data import Sampler, keyword_neighbours
from training.train import training_examples

_WARM_UP = 15  # steps
_REPORT_EVERY = 20  # steps, or groups that are read
_READ_TOGETHER = 8  # tasks
WEIGHTS_FILE = "adapter.pt"

_Kept = list[list[tuple[Read, Judgement]]]  # by task


@dataclasses.dataclass(frozen=True, slots=True)
class AdapterSettings:
    """What a run depends on, written to its card."""

    seed: int = 11
    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.1
    chosen: int = 400  # questions of the training articles, with the evidence that the product finds
    tasks: int = 280  # samples of all sets
    wikipedia: int = 0  # questions on the Wikipedia part of qa-train, with the evidence that the product finds
    attacks: int = 270  # questions of the attacks on grounding
    epochs: int = 3
    portions: int = 1  # of the tasks; each is read and gone over before the next, so that memory holds one
    batch: int = 12  # tasks, of two or three judgements each
    learning_rate: float = 5e-4
    weight_decay: float = 0.01
    clip: float = 1.0  # largest norm of the gradient


def train(settings: AdapterSettings, data: Path, out: Path, look_size: int, start: Path | None) -> None:
    """Train and save; after each epoch the held-back article and held-back attacks are looked at."""
    torch.manual_seed(settings.seed)
    product = Settings()
    drawn = _drawn(settings, data, out, product)
    click.echo(f"{time.strftime('%H:%M:%S')} {len(drawn)} tasks")
    model, tokenizer, adapters = load_adapted(
        assembled_file(QWEN_1_5B, product.cache_dir, click.echo),
        settings.rank,
        settings.alpha,
        settings.dropout,
    )
    if start is not None:
        load_exported(start, adapters)
    judge = Judge(model, tokenizer, adapters)
    looks = _looks(settings, data, look_size) if look_size else {}
    shown = {name: _read(judge, _by_length(tasks)) for name, tasks in looks.items()}
    if shown:
        click.echo(f"before: {_looked(judge, shown, settings.batch)}")
    _fit(judge, drawn, shown, adapters, settings, out)


def _looks(settings: AdapterSettings, data: Path, size: int) -> dict[str, list[Task]]:
    squad = squad_tasks(data / "squad-dev", "held back", size, settings.seed, click.echo)
    return {"held back squad": list(squad), "held back attacks": attack_tasks(looks=True)}


def _drawn(settings: AdapterSettings, data: Path, out: Path, product: Settings) -> list[Task]:
    """Draw what is trained on, in any order."""
    seed = settings.seed
    rng = np.random.default_rng(seed)
    drawn = list(squad_tasks(data / "squad-dev", "train", settings.chosen, seed, click.echo))
    attacks = attack_tasks(looks=False)
    drawn += [attacks[i] for i in rng.permutation(len(attacks))[: settings.attacks]]
    if settings.wikipedia:
        file = data / "qa-train" / "questions.jsonl.gz"
        drawn += islice(wikipedia_tasks(file, out / "articles", seed, click.echo), settings.wikipedia)
    if settings.tasks:
        reader = Reader.load(product)
        if reader is None:
            raise WeightsError("the samples want the reader: unset NEWSDESK_READER")
        examples, _ = training_examples(data, out / "examples.pickle")
        drawn += islice(tasks(Sampler(examples, keyword_neighbours(examples), seed, MIX), reader), settings.tasks)
    return [drawn[i] for i in rng.permutation(len(drawn))]


def _by_length(drawn: Iterable[Task]) -> list[Task]:
    return sorted(drawn, key=lambda task: len(task.text))


def _read(judge: Judge, drawn: Sequence[Task]) -> _Kept:
    """Read tasks, sorted by length, with the plain model, once."""
    kept: _Kept = []
    groups = list(batches_of(drawn, _READ_TOGETHER))
    for number, group in enumerate(groups, start=1):
        read = judge.read([task.text for task in group], [[_question(j) for j in task.judged] for task in group])
        kept += [list(zip(found, task.judged, strict=True)) for found, task in zip(read, group, strict=True)]
        if number % _REPORT_EVERY == 0:
            click.echo(f"{time.strftime('%H:%M:%S')} {number}/{len(groups)} groups read")
    return kept


def _fit(
    judge: Judge,
    drawn: Sequence[Task],
    looks: dict[str, _Kept],
    adapters: dict[str, LowRank],
    settings: AdapterSettings,
    out: Path,
) -> None:
    weights = [p for adapter in adapters.values() for p in (adapter.a, adapter.b)]
    optimiser = torch.optim.AdamW(
        weights, lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=settings.weight_decay
    )
    rng = np.random.default_rng(settings.seed)
    portions = list(batches_of(drawn, math.ceil(len(drawn) / settings.portions)))
    total = settings.epochs * sum(len(portion) // settings.batch for portion in portions)
    step = read = 0
    losses: list[float] = []
    for portion in portions:
        kept = _read(judge, _by_length(portion))
        read += len(kept)
        whole = len(kept) - len(kept) % settings.batch  # tasks in whole batches
        for epoch in range(1, settings.epochs + 1):
            order = rng.permutation(len(kept))[:whole].tolist()
            for chosen in batches_of(order, settings.batch):
                for group in optimiser.param_groups:
                    group["lr"] = settings.learning_rate * min(1.0, (step + 1) / _WARM_UP) * (1 - step / total)
                loss = _loss(judge, [pair for i in chosen for pair in kept[i]])
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_(weights, settings.clip)
                optimiser.step()
                losses.append(float(loss.detach()))
                step += 1
                if step % _REPORT_EVERY == 0:
                    recent = np.mean(losses[-_REPORT_EVERY:])
                    click.echo(f"{time.strftime('%H:%M:%S')} step {step} of {total} loss {recent:.3f}")
            _save(adapters, out, settings, read, epoch)
            if looks:
                click.echo(f"{time.strftime('%H:%M:%S')} epoch {epoch}: {_looked(judge, looks, settings.batch)}")


def _question(judgement: Judgement) -> str:
    return f"\n{PROBE if judgement.answer is None else VERIFY.format(judgement.answer)}"


def _loss(judge: Judge, pairs: Sequence[tuple[Read, Judgement]]) -> Tensor:
    """Sum the mean losses of the two questions, so that each weighs the same."""
    losses = nn.functional.binary_cross_entropy_with_logits(
        judge.log_odds([read for read, _ in pairs], training=True),
        torch.tensor([float(j.right) for _, j in pairs]),
        reduction="none",
    )
    whether = torch.tensor([j.answer is None for _, j in pairs])
    return sum((losses[part].mean() for part in (whether, ~whether) if part.any()), torch.zeros(()))


@torch.no_grad()
def _looked(judge: Judge, looks: dict[str, _Kept], size: int) -> str:
    """Report the AUC of both questions, by set."""
    from sklearn.metrics import roc_auc_score

    found = []
    for name, kept in looks.items():
        pairs = [pair for task in kept for pair in task]
        odds = [
            value
            for group in batches_of(pairs, 2 * size)
            for value in judge.log_odds([read for read, _ in group], training=False).tolist()
        ]
        for what, whether in (("answerable", True), ("right", False)):
            part = [(j.right, v) for (_, j), v in zip(pairs, odds, strict=True) if (j.answer is None) == whether]
            if part:
                found.append(f"{name}, {what}: AUC {roc_auc_score(*map(list, zip(*part, strict=True))):.3f}")
    return "; ".join(found)


def _save(adapters: dict[str, LowRank], out: Path, settings: AdapterSettings, tasks_read: int, epoch: int) -> None:
    torch.save({name: (a.a.detach(), a.b.detach()) for name, a in adapters.items()}, out / WEIGHTS_FILE)
    run = {**dataclasses.asdict(settings), "read": tasks_read, "epochs": epoch}
    (out / "adapter.json").write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the sets.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for weights and records.")
@click.option("--start", type=click.Path(path_type=Path, exists=True), help="A GGUF file to go on from.")
@click.option("--chosen", default=400, help="Questions with the product's evidence; some 2 s each on two cores.")
@click.option("--wikipedia", default=0, help="Questions of qa-train, likewise.")
@click.option("--attacks", default=270, help="Questions of the attacks on grounding.")
@click.option("--tasks", "size", default=280, help="Samples, which are read once, like them.")
@click.option("--epochs", default=3)
@click.option("--portions", default=1, help="Read in so many portions; each is kept in memory by itself.")
@click.option("--learning-rate", default=5e-4)
@click.option("--look-size", default=96, help="Questions of a look; 0: none.")
@click.option("--seed", default=11)
def main(data: Path, out: Path, start: Path | None, look_size: int, size: int, **chosen: Any) -> None:
    """Train the adapter and write `adapter.pt` and `adapter.json`."""
    out.mkdir(parents=True, exist_ok=True)
    train(AdapterSettings(tasks=size, **chosen), data, out, look_size, start)


if __name__ == "__main__":
    main()
