"""An adapter for the embedded language model: low-rank weights that judge, and leave its writing alone.

They are switched on only from the words that ask for the judgement ("activated LoRA", Greenewald et al., arXiv
2504.12397), so evidence and question are read once for judging and writing, and what is written is untouched by
them. llama.cpp runs such adapters.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from langchain_core.messages import convert_to_openai_messages
from torch import Tensor, nn

from qa.prompts import shared_messages

PROBE = "\nIs the answer to this question written in the evidence?"
VERIFY = "\nProposed answer: {}\nIs this the right answer, by the evidence?"
INVOCATION = " Judge: yes or no."
_END_OF_TURN = "<|im_end|>\n<|im_start|>assistant\n"
_YES, _NO = ("yes", "Yes"), ("no", "No")
_ADAPTED = ("q_proj", "k_proj", "v_proj", "o_proj")

_KeyValues = Sequence[tuple[Tensor, Tensor]]


class LowRank(nn.Module):
    """A frozen linear layer with a low-rank addition (Hu et al., "LoRA", arXiv 2106.09685), on or off.

    Args:
        base: the layer.
        rank: of the addition.
        alpha: the addition is scaled by alpha / rank.
    """

    def __init__(self, base: nn.Linear, rank: int, alpha: float) -> None:
        super().__init__()
        self.base = base
        self.on = False
        self.scale = alpha / rank
        self.a = nn.Parameter(torch.randn(rank, base.in_features) / math.sqrt(base.in_features))
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        """Give the layer's output, of shape (..., out_features)."""
        plain: Tensor = self.base(x)
        if not self.on:
            return plain
        return plain + ((x @ self.a.to(x.dtype).T) @ self.b.to(x.dtype).T) * self.scale


def load_adapted(weights: Path, rank: int, alpha: float) -> tuple[Any, Any, dict[str, LowRank]]:
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
    for number, layer in enumerate(model.model.layers):
        for name in _ADAPTED:
            adapter = LowRank(getattr(layer.self_attn, name), rank, alpha)
            setattr(layer.self_attn, name, adapter)
            adapters[f"{number}.{name}"] = adapter
    return model.eval(), tokenizer, adapters


class Judge:
    """Judges by the log-odds of "yes", as the product will: the adapter is off up to the invocation.

    Args:
        model: of `load_adapted`, like the other two.
        tokenizer: its tokenizer.
        adapters: its adapters.
    """

    def __init__(self, model: Any, tokenizer: Any, adapters: dict[str, LowRank]) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._adapters = adapters
        self.invocation = self._ids(INVOCATION)
        self._tail = [*self.invocation, *self._ids(_END_OF_TURN)]
        yes_no = [tokenizer.convert_tokens_to_ids(token) for token in (*_YES, *_NO)]
        self._verdict_weights = model.lm_head.weight[torch.tensor(yes_no)].detach()
        self._shared = self._read_shared()

    def log_odds(self, tasks: Sequence[str], asked: Sequence[Sequence[str]]) -> Tensor:
        """Judge.

        Args:
            tasks: evidence with a question each, as the prompts of the product end.
            asked: for each of them what is asked of it, `PROBE` or a filled `VERIFY`.

        Returns:
            Natural log-odds, shape (number of all that is asked,), with gradients of the adapters.
        """
        with torch.no_grad():
            self._switch(on=False)
            wide = [(k.expand(len(tasks), -1, -1, -1), v.expand(len(tasks), -1, -1, -1)) for k, v in self._shared]
            mask = torch.ones((len(tasks), self._shared[0][0].shape[2]), dtype=torch.int64)
            places = torch.full((len(tasks),), mask.shape[1])
            cache, mask, places = self._read([self._ids(t) for t in tasks], wide, mask, places)
            owner = torch.tensor([i for i, questions in enumerate(asked) for _ in questions])
            own = [(layer.keys[owner], layer.values[owner]) for layer in cache.layers]
            flat = [self._ids(text) for questions in asked for text in questions]
            cache, mask, places = self._read(flat, own, mask[owner], places[owner])
        self._switch(on=True)
        ids = torch.tensor([self._tail] * len(flat))
        states = self._model.model(
            input_ids=ids,
            attention_mask=torch.cat([mask, torch.ones_like(ids)], 1),
            position_ids=places[:, None] + torch.arange(ids.shape[1])[None],
            past_key_values=cache,
            use_cache=True,
        ).last_hidden_state[:, -1]
        logits = (states @ self._verdict_weights.T).float()
        return torch.logsumexp(logits[:, : len(_YES)], 1) - torch.logsumexp(logits[:, len(_YES) :], 1)

    def _read(
        self, texts: Sequence[Sequence[int]], before: _KeyValues, mask: Tensor, places: Tensor
    ) -> tuple[Any, Tensor, Tensor]:
        """Read texts after what was read; give the cache, the mask of all, and where the next token stands."""
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
        positions = places[:, None] + torch.arange(ids.shape[1])[None]
        self._model.model(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True
        )
        return cache, mask, places + attention.sum(1)

    def _read_shared(self) -> _KeyValues:
        *fixed, _ = convert_to_openai_messages(shared_messages())
        turns = "".join(f"<|im_start|>{turn['role']}\n{turn['content']}<|im_end|>\n" for turn in fixed)
        nothing = torch.ones((1, 0), dtype=torch.int64)
        with torch.no_grad():
            cache, *_ = self._read(
                [self._ids("".join([*turns, "<|im_start|>user\n"]))], (), nothing, nothing.sum(1)
            )
        return [(layer.keys, layer.values) for layer in cache.layers]

    def _switch(self, *, on: bool) -> None:
        for adapter in self._adapters.values():
            adapter.on = on

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return ids
