"""Samples as tensors: encoded, and batched with others of about their length."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from training.data import Sample

MAX_TOKENS = 256
_MAX_QUESTION = 64  # tokens
_WIDTH_STEP = 16  # tokens; each new width costs the CPU kernels seconds of preparation, so there are few
_SORTED = 24  # batches whose samples are sorted by length together

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Encoded:
    """A sample in tokens; `first` and `last` of the answer are 0, the [CLS], when there is none.

    `taught` is the same sample in the tokens of a teacher, if there is one.
    """

    ids: list[int]
    types: list[int]
    first: int
    last: int
    taught: "Encoded | None" = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of shape (batch, tokens), and for the answers (batch,); `mask` as `loss_of` wants it.

    `taught` is the same batch in the tokens of a teacher, if there is one.
    """

    ids: Tensor
    types: Tensor
    attention: Tensor
    mask: Tensor
    first: Tensor
    last: Tensor
    taught: "Batch | None" = None

    def to(self, device: str) -> "Batch":
        """Give the batch on a device, as torch names it."""
        moved = {f.name: getattr(self, f.name) for f in fields(self)}
        return Batch(**{name: value.to(device) if value is not None else None for name, value in moved.items()})


def load_tokenizer(folder: Path) -> Any:
    """Load the encoder's tokenizer, without truncation or padding."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def encode(tokenizer: Any, sample: Sample) -> Encoded | None:
    """Encode a sample as BERT or as MPNet has it; None if its answer is beyond the longest input."""
    question = tokenizer.encode(sample.question, add_special_tokens=False).ids[:_MAX_QUESTION]
    passage = tokenizer.encode(sample.text, add_special_tokens=False)
    cls, sep = (tokenizer.token_to_id(mark) for mark in ("[CLS]", "[SEP]"))
    between = [sep]
    if cls is None:  # MPNet
        cls, sep = (tokenizer.token_to_id(mark) for mark in ("<s>", "</s>"))
        between = [sep, sep]
    before = [cls, *question, *between]
    room = MAX_TOKENS - len(before) - 1
    ids = [*before, *passage.ids[:room], sep]
    types = [0] * len(before) + [1] * (len(ids) - len(before))
    if sample.answer is None:
        return Encoded(ids, types, 0, 0)
    start, end = sample.answer
    held = [i for i, (s, e) in enumerate(passage.offsets[:room]) if s < end and start < e]
    if not held or passage.offsets[held[-1]][1] < end:
        return None
    return Encoded(ids, types, len(before) + held[0], len(before) + held[-1])


def batches(samples: Iterable[Encoded], size: int, seed: int) -> Iterator[Batch]:
    """Group an endless stream of samples by length, and give the groups in random order."""
    return (collate(group) for group in grouped(samples, size, _SORTED, seed, lambda sample: len(sample.ids)))


def grouped(
    samples: Iterable[_T], size: int, groups: int, seed: int, length: Callable[[_T], int]
) -> Iterator[list[_T]]:
    """Group an endless stream by length, so many groups at a time, and give these in random order."""
    rng = np.random.default_rng(seed)
    stream = iter(samples)
    while True:
        block = sorted(itertools.islice(stream, size * groups), key=length)
        for i in rng.permutation(groups):
            yield block[i * size : (i + 1) * size]


def batches_of(values: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """Cut a sequence into pieces of a size; the last may be shorter."""
    return (values[first : first + size] for first in range(0, len(values), size))


def collate(samples: Sequence[Encoded]) -> Batch:
    """Pad samples to the longest of them, or a little more."""
    width = -(-max(len(s.ids) for s in samples) // _WIDTH_STEP) * _WIDTH_STEP
    ids = torch.zeros((len(samples), width), dtype=torch.int64)  # 0 is [PAD]
    types, attention = torch.zeros_like(ids), torch.zeros_like(ids)
    for i, sample in enumerate(samples):
        length = len(sample.ids)
        ids[i, :length] = torch.tensor(sample.ids)
        types[i, :length] = torch.tensor(sample.types)
        attention[i, :length] = 1
    mask = types == 1
    mask[torch.arange(len(samples)), attention.sum(1) - 1] = False  # the final [SEP]
    mask[:, 0] = True
    first, last = (torch.tensor([getattr(s, name) for s in samples]) for name in ("first", "last"))
    taught = [sample.taught for sample in samples if sample.taught is not None]
    return Batch(ids, types, attention, mask, first, last, collate(taught) if taught else None)
