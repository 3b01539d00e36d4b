"""The language models: the small embedded one for mechanics, a real local server for providers."""

import time

import pytest
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import HumanMessage

from qa.errors import LLMError
from qa.llm import load_llm

pytestmark = pytest.mark.model

COUNT = [HumanMessage("Count from 1 to 40, separated by commas.")]


def test_it_is_a_langchain_chat_model_that_streams(small_llm):
    assert isinstance(small_llm.chat, BaseChatModel)
    pieces = list(small_llm.stream([HumanMessage("Reply with the one word: hello")], 8))
    text = "".join(piece.text for piece in pieces)
    assert "hello" in text.lower()
    assert all(piece.log_probability <= 0 for piece in pieces)
    invoked = small_llm.chat.invoke([HumanMessage("Reply with the one word: hello")], max_tokens=8)
    assert invoked.text == text  # greedy: the same every time
    assert invoked.response_metadata["token_usage"]["completion_tokens"] > 0


def test_leaving_the_stream_stops_the_model_at_once(small_llm):
    whole = time.perf_counter()
    total = len(list(small_llm.stream(COUNT, 120)))
    whole = time.perf_counter() - whole
    started = time.perf_counter()
    stream = small_llm.stream(COUNT, 120)
    next(stream)
    stream.close()
    assert time.perf_counter() - started < whole / 2
    assert total > 60
    # and it is free for the next question
    assert list(small_llm.stream([HumanMessage("Say hi")], 3))


def test_the_probability_of_yes_follows_the_question(small_llm):
    ask = "Is {} an animal? Reply yes or no."
    yes = small_llm.yes_probability([HumanMessage(ask.format("a dog"))])
    no = small_llm.yes_probability([HumanMessage(ask.format("a table"))])
    assert 0 <= no < yes <= 1


def test_a_prompt_that_is_too_long_is_a_named_error(small_llm):
    with pytest.raises(LLMError, match="NEWSDESK_CONTEXT_BUDGET"):
        list(small_llm.stream([HumanMessage("word " * 6000)], 5))


def test_a_file_that_is_no_model_is_a_named_error(tmp_path):
    from qa.llm import EmbeddedChatModel

    (tmp_path / "bad.gguf").write_bytes(b"not a model")
    with pytest.raises(LLMError, match="cannot load the model file"):
        EmbeddedChatModel.load(tmp_path / "bad.gguf")


def test_what_was_read_is_taken_up_by_the_next_process(small_llm, tmp_path):
    from qa.llm import EmbeddedChatModel, LanguageModel
    from qa.prompts import shared_messages

    seconds, replies = [], []
    for _ in range(2):
        model = LanguageModel(EmbeddedChatModel.load(small_llm.chat.path, states=tmp_path / "states"), "small")
        started = time.perf_counter()
        model.prime(shared_messages())
        seconds.append(time.perf_counter() - started)
        messages = [*shared_messages()[:-1], HumanMessage("Evidence: none. Hi?")]
        replies.append("".join(piece.text for piece in model.stream(messages, 12)))
        del model
    assert seconds[1] < seconds[0] / 4
    assert replies[0] == replies[1]
    assert len(list((tmp_path / "states").iterdir())) == 1


def test_a_damaged_state_is_read_again(small_llm, tmp_path):
    from qa.llm import EmbeddedChatModel
    from qa.prompts import shared_messages

    first = EmbeddedChatModel.load(small_llm.chat.path, states=tmp_path)
    first.prime(shared_messages())
    (state,) = tmp_path.iterdir()
    size = state.stat().st_size
    del first
    state.write_bytes(b"garbage")
    EmbeddedChatModel.load(small_llm.chat.path, states=tmp_path).prime(shared_messages())
    assert state.stat().st_size == size


@pytest.fixture(scope="module")
def server():
    """A real OpenAI-compatible HTTP server on loopback, with a key."""
    import xllamacpp

    from qa.config import load_settings
    from qa.weights import QWEN_0_5B, assembled_file

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(assembled_file(QWEN_0_5B, load_settings().cache_dir, lambda _: None))
    parameters.n_ctx, parameters.n_parallel, parameters.verbosity, parameters.ui = 2048, 1, -1, False
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 2
    parameters.api_keys = ["secret"]
    return xllamacpp.Server(parameters)


@pytest.fixture
def server_settings(make_settings, server):
    base_url = f"{server.listening_address}/v1"
    return lambda **more: make_settings(
        **{"llm": "openai:local", "llm_base_url": base_url, "llm_api_key": "secret", **more}
    )


def test_any_openai_compatible_server_will_do(server_settings):
    llm = load_llm(server_settings())
    assert llm.name == "openai:local"
    pieces = llm.stream([HumanMessage("Reply with the one word: hello")], 8)
    assert "hello" in "".join(piece.text for piece in pieces).lower()
    assert 0 <= llm.yes_probability([HumanMessage("Is a dog an animal? Reply yes or no.")]) <= 1


def test_the_whole_pipeline_answers_through_the_server(server_settings, index, embeddings):
    from qa.build import assemble
    from tests.conftest import SEEDS

    settings = server_settings(context_budget=240)
    store, _ = index(SEEDS)
    pipeline = assemble(settings, store, embeddings, load_llm(settings))
    growing = list(pipeline.stream("In which city is the NATO headquarters?"))
    answer = growing[-1]
    assert answer.model == "openai:local"
    assert "Brussels" in answer.text
    assert answer.citations
    assert sum(bool(a.text) for a in growing) > 1  # it streamed


def test_a_wrong_key_and_a_dead_server_are_named_errors(server_settings):
    for more in ({"llm_api_key": "wrong"}, {"llm_base_url": "http://127.0.0.1:9/v1"}):
        with pytest.raises(LLMError, match="openai:local failed"):
            list(load_llm(server_settings(**more)).stream([HumanMessage("hi")], 3))
