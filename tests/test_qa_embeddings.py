import subprocess
import sys

import numpy as np
import pytest

from qa.embeddings import RememberingModel, SentenceTransformerModel, load_embeddings, minilm_folder
from qa.errors import SettingsError
from tests.conftest import PROJECT
from tests.test_ingest_indexer import CountingEmbeddings

TEXTS = [
    "What is the NATO spending target?",
    "Nations sitting below the 2% target find themselves under scrutiny.",
    "Café 🇿🇦 “quoted”",
    "word " * 700,  # longer than the model reads
    "",
]


def test_both_runtimes_give_the_same_vectors_and_tokens(embeddings, make_settings):
    general = SentenceTransformerModel(str(minilm_folder(make_settings().cache_dir)))
    ours, theirs = embeddings.embed(TEXTS), general.embed(TEXTS)
    assert np.abs(ours - theirs).max() < 1e-4
    assert (general.dimension, general.max_tokens) == (embeddings.dimension, embeddings.max_tokens)
    for text in TEXTS[:3]:
        assert embeddings.token_offsets(text) == general.token_offsets(text)


def test_vectors_do_not_depend_on_their_neighbours(embeddings):
    together = embeddings.embed(TEXTS)
    alone = np.stack([embeddings.embed([text])[0] for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-5
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_likeness_is_what_one_expects(embeddings):
    question, answer, other = embeddings.embed([TEXTS[0], TEXTS[1], "The cat sat on the mat."])
    assert question @ answer > question @ other


def test_an_unknown_model_is_a_named_error(make_settings):
    with pytest.raises(SettingsError, match="no-such-model"):
        load_embeddings(make_settings(embedding_model="./no-such-model"))


def test_the_first_vector_needs_neither_torch_nor_transformers(embeddings):
    code = (
        "import sys; from qa.config import load_settings; from qa.embeddings import load_embeddings;"
        "load_embeddings(load_settings()).embed(['x']);"
        "print([m for m in ('torch', 'transformers', 'sentence_transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_was_met_is_not_embedded_again(embeddings):
    counting = CountingEmbeddings(embeddings)
    remembering = RememberingModel(counting)
    first = remembering.embed([*TEXTS, TEXTS[0]])
    again = remembering.embed([*reversed(TEXTS), "Something new."])
    assert counting.texts == len(TEXTS) + 1
    assert np.array_equal(again[:-1], first[:-1][::-1])
    assert np.array_equal(first[0], first[-1])
    assert np.abs(first[:-1] - embeddings.embed(TEXTS)).max() < 1e-6
    assert remembering.embed([]).shape == (0, embeddings.dimension)


def test_no_text_is_remembered(embeddings):
    remembering = RememberingModel(embeddings)
    remembering.embed(["The ferry to Ostleigh was late."])
    assert "Ostleigh" not in repr(vars(remembering))
