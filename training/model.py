"""The network: an encoder over question and passage with three outputs."""

from pathlib import Path
from typing import Any

from torch import Tensor, nn
from transformers import AutoModel


class ReaderNet(nn.Module):
    """Cross-encoder for extractive question answering with unanswerable questions.

    Args:
        encoder: a BERT-like model with `last_hidden_state`.
    """

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.span = nn.Linear(width, 2)
        self.answerable = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Dropout(0.1), nn.Linear(width, 1))

    def forward(self, input_ids: Tensor, token_type_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        """Give start logits and end logits, shape (batch, tokens), and the answerable logit, shape (batch,).

        Args:
            input_ids: int64, shape (batch, tokens): [CLS] question [SEP] passage [SEP].
            token_type_ids: 0 for the question, 1 for the passage; same shape.
            attention_mask: 1 for tokens, 0 for padding; same shape.
        """
        types = {"token_type_ids": token_type_ids} if hasattr(self.encoder.config, "type_vocab_size") else {}
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask, **types).last_hidden_state
        spans = self.span(states)
        return spans[..., 0], spans[..., 1], self.answerable(states[:, 0]).squeeze(-1)


def new_reader(encoder_folder: Path) -> ReaderNet:
    """Build a reader on the encoder of a folder in the transformers' layout; its heads are random.

    Eager attention is what the ONNX exporter can trace, and on a CPU trains faster than the fused one.
    """
    encoder = AutoModel.from_pretrained(
        encoder_folder, attn_implementation="eager", local_files_only=True, add_pooling_layer=False
    )
    # Drawing dropout's masks takes as long as the network itself on a CPU; the embeddings keep theirs.
    for layer in encoder.encoder.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    return ReaderNet(encoder)


def loss_of(
    outputs: tuple[Tensor, ...], starts: Tensor, ends: Tensor, mask: Tensor, taught: Tensor | None = None
) -> Tensor:
    """Sum the span's cross-entropy and the binary cross-entropy of the answerable logit.

    Args:
        outputs: what the network gave.
        starts: first token of the answer, shape (batch,); 0, the [CLS], when there is none.
        ends: last token of the answer; likewise.
        mask: the tokens that a span may use, bool, shape (batch, tokens): passage and [CLS].
        taught: a teacher's probability that there is an answer, shape (batch,), which counts as much as the
            label (Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", arXiv 1503.02531).
    """
    start_logits, end_logits, answerable = (o.float() for o in outputs)
    start_logits = start_logits.masked_fill(~mask, -1e4)
    end_logits = end_logits.masked_fill(~mask, -1e4)
    span = nn.functional.cross_entropy(start_logits, starts) + nn.functional.cross_entropy(end_logits, ends)
    target = (starts > 0).float()
    if taught is not None:
        target = (target + taught) / 2
    return span / 2 + nn.functional.binary_cross_entropy_with_logits(answerable, target)
