import json
import subprocess
import sys

import numpy as np
import pytest

from qa.errors import SettingsError, WeightsError
from qa.reader import Reader, Runtime, open_runtime
from qa.weights import MINILM, READER, verified_folder
from tests.conftest import PROJECT

BRIDGE = (
    "The new bridge was opened on Monday by Maria Keller, the mayor of Altstadt. It took three years to build."
)
COFFEE = "Prices of coffee rose by 4% in March, the exchange in London said."
REFERENCE = PROJECT / "training" / "reference.json"
# Weights of 8 bits move logits: these are the largest and the mean difference from the framework's.
LARGEST, MEAN = 1.2, 0.3


@pytest.fixture(scope="module")
def reader():
    from qa.config import load_settings

    return Reader.load(load_settings())


def span_of(reader, question, text):
    (found,) = reader.read(question, [text])
    return text[found.start : found.end], found


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who opened the new bridge?", "Maria Keller"),
        ("When was the new bridge opened?", "Monday"),
        ("How long did it take to build the bridge?", "three years"),
    ],
)
def test_the_answer_is_found_where_it_stands(reader, question, answer):
    text, found = span_of(reader, question, BRIDGE)
    assert answer in text
    assert len(text) < len(answer) + 25
    assert found.answerable > 0.5


@pytest.mark.parametrize("question", ["What is the capital of Peru?", "How much did the stadium cost?"])
def test_a_text_without_the_answer_is_seen_as_such(reader, question):
    answered = span_of(reader, "Who opened the new bridge?", BRIDGE)[1]
    for text in (BRIDGE, COFFEE):
        assert span_of(reader, question, text)[1].log_odds < answered.log_odds - 1
        assert span_of(reader, question, text)[1].answerable < 0.5


def test_the_text_that_answers_ranks_first(reader):
    found = reader.read("By how much did coffee prices rise?", [BRIDGE, COFFEE, "Coffee is grown in Brazil."])
    assert max(range(3), key=lambda i: found[i].log_odds) == 1


def test_numbers_are_in_their_ranges_and_probability_is_that_of_the_log_odds(reader):
    for found in reader.read("Who opened the new bridge?", [BRIDGE, COFFEE, "x", "word " * 900]):
        assert 0 <= found.answerable <= 1
        assert 0 <= found.span_score <= 1
        assert found.answerable == pytest.approx(1 / (1 + np.exp(-found.log_odds)))


def test_offsets_are_characters_of_the_text_whatever_stands_before(reader):
    text = "Café 🇿🇦 “quoted”, 北京. " + BRIDGE
    assert "Maria Keller" in span_of(reader, "Who opened the new bridge?", text)[0]


def test_an_answer_far_down_a_long_text_is_found(reader):
    text = "The council met again and spoke about the weather. " * 80 + BRIDGE
    found, span = span_of(reader, "Who opened the new bridge?", text)
    assert "Maria Keller" in found
    assert span.start > 4000


def test_a_text_does_not_depend_on_its_neighbours(reader):
    question = "Who opened the new bridge?"
    texts = [COFFEE, BRIDGE, "word " * 300, "x"]
    alone = [reader.read(question, [text])[0] for text in texts]
    assert reader.read(question, texts) == alone


def test_a_text_without_words_answers_nothing(reader):
    found = reader.read("Who?", ["", " \n"])
    assert [(f.start, f.end, f.span_score) for f in found] == [(0, 0, 0.0)] * 2
    assert all(f.answerable < 0.001 for f in found)
    assert reader.read("Who?", []) == []


def test_a_question_of_any_length_is_read(reader):
    assert len(reader.read("why " * 500, [BRIDGE])) == 1
    assert len(reader.read("", [BRIDGE])) == 1


def test_the_shipped_file_gives_what_the_framework_gave(reader):
    session, differences = reader._runtime().session, []
    for row in json.loads(REFERENCE.read_text(encoding="utf-8")):
        ids, types = _encoded(reader._runtime(), row["question"], row["text"])
        ours = session.run(
            ["start_logits", "end_logits", "answerable"],
            {"input_ids": ids, "token_type_ids": types, "attention_mask": np.ones_like(ids)},
        )
        assert int(ours[0][0].argmax()) == int(np.argmax(row["start_logits"]))
        assert int(ours[1][0].argmax()) == int(np.argmax(row["end_logits"]))
        differences += list(np.abs(ours[0][0] - row["start_logits"]))
        differences += list(np.abs(ours[1][0] - row["end_logits"]))
        differences.append(abs(float(ours[2][0]) - row["answerable"]))
    assert max(differences) < LARGEST
    assert np.mean(differences) < MEAN


def _encoded(runtime, question, text):
    asked, told = (runtime.tokenizer.encode(t, add_special_tokens=False).ids for t in (question, text))
    ids = [runtime.cls, *asked, runtime.sep, *told, runtime.sep]
    types = [0] * (len(asked) + 2) + [1] * (len(told) + 1)
    return np.array([ids], dtype=np.int64), np.array([types], dtype=np.int64)


class Scripted:
    """A session that gives the logits it was made with, for the text's tokens after question and [SEP]."""

    def __init__(self, starts, ends, answerable):
        self.rows = (starts, ends, answerable)

    def run(self, _names, inputs):
        starts, ends, answerable = self.rows
        width = inputs["input_ids"].shape[1]
        rows = [np.array([values + [-9.0] * (width - len(values))], dtype=np.float32) for values in (starts, ends)]
        return [*rows, np.array([answerable], dtype=np.float32)]


def scripted(starts, ends, answerable, calibration):
    real = open_runtime(
        verified_folder(READER) / READER.files[0][0],
        verified_folder(MINILM) / "model" / "tokenizer.json",
        calibration,
    )
    runtime = Runtime(real.tokenizer, Scripted(starts, ends, answerable), calibration, real.cls, real.sep)
    return Reader(lambda: runtime)


def test_a_span_never_ends_before_it_starts_and_the_margin_is_over_no_span():
    # [CLS] who [SEP] one two three [SEP]: the best start is `three`, the best end `one`; allowed are runs forward.
    made = scripted([1, 0, 0, 2, 0, 5], [1, 0, 0, 6, 3, 1], answerable=0.5, calibration=(0.1, 2.0, 3.0))
    (found,) = made.read("who", ["one two three"])
    assert (found.start, found.end) == (0, 3)  # 2 + 6 = 8, above 5 + 1 = 6 and 2 + 3
    assert found.log_odds == pytest.approx(0.1 + 2.0 * 0.5 + 3.0 * (8 - 2))


def test_off_means_none_and_other_words_are_an_error(make_settings):
    assert Reader.load(make_settings(reader="off")) is None
    assert Reader.load(make_settings(reader="on")) is not None
    with pytest.raises(SettingsError, match="reader"):
        make_settings(reader="perhaps")


def test_changed_weights_are_refused(make_settings, monkeypatch, tmp_path):
    from dataclasses import replace

    wrong = replace(READER, files=((READER.files[0][0], "0" * 64), READER.files[1]))
    monkeypatch.setattr("qa.reader.READER", wrong)
    with pytest.raises(WeightsError, match="not the one that was pinned"):
        Reader.load(make_settings(cache_dir=tmp_path)).read("Who?", [BRIDGE])


def test_reading_needs_neither_torch_nor_transformers():
    code = (
        "import sys; from qa.config import load_settings; from qa.reader import Reader;"
        "Reader.load(load_settings()).read('Who?', ['x']);"
        "print([m for m in ('torch', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_weights_are_small():
    assert (verified_folder(READER) / READER.files[0][0]).stat().st_size < 35e6
