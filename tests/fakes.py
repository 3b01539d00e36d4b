"""Small honest stand-ins behind public seams."""

import hashlib
import math
import re
import time
from typing import Any

import numpy as np
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

from qa.embeddings import EmbeddingModel
from qa.llm import LanguageModel


class ScriptedChatModel(BaseChatModel):
    """Says what it was told to say, in order, and keeps the prompts; asked too often, it fails."""

    replies: list[str]
    yes: float | None = None  # probability of "yes" when asked for one token; None: gives no log-probabilities
    prompts: list[str] = Field(default_factory=list)
    pieces: int = 0  # pieces streamed so far: tells whether it was stopped

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        self.prompts.append(messages[-1].text)
        if kwargs.get("max_tokens") == 1:
            message = AIMessage("yes", response_metadata=self._logprobs())
        else:
            message = AIMessage(self.replies.pop(0))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        self.prompts.append(messages[-1].text)
        for piece in self.replies.pop(0).split(" "):
            self.pieces += 1
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece + " "))

    def _logprobs(self) -> dict[str, Any]:
        if self.yes is None:
            return {}
        top = [
            {"token": "yes", "logprob": math.log(self.yes)},
            {"token": "no", "logprob": math.log(1 - self.yes)},
        ]
        return {"logprobs": {"content": [{"top_logprobs": top}]}}


class Verifying(LanguageModel):
    """A scripted model that has the adapter which verifies."""

    verifies = True


class UnsureChatModel(ScriptedChatModel):
    """Tells how sure it is of each word, and is less sure of one."""

    unsure_of: str
    log_probability: float

    def _stream(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        for chunk in super()._stream(messages, stop, run_manager, **kwargs):
            sure = self.log_probability if chunk.text.strip() == self.unsure_of else -0.01
            found = {"logprobs": {"content": [{"token": chunk.text, "logprob": sure}]}}
            message = AIMessageChunk(content=chunk.text, response_metadata=found)
            yield ChatGenerationChunk(message=message)


class BrokenChatModel(ScriptedChatModel):
    """Fails in the middle of a reply, as a server that goes away does."""

    def _stream(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        yield ChatGenerationChunk(message=AIMessageChunk(content="The "))
        raise ConnectionError("server went away")


class AnsweringChatModel(BaseChatModel):
    """Answers by the question: the first reply whose key stands in the prompt's last message; at a fixed speed."""

    replies: dict[str, str]
    pause: float = 0.0  # seconds between two words
    prefill: float = 0.0  # seconds before the first
    yes: float = 0.97
    words_said: list[str] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "answering"

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        top = [{"token": "yes", "logprob": math.log(self.yes)}, {"token": "no", "logprob": math.log(1 - self.yes)}]
        message = AIMessage("yes", response_metadata={"logprobs": {"content": [{"top_logprobs": top}]}})
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        asked = messages[-1].text
        reply = next((said for key, said in self.replies.items() if key in asked), "I do not know.")
        if reply == "CRASH":
            raise ConnectionError("the model went away")
        time.sleep(self.prefill)
        for word in reply.split(" "):
            self.words_said.append(word)
            yield ChatGenerationChunk(message=AIMessageChunk(content=word + " "))
            time.sleep(self.pause)


class PrecomputedEmbeddings(EmbeddingModel):
    """Vectors out of a hash of the text, at no cost: for tests that are about the index, not about meaning."""

    def __init__(self, name: str = "precomputed", dimension: int = 16) -> None:
        self.name = name
        self.sha256 = hashlib.sha256(name.encode()).hexdigest()
        self.dimension = dimension
        self.max_tokens = 256
        self.texts = 0

    def embed(self, texts: list[str]) -> Any:
        self.texts += len(texts)
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            seed = int.from_bytes(hashlib.sha256(f"{self.name} {text}".encode()).digest()[:8], "little")
            vectors[row] = np.random.default_rng(seed).standard_normal(self.dimension)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]
