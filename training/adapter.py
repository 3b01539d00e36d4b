"""An adapter for the embedded language model: low-rank weights that judge, and leave its writing alone.

They are switched on only from the words that ask for the judgement ("activated LoRA", Greenewald et al., arXiv
2504.12397), so evidence and question are read once for judging and writing, and what is written is untouched by
them. llama.cpp runs such adapters.

What stands before those words is read the same whatever the adapter learns. So it is read once, by the plain
model, and kept: a step of training costs the last dozen tokens alone, in the layers that are adapted.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from langchain_core.messages import convert_to_openai_messages
from torch import Tensor, nn

from qa.prompts import JUDGE, shared_messages

FIRST_LAYER = 12  # of 28; a linear probe finds little in the layers below (see README.md)
_END_OF_TURN = "<|im_end|>\n<|im_start|>assistant\n"
_YES, _NO = ("yes", "Yes"), ("no", "No")
_ADAPTED = {"self_attn": ("q_proj", "k_proj", "v_proj", "o_proj"), "mlp": ("gate_proj", "up_proj", "down_proj")}
# What ggml calls the matrices.
GGML_MATRICES = {
    "q_proj": "attn_q",
    "k_proj": "attn_k",
    "v_proj": "attn_v",
    "o_proj": "attn_output",
    "gate_proj": "ffn_gate",
    "up_proj": "ffn_up",
    "down_proj": "ffn_down",
}

KeyValues = tuple[tuple[Tensor, Tensor], ...]  # of the layers from FIRST_LAYER on, of shape (heads, tokens, width)


@dataclass(frozen=True, slots=True)
class Read:
    """What is kept of a prompt.

    Attributes:
        task: evidence and question.
        asked: what is asked of it, up to the words that switch the adapter on.
        tail: these words and what ends the turn, as the first adapted layer gets them, of shape (tokens, width).
        place: of the first of them in the prompt.
    """

    task: KeyValues
    asked: KeyValues
    tail: Tensor
    place: int


class LowRank(nn.Module):
    """A frozen linear layer with a low-rank addition (Hu et al., "LoRA", arXiv 2106.09685), on or off.

    Args:
        base: the layer.
        rank: of the addition.
        alpha: the addition is scaled by alpha / rank.
        dropout: share of the input that the addition does not see while it is trained.
    """

    def __init__(self, base: nn.Linear, rank: int, alpha: float, dropout: float) -> None:
        super().__init__()
        self.base = base
        self.on = False
        self.scale = alpha / rank
        self.dropout = dropout
        self.a = nn.Parameter(torch.randn(rank, base.in_features) / math.sqrt(base.in_features))
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        """Give the layer's output, of shape (..., out_features)."""
        plain: Tensor = self.base(x)
        if not self.on:
            return plain
        seen = nn.functional.dropout(x, self.dropout, self.training)
        return plain + ((seen @ self.a.to(x.dtype).T) @ self.b.to(x.dtype).T) * self.scale


def load_adapted(weights: Path, rank: int, alpha: float, dropout: float) -> tuple[Any, Any, dict[str, LowRank]]:
    """Load the language model from its GGUF file, in bfloat16 and frozen, with adapters that add nothing yet.

    Returns:
        The model, its tokenizer, and the adapters by "layer.matrix".
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where: dict[str, Any] = {"pretrained_model_name_or_path": weights.parent, "gguf_file": weights.name}
    tokenizer = AutoTokenizer.from_pretrained(**where)
    model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.bfloat16)
    model.requires_grad_(requires_grad=False)
    adapters = {}
    for number, layer in list(enumerate(model.model.layers))[FIRST_LAYER:]:
        for block, names in _ADAPTED.items():
            for name in names:
                adapter = LowRank(getattr(getattr(layer, block), name), rank, alpha, dropout)
                setattr(getattr(layer, block), name, adapter)
                adapters[f"{number}.{name}"] = adapter
    return model.eval(), tokenizer, adapters


def load_exported(file: Path, adapters: dict[str, LowRank]) -> None:
    """Take the weights of an exported adapter, as a start to go on from.

    Args:
        file: GGUF, of `adapter_export`.
        adapters: of `load_adapted`, of the same rank.
    """
    import gguf

    names = {ggml: ours for ours, ggml in GGML_MATRICES.items()}
    for tensor in gguf.GGUFReader(file).tensors:
        _, layer, matrix, _, part = tensor.name.split(".")  # as in blk.12.attn_q.weight.lora_a
        adapter = adapters[f"{layer}.{names[matrix]}"]
        values = torch.tensor(tensor.data.astype("float32"))
        (adapter.a if part == "lora_a" else adapter.b).data.copy_(values)


class Judge:
    """Judges by the log-odds of "yes", as the product does: the adapter is off up to the words that switch it on.

    Args:
        model: of `load_adapted`, like the other two.
        tokenizer: its tokenizer.
        adapters: its adapters.
    """

    def __init__(self, model: Any, tokenizer: Any, adapters: dict[str, LowRank]) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._adapters = adapters
        self._tail = [*self._ids(JUDGE), *self._ids(_END_OF_TURN)]
        yes_no = [tokenizer.convert_tokens_to_ids(token) for token in (*_YES, *_NO)]
        self._verdict_weights = model.lm_head.weight[torch.tensor(yes_no)].detach()
        self._shared = self._read_shared()

    @torch.no_grad()
    def read(self, tasks: Sequence[str], asked: Sequence[Sequence[str]]) -> list[list[Read]]:
        """Read prompts with the plain model, and keep what a judgement needs of them.

        Args:
            tasks: evidence with a question each, as the prompts of the product end.
            asked: for each of them what is asked of it, up to the words that switch the adapter on.

        Returns:
            For each task a reading of each of its questions; they share the task's.
        """
        self._switch(on=False, training=False)
        wide = [(k.expand(len(tasks), -1, -1, -1), v.expand(len(tasks), -1, -1, -1)) for k, v in self._shared]
        mask = torch.ones((len(tasks), self._shared[0][0].shape[2]), dtype=torch.int64)
        places = torch.full((len(tasks),), mask.shape[1])
        ids = [self._ids(text) for text in tasks]
        cache, task_mask, task_places, _ = self._forward(ids, wide, mask, places)
        owner = torch.tensor([i for i, questions in enumerate(asked) for _ in questions])
        own = [(layer.keys[owner], layer.values[owner]) for layer in cache.layers]
        flat = [self._ids(text) for questions in asked for text in questions]
        longer, _, _, states = self._forward(
            [[*ids, *self._tail] for ids in flat], own, task_mask[owner], task_places[owner]
        )
        before = [_kept(cache, i, mask.shape[1], len(text)) for i, text in enumerate(ids)]
        found: list[list[Read]] = [[] for _ in tasks]
        for row, (i, text) in enumerate(zip(owner.tolist(), flat, strict=True)):
            tail = states[row, len(text) : len(text) + len(self._tail)].clone()
            place = int(task_places[i]) + len(text)
            found[i].append(Read(before[i], _kept(longer, row, task_mask.shape[1], len(text)), tail, place))
        return found

    def log_odds(self, read: Sequence[Read], *, training: bool) -> Tensor:
        """Judge.

        Args:
            read: what is kept of prompts.
            training: whether the adapter's dropout is on.

        Returns:
            Natural log-odds, shape (number of prompts,), with gradients of the adapters.
        """
        from transformers import DynamicCache

        self._switch(on=True, training=training)
        states = torch.stack([one.tail for one in read])
        places = torch.tensor([one.place for one in read])[:, None] + torch.arange(states.shape[1])[None]
        lengths = [one.task[0][0].shape[1] + one.asked[0][0].shape[1] for one in read]
        cache, shared = DynamicCache(), self._shared[0][0].shape[2]
        for offset, (keys, values) in enumerate(self._shared[FIRST_LAYER:]):
            wide = [x.expand(len(read), -1, -1, -1) for x in (keys, values)]
            own = [_padded(read, offset, part, max(lengths)) for part in (0, 1)]
            cache.update(*(torch.cat(pair, 2) for pair in zip(wide, own, strict=True)), FIRST_LAYER + offset)
        mask = _mask(shared, lengths, states.shape[1]).to(states.dtype)
        turned = self._model.model.rotary_emb(states, places)
        for layer in self._model.model.layers[FIRST_LAYER:]:
            states = layer(
                states,
                attention_mask=mask,
                position_ids=places,
                position_embeddings=turned,
                past_key_values=cache,
                use_cache=True,
            )
        logits = (self._model.model.norm(states[:, -1]) @ self._verdict_weights.T).float()
        return torch.logsumexp(logits[:, : len(_YES)], 1) - torch.logsumexp(logits[:, len(_YES) :], 1)

    def _forward(
        self, texts: Sequence[Sequence[int]], before: Sequence[tuple[Tensor, Tensor]], mask: Tensor, places: Tensor
    ) -> tuple[Any, Tensor, Tensor, Tensor]:
        """Read texts after what was read.

        Returns:
            The cache, the mask of all, where the next token stands, and what the first adapted layer gets.
        """
        from transformers import DynamicCache

        cache = DynamicCache()
        for number, (keys, values) in enumerate(before):
            cache.update(keys, values, number)
        ids = torch.zeros((len(texts), max(map(len, texts))), dtype=torch.int64)
        attention = torch.zeros_like(ids)
        for row, text in enumerate(texts):
            ids[row, : len(text)] = torch.tensor(text)
            attention[row, : len(text)] = 1
        mask = torch.cat([mask, attention], 1)
        states = self._model.model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=places[:, None] + torch.arange(ids.shape[1])[None],
            past_key_values=cache,
            use_cache=True,
            output_hidden_states=True,
        ).hidden_states[FIRST_LAYER]
        return cache, mask, places + attention.sum(1), states

    def _read_shared(self) -> list[tuple[Tensor, Tensor]]:
        *fixed, _ = convert_to_openai_messages(shared_messages())
        turns = "".join(f"<|im_start|>{turn['role']}\n{turn['content']}<|im_end|>\n" for turn in fixed)
        nothing = torch.ones((1, 0), dtype=torch.int64)
        with torch.no_grad():
            cache, *_ = self._forward([self._ids(f"{turns}<|im_start|>user\n")], (), nothing, nothing.sum(1))
        return [(layer.keys, layer.values) for layer in cache.layers]

    def _switch(self, *, on: bool, training: bool) -> None:
        for adapter in self._adapters.values():
            adapter.on = on
            adapter.train(training)

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return ids


def _kept(cache: Any, row: int, start: int, length: int) -> KeyValues:
    """Copy a row's part of a cache, in the layers that are adapted."""
    part = slice(start, start + length)
    return tuple(
        (layer.keys[row, :, part].clone(), layer.values[row, :, part].clone())
        for layer in cache.layers[FIRST_LAYER:]
    )


def _padded(read: Sequence[Read], layer: int, part: int, longest: int) -> Tensor:
    """Put the keys (part 0) or values (part 1) of a layer side by side, zeros behind the shorter ones."""
    first = read[0].task[layer][part]
    found = torch.zeros((len(read), first.shape[0], longest, first.shape[2]), dtype=first.dtype)
    for row, one in enumerate(read):
        own = torch.cat([one.task[layer][part], one.asked[layer][part]], 1)
        found[row, :, : own.shape[1]] = own
    return found


def _mask(shared: int, lengths: Sequence[int], tail: int) -> Tensor:
    """Give what is added to attention's scores, shape (prompts, 1, tail, all tokens): 0, or much where unseen."""
    seen = torch.zeros((len(lengths), 1, tail, shared + max(lengths) + tail))
    for row, length in enumerate(lengths):
        seen[row, :, :, shared + length : shared + max(lengths)] = -1e4
    seen[:, :, :, -tail:] = torch.full((tail, tail), -1e4).triu(1)
    return seen
