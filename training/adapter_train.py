"""Train the adapter: `python -m training.adapter_train --data FOLDER --out FOLDER` (see README.md)."""

import dataclasses
import json
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import click
import numpy as np
import torch
from torch import Tensor, nn

from qa.config import Settings
from qa.errors import WeightsError
from qa.reader import Reader
from qa.weights import QWEN_1_5B, assembled_file
from training.adapter import ANSWERED, VERIFY, Judge, LowRank, Read, load_adapted
from training.adapter_data import MIX, Judgement, Task, held_back_tasks, tasks
from training.batches import batches_of, grouped
from training.corpus import annotate, read_squad
from training.data import Sampler, keyword_neighbours
from training.train import training_examples

_WARM_UP = 15  # steps
_REPORT_EVERY = 20  # steps, or groups that are read
_READ_TOGETHER = 8  # tasks
_SORTED = 6  # batches whose tasks are sorted by length together
WEIGHTS_FILE = "adapter.pt"

_Kept = list[list[tuple[Read, Judgement]]]  # by task


@dataclasses.dataclass(frozen=True, slots=True)
class AdapterSettings:
    """What a run depends on, written to its card."""

    seed: int = 11
    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.05
    tasks: int = 700
    epochs: int = 4
    batch: int = 12  # tasks, of two or three judgements each
    learning_rate: float = 6e-4
    weight_decay: float = 0.01
    clip: float = 1.0  # largest norm of the gradient


def train(settings: AdapterSettings, data: Path, out: Path, look_size: int) -> None:
    """Train and save; after each epoch the held-back article is looked at."""
    torch.manual_seed(settings.seed)
    product = Settings()
    reader = Reader.load(product)
    if reader is None:
        raise WeightsError("the samples want the reader: unset NEWSDESK_READER")
    examples, _ = training_examples(data, out / "examples.pickle")
    sampler = Sampler(examples, keyword_neighbours(examples), settings.seed, MIX)
    held_back = sorted(annotate(read_squad(data / "squad-dev", "held back")), key=lambda e: e.id)[:look_size]
    model, tokenizer, adapters = load_adapted(
        assembled_file(QWEN_1_5B, product.cache_dir, click.echo), settings.rank, settings.alpha, settings.dropout
    )
    judge = Judge(model, tokenizer, adapters)
    drawn = grouped(tasks(sampler, reader), _READ_TOGETHER, _SORTED, settings.seed, lambda task: len(task.text))
    shown = sorted(held_back_tasks(held_back, reader), key=lambda task: len(task.text))
    looks = _read(judge, list(batches_of(shown, _READ_TOGETHER)))
    kept = _read(judge, list(islice(drawn, settings.tasks // _READ_TOGETHER)))
    click.echo(f"before: {_looked(judge, looks, settings.batch)}")
    _fit(judge, kept, looks, adapters, settings, out)


def _read(judge: Judge, groups: Sequence[Sequence[Task]]) -> _Kept:
    """Read tasks with the plain model, once."""
    kept: _Kept = []
    for number, group in enumerate(groups, start=1):
        read = judge.read([task.text for task in group], [[_question(j) for j in task.judged] for task in group])
        kept += [list(zip(found, task.judged, strict=True)) for found, task in zip(read, group, strict=True)]
        if number % _REPORT_EVERY == 0:
            click.echo(f"{time.strftime('%H:%M:%S')} {number}/{len(groups)} groups read")
    return kept


def _fit(
    judge: Judge, kept: _Kept, looks: _Kept, adapters: dict[str, LowRank], settings: AdapterSettings, out: Path
) -> None:
    weights = [p for adapter in adapters.values() for p in (adapter.a, adapter.b)]
    optimiser = torch.optim.AdamW(
        weights, lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=settings.weight_decay
    )
    rng = np.random.default_rng(settings.seed)
    whole = len(kept) - len(kept) % settings.batch  # tasks in whole batches
    total, step = settings.epochs * whole // settings.batch, 0
    losses: list[float] = []
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
                click.echo(f"{time.strftime('%H:%M:%S')} step {step} loss {np.mean(losses[-_REPORT_EVERY:]):.3f}")
        _save(adapters, out, settings, len(kept), epoch)
        click.echo(f"{time.strftime('%H:%M:%S')} epoch {epoch}: {_looked(judge, looks, settings.batch)}")


def _question(judgement: Judgement) -> str:
    return ANSWERED if judgement.answer is None else VERIFY.format(judgement.answer)


def _loss(judge: Judge, pairs: Sequence[tuple[Read, Judgement]]) -> Tensor:
    """Sum the mean losses of the two questions, so that each weighs the same."""
    losses = nn.functional.binary_cross_entropy_with_logits(
        judge.log_odds([read for read, _ in pairs], training=True),
        torch.tensor([float(j.right) for _, j in pairs]),
        reduction="none",
    )
    whether = torch.tensor([j.answer is None for _, j in pairs])
    return losses[whether].mean() + losses[~whether].mean()


@torch.no_grad()
def _looked(judge: Judge, looks: _Kept, size: int) -> str:
    """Report the AUC of both questions."""
    from sklearn.metrics import roc_auc_score

    pairs = [pair for task in looks for pair in task]
    odds = [
        value
        for group in batches_of(pairs, 2 * size)
        for value in judge.log_odds([read for read, _ in group], training=False).tolist()
    ]
    found = []
    for name, whether in (("answerable", True), ("right answer", False)):
        part = [
            (j.right, value) for (_, j), value in zip(pairs, odds, strict=True) if (j.answer is None) == whether
        ]
        found.append(f"{name}: AUC {roc_auc_score([r for r, _ in part], [v for _, v in part]):.3f}")
    return ", ".join(found)


def _save(adapters: dict[str, LowRank], out: Path, settings: AdapterSettings, tasks_read: int, epoch: int) -> None:
    torch.save({name: (a.a.detach(), a.b.detach()) for name, a in adapters.items()}, out / WEIGHTS_FILE)
    run = {**dataclasses.asdict(settings), "tasks": tasks_read, "epochs": epoch}
    (out / "adapter.json").write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the sets.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for weights and records.")
@click.option("--tasks", "size", default=700, help="Samples, which are read once; some 2 s each on two cores.")
@click.option("--epochs", default=4)
@click.option("--learning-rate", default=6e-4)
@click.option("--look-size", default=144, help="Questions of a look.")
def main(data: Path, out: Path, size: int, epochs: int, learning_rate: float, look_size: int) -> None:
    """Train the adapter and write `adapter.pt` and `adapter.json`."""
    out.mkdir(parents=True, exist_ok=True)
    train(AdapterSettings(tasks=size, epochs=epochs, learning_rate=learning_rate), data, out, look_size)


if __name__ == "__main__":
    main()
