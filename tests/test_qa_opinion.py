"""Opinion pieces are called so."""

from dataclasses import replace

import pytest

from qa.opinion import is_opinion, opinion_piece
from tests.fakes import ScriptedChatModel

PIECE = (
    "---\ntitle: 'Opinion: The tram is a mistake'\nsource: Harbour Post\nauthor: Gwen Tarrow\n---\n"
    "The tram line of Osterby will ruin the shops of the old town. The buses were good enough.\n"
)


@pytest.mark.parametrize(
    ("title", "url", "expected"),
    [
        ("Opinion: The tram is a mistake", "", True),
        ("The tram is a mistake | Comment", "", True),
        ("Public opinion: what the polls say of trams", "", False),
        ("Letters: on trams", "", True),
        ("Tram opens", "https://post.example/opinion/tram", True),
        ("Tram opens", "https://post.example/news/opinion-polls", False),
    ],
)
def test_opinion_is_told_by_title_and_address(pipeline_with, write_articles, title, url, expected):
    article = pipeline_with(None, write_articles(a_md=PIECE)).read("What will the tram ruin?").passages[0].article
    assert is_opinion(replace(article, title=title, url=url)) == expected
    assert opinion_piece(article) == "an opinion piece by Gwen Tarrow in Harbour Post"


def test_a_sentence_from_an_opinion_piece_says_so(pipeline_with, write_articles):
    draft = "The tram line of Osterby will ruin the shops of the old town.\nShort: the shops"
    chat = ScriptedChatModel(replies=[draft])
    answer = pipeline_with(chat, write_articles(a_md=PIECE)).answer("What will the tram line of Osterby ruin?")
    assert "according to an opinion piece by Gwen Tarrow in Harbour Post" in answer.text


def test_a_sentence_that_names_the_writer_is_left_as_it_is(pipeline_with, write_articles):
    draft = "Gwen Tarrow says that the tram line of Osterby will ruin the shops.\nShort: the shops"
    chat = ScriptedChatModel(replies=[draft])
    answer = pipeline_with(chat, write_articles(a_md=PIECE)).answer("What will the tram line of Osterby ruin?")
    assert "opinion piece" not in answer.text
    assert "Tarrow says" in answer.text


def test_a_quotation_of_an_opinion_piece_says_so(pipeline_with, write_articles):
    answer = pipeline_with(None, write_articles(a_md=PIECE)).answer("What will the tram line of Osterby ruin?")
    assert answer.text.startswith("An opinion piece by Gwen Tarrow in Harbour Post: “The tram line")
