import pytest

from ingest.chunker import chunk_article
from qa.models import Article


def article(text: str) -> Article:
    return Article("a", "Title", text, "", "", "", None, "f" * 64, "/a.txt")


def word_offsets(text: str) -> list[tuple[int, int]]:
    """One token a word: sizes can be counted by eye."""
    offsets, position = [], 0
    for word in text.split():
        start = text.index(word, position)
        offsets.append((start, start + len(word)))
        position = start + len(word)
    return offsets


def chunks(text: str, *, size: int, overlap: int = 0):
    return chunk_article(article(text), word_offsets, size=size, overlap=overlap)


TEXT = "One two three. Four five six.\n\nSeven eight nine ten. Eleven 🇿🇦 twelve."


def test_whole_sentences_up_to_the_size():
    assert [c.text for c in chunks(TEXT, size=6)] == [
        "One two three. Four five six.",
        "Seven eight nine ten.",
        "Eleven 🇿🇦 twelve.",
    ]


@pytest.mark.parametrize("size", [2, 3, 5, 7, 50])
@pytest.mark.parametrize("overlap", [0, 3, 4])
def test_offsets_are_exact_and_nothing_is_lost(size, overlap):
    cut = chunks(TEXT, size=size, overlap=overlap)
    assert all(TEXT[c.start : c.end] == c.text for c in cut)
    covered = set().union(*(range(c.start, c.end) for c in cut))
    assert all(i in covered for i, letter in enumerate(TEXT) if not letter.isspace())
    assert all(len(word_offsets(c.text)) <= size for c in cut)


def test_overlap_repeats_whole_sentences():
    assert [c.text for c in chunks("Cats sleep. Dogs bark. Fish swim.", size=4, overlap=2)] == [
        "Cats sleep. Dogs bark.",
        "Dogs bark. Fish swim.",
    ]


def test_a_sentence_that_is_too_long_is_cut_between_tokens():
    assert [c.text.strip() for c in chunks("a b c d e", size=2)] == ["a b", "c d", "e"]


def test_the_same_article_gives_the_same_chunks():
    assert chunks(TEXT, size=6) == chunks(TEXT, size=6)
