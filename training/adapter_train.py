"""Train the adapter: `python -m training.adapter_train --data FOLDER --out FOLDER` (see README.md)."""

import dataclasses
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor, nn

from qa.config import Settings
from qa.errors import WeightsError
from qa.reader import Reader
from qa.weights import QWEN_1_5B, assembled_file
from training.adapter import PROBE, VERIFY, Judge, load_adapted
from training.adapter_data import MIX, Judgement, Task, held_back_tasks, tasks
from training.batches import grouped
from training.corpus import annotate, read_squad
from training.data import Sampler, keyword_neighbours
from training.train import training_examples

_WARM_UP = 15  # steps
_REPORT_EVERY = 10  # steps
_SORTED = 6  # batches whose tasks are sorted by length together
WEIGHTS_FILE = "adapter.pt"


@dataclasses.dataclass(frozen=True, slots=True)
class AdapterSettings:
    """What a run depends on, written to its card."""

    seed: int = 11
    rank: int = 16
    alpha: float = 32.0
    batch: int = 12  # tasks, of two or three judgements each
    learning_rate: float = 4e-4
    clip: float = 1.0  # largest norm of the gradient
    minutes: float = 60.0


def train(settings: AdapterSettings, data: Path, out: Path, look_every: float, look_size: int) -> None:
    """Train and save; every so many minutes the held-back article is looked at."""
    torch.manual_seed(settings.seed)
    product = Settings()
    reader = Reader.load(product)
    if reader is None:
        raise WeightsError("the samples want the reader: unset NEWSDESK_READER")
    examples, _ = training_examples(data, out / "examples.pickle")
    sampler = Sampler(examples, keyword_neighbours(examples), settings.seed, MIX)
    held_back = annotate(read_squad(data / "squad-dev", "held back"))
    looks = held_back_tasks(sorted(held_back, key=lambda e: e.id)[:look_size], reader)
    model, tokenizer, adapters = load_adapted(
        assembled_file(QWEN_1_5B, product.cache_dir, click.echo), settings.rank, settings.alpha
    )
    judge = Judge(model, tokenizer, adapters)
    weights = [p for adapter in adapters.values() for p in (adapter.a, adapter.b)]
    optimiser = torch.optim.AdamW(weights, lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=0.0)
    began = looked = time.monotonic()
    losses: list[float] = []
    drawn = grouped(tasks(sampler, reader), settings.batch, _SORTED, settings.seed, lambda task: len(task.text))
    for step, batch in enumerate(drawn, start=1):
        used = (time.monotonic() - began) / (settings.minutes * 60)
        if used >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * min(1.0, step / _WARM_UP) * (1 - used)
        loss = _loss(judge, batch)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(weights, settings.clip)
        optimiser.step()
        losses.append(float(loss.detach()))
        if step % _REPORT_EVERY == 0:
            click.echo(f"{time.strftime('%H:%M:%S')} step {step} loss {np.mean(losses[-_REPORT_EVERY:]):.3f}")
        if time.monotonic() - looked > look_every * 60:
            _save(adapters, out, settings, step)
            click.echo(f"{time.strftime('%H:%M:%S')} {_looked(judge, looks, settings.batch)}")
            looked = time.monotonic()
    _save(adapters, out, settings, len(losses))
    click.echo(f"end at step {len(losses)}: {_looked(judge, looks, settings.batch)}")


def _judged(judge: Judge, batch: Sequence[Task]) -> tuple[Tensor, list[Judgement]]:
    asked = [[_question(j) for j in task.judged] for task in batch]
    return judge.log_odds([task.text for task in batch], asked), [j for task in batch for j in task.judged]


def _question(judgement: Judgement) -> str:
    return PROBE if judgement.answer is None else VERIFY.format(judgement.answer)


def _loss(judge: Judge, batch: Sequence[Task]) -> Tensor:
    """Sum the mean losses of the two questions, so that each weighs the same."""
    log_odds, judged = _judged(judge, batch)
    losses = nn.functional.binary_cross_entropy_with_logits(
        log_odds, torch.tensor([float(j.right) for j in judged]), reduction="none"
    )
    whether = torch.tensor([j.answer is None for j in judged])
    return losses[whether].mean() + losses[~whether].mean()


@torch.no_grad()
def _looked(judge: Judge, looks: Sequence[Task], size: int) -> str:
    """Report the AUC of both questions."""
    from sklearn.metrics import roc_auc_score

    rows: list[tuple[float, Judgement]] = []
    for first in range(0, len(looks), size):
        log_odds, judged = _judged(judge, looks[first : first + size])
        rows += zip(log_odds.tolist(), judged, strict=True)
    found = []
    for name, whether in (("answerable", True), ("right answer", False)):
        part = [(j.right, value) for value, j in rows if (j.answer is None) == whether]
        found.append(f"{name}: AUC {roc_auc_score([r for r, _ in part], [v for _, v in part]):.3f}")
    return ", ".join(found)


def _save(adapters: dict[str, Any], out: Path, settings: AdapterSettings, steps: int) -> None:
    torch.save({name: (a.a.detach(), a.b.detach()) for name, a in adapters.items()}, out / WEIGHTS_FILE)
    run = {**dataclasses.asdict(settings), "steps": steps}
    (out / "adapter.json").write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the sets.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for weights and records.")
@click.option("--minutes", default=60.0, help="Budget.")
@click.option("--learning-rate", default=4e-4)
@click.option("--look-every", default=15.0, help="Minutes between looks at the held-back article.")
@click.option("--look-size", default=96, help="Questions of a look.")
def main(data: Path, out: Path, minutes: float, learning_rate: float, look_every: float, look_size: int) -> None:
    """Train the adapter and write `adapter.pt` and `adapter.json`."""
    out.mkdir(parents=True, exist_ok=True)
    settings = AdapterSettings(minutes=minutes, learning_rate=learning_rate)
    train(settings, data, out, look_every, look_size)


if __name__ == "__main__":
    main()
