"""Embedding models: the only file that knows sentence-transformers and the ONNX runtime.

Two runtimes behind one class: any sentence-transformers model that the user names, and the shipped MiniLM
through an ONNX export that is made once, which gives the same vectors and starts in a second or two.
"""

import hashlib
import os
import tempfile
import threading
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from cachetools import LRUCache
from langchain_core.embeddings import Embeddings

from qa.config import DEFAULT_EMBEDDING_MODEL, Settings
from qa.errors import SettingsError, WeightsError
from qa.weights import MINILM, Progress, verified_folder

Vectors = np.ndarray[tuple[int, int], np.dtype[np.float32]]

_BATCH = 16  # texts per run; longer batches gain nothing on a CPU and cost memory
_ONNX_OPSET = 17
_MOST_KEPT = 20_000  # vectors that are remembered: about 35 MB


class EmbeddingModel(Embeddings):
    """A text embedding model with normalised vectors, as a LangChain `Embeddings`.

    Attributes:
        name: the name the user gave.
        sha256: identifies the weights; vectors of different weights must never be mixed.
        dimension: width of the vectors.
        max_tokens: longest text that is read whole, in tokens with the two special ones.
    """

    name: str
    sha256: str
    dimension: int
    max_tokens: int

    @abstractmethod
    def embed(self, texts: list[str]) -> Vectors:
        """Embed texts: float32, shape (len(texts), dimension), each row of length 1."""

    @abstractmethod
    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Give the (start, end) of every token of a text, in code points, without special tokens."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed texts, as LangChain asks for it."""
        return self.embed(texts).tolist()

    def embed_query(self, text: str) -> list[float]:
        """Embed one query, as LangChain asks for it."""
        vector: list[float] = self.embed([text])[0].tolist()
        return vector


class RememberingModel(EmbeddingModel):
    """A model that keeps the vectors of the texts it met last, so that nothing is embedded twice.

    Questions come back to the same articles, and a question with several parts reads their sentences more than
    once. The texts themselves are not kept: what is deleted from the index is not here either.

    Args:
        model: embeds what is new.
    """

    def __init__(self, model: EmbeddingModel) -> None:
        self.name, self.sha256 = model.name, model.sha256
        self.dimension, self.max_tokens = model.dimension, model.max_tokens
        self._model = model
        self._kept: LRUCache[bytes, Any] = LRUCache(_MOST_KEPT)
        self._keeping = threading.Lock()

    def embed(self, texts: list[str]) -> Vectors:  # noqa: D102
        keys = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
        with self._keeping:
            vectors = {key: self._kept[key] for key in keys if key in self._kept}
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in vectors}
        if new:
            # Copies: a row of the batch would keep all of it.
            rows = self._model.embed([*new.values()])
            met = {key: row.copy() for key, row in zip(new, rows, strict=True)}
            vectors |= met
            with self._keeping:
                self._kept.update(met)
        return np.array([vectors[key] for key in keys], dtype=np.float32).reshape(-1, self.dimension)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:  # noqa: D102
        return self._model.token_offsets(text)


def load_embeddings(settings: Settings, progress: Progress = lambda _: None) -> EmbeddingModel:
    """Load the embedding model that the settings name.

    Raises:
        WeightsError: its files are missing or not the ones that were pinned.
        SettingsError: sentence-transformers does not know the name and no such folder exists.
    """
    if settings.embedding_model == DEFAULT_EMBEDDING_MODEL:
        return OnnxMiniLM(settings.cache_dir, progress)
    return SentenceTransformerModel(settings.embedding_model)


def minilm_folder(cache_dir: Path) -> Path:
    """Give the folder of the shipped MiniLM in sentence-transformers' layout, its hashes checked.

    Raises:
        WeightsError: missing, or not the files that were pinned.
    """
    return verified_folder(MINILM, cache_dir) / "model"


class OnnxMiniLM(EmbeddingModel):
    """all-MiniLM-L6-v2 with onnxruntime and tokenizers: mean pooling over tokens, normalised.

    Nothing is loaded until the first text, so an ingest that finds nothing new costs nothing.
    """

    def __init__(self, cache_dir: Path, progress: Progress = lambda _: None) -> None:
        self.name = DEFAULT_EMBEDDING_MODEL
        self.sha256 = MINILM.files[0][1]
        self.dimension = 384
        self.max_tokens = 256
        self._cache_dir = cache_dir
        self._progress = progress
        self._loading = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    def embed(self, texts: list[str]) -> Vectors:  # noqa: D102
        tokenizer, session = self._runtime()
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for first in range(0, len(texts), _BATCH):
            batch = by_length[first : first + _BATCH]
            ids, mask = _padded(tokenizer.encode_batch([texts[i] for i in batch]), self.max_tokens)
            (states,) = session.run(None, {"input_ids": ids, "attention_mask": mask})
            vectors[batch] = _mean_pool(states, mask)
        return vectors

    def token_offsets(self, text: str) -> list[tuple[int, int]]:  # noqa: D102
        tokenizer, _ = self._runtime()
        return list(tokenizer.encode(text, add_special_tokens=False).offsets)

    def _runtime(self) -> tuple[Any, Any]:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> tuple[Any, Any]:
        import onnxruntime
        from tokenizers import Tokenizer

        folder = minilm_folder(self._cache_dir)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # Spinning threads take the cores from the language model, which answers at the same time.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = onnxruntime.InferenceSession(
            str(_exported(folder, self._cache_dir, self._progress)),
            options,
            providers=["CPUExecutionProvider"],
        )
        return tokenizer, session


class SentenceTransformerModel(EmbeddingModel):
    """Any sentence-transformers model, by the name of an installed or local folder, or by its hub name."""

    def __init__(self, name: str) -> None:
        try:
            from sentence_transformers import SentenceTransformer

            _quiet_transformers()
            self._model = SentenceTransformer(name, device="cpu")
        except (OSError, ValueError) as exc:
            raise SettingsError(
                f"cannot load the embedding model {name!r}: give the folder of a sentence-transformers model, "
                f"or leave NEWSDESK_EMBEDDING_MODEL unset for the embedded one"
            ) from exc
        self.name = name
        self.sha256 = _hash_parameters(self._model)
        self.dimension = int(self._model.get_embedding_dimension())
        self.max_tokens = int(self._model.max_seq_length or 512)

    def embed(self, texts: list[str]) -> Vectors:  # noqa: D102
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        vectors = self._model.encode(
            texts,
            batch_size=_BATCH,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:  # noqa: D102
        encoded = self._model.tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, truncation=False, verbose=False
        )
        return [(int(start), int(end)) for start, end in encoded["offset_mapping"]]


def _padded(encodings: list[Any], max_tokens: int) -> tuple[Any, Any]:
    """Give ids and mask, int64 of shape (texts, tokens); a text that is too long keeps its final [SEP]."""
    rows = [e.ids if len(e.ids) <= max_tokens else [*e.ids[: max_tokens - 1], e.ids[-1]] for e in encodings]
    width = max(len(row) for row in rows)
    ids = np.zeros((len(rows), width), dtype=np.int64)  # 0 is [PAD]
    mask = np.zeros((len(rows), width), dtype=np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return ids, mask


def _mean_pool(states: Any, mask: Any) -> Any:
    weights = mask[:, :, None].astype(np.float32)
    pooled = (states * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
    return pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)


def _hash_parameters(model: Any) -> str:
    digest = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        digest.update(key.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _quiet_transformers() -> None:
    from transformers.utils import logging

    logging.disable_progress_bar()


def _exported(folder: Path, cache_dir: Path, progress: Progress) -> Path:
    target = cache_dir / f"{MINILM.name}-{MINILM.files[0][1][:12]}-opset{_ONNX_OPSET}.onnx"
    if target.exists():
        return target
    progress("preparing the embedding model, once")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write_atomically(target, lambda path: _export(folder, path))
    except OSError as exc:
        raise WeightsError(
            f"cannot write {target}: {exc.strerror}; free space, or set NEWSDESK_CACHE_DIR"
        ) from exc
    return target


def _write_atomically(target: Path, write: Callable[[Path], None]) -> None:
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
    os.close(handle)
    try:
        write(Path(temporary))
        Path(temporary).replace(target)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _export(folder: Path, target: Path) -> None:
    """Export the token states of the model; eager attention is what the exporter can trace."""
    import warnings

    import torch
    from transformers import AutoModel

    _quiet_transformers()
    model = AutoModel.from_pretrained(folder, attn_implementation="eager", local_files_only=True).eval()

    class TokenStates(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    example = torch.ones((1, 8), dtype=torch.int64)
    dynamic = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer warns of shapes that the dynamic axes take care of
        torch.onnx.export(
            TokenStates(),
            (example, example),
            str(target),
            input_names=["input_ids", "attention_mask"],
            output_names=["token_states"],
            dynamic_axes={"input_ids": dynamic, "attention_mask": dynamic, "token_states": dynamic},
            opset_version=_ONNX_OPSET,
            dynamo=False,
        )
