"""Language models: the embedded one, or any that LangChain's `init_chat_model` knows.

The only file that knows the embedded runtime and the providers. The rest of the program sees
`LanguageModel`: text streamed from messages, and the probability of "yes".
"""

import hashlib
import json
import logging
import math
import os
import queue
import secrets
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, PrivateAttr

from qa.config import EMBEDDED_LLMS, Settings
from qa.errors import LLMError
from qa.weights import QWEN_0_5B, QWEN_1_5B, VERIFIER, Progress, assembled_file, verified_folder

_CONTEXT_TOKENS = 4096  # room for the worked examples, a large evidence budget and the answer
_MICRO_BATCH = 128  # prompt tokens read between two chances to stop: about 3 s on two cores
_TOP_LOGPROBS = 10
_STRUCTURED_TOKENS = 300  # of a JSON object at most
_EMBEDDED_WEIGHTS = dict(zip(EMBEDDED_LLMS, (QWEN_1_5B, QWEN_0_5B), strict=True))
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a reply, a token or more, and how sure the model was of it; None where it does not tell."""

    text: str
    log_probability: float | None = None


class LanguageModel:
    """A chat model as the pipeline uses it.

    Args:
        chat: any LangChain chat model.
        name: what to call it in answers and reports.
    """

    def __init__(self, chat: BaseChatModel, name: str) -> None:
        self.chat = chat
        self.name = name
        self._gives_logprobs = True

    @property
    def verifies(self) -> bool:
        """Whether the model has the adapter that verifies, for prompts that end with `qa.prompts.JUDGE`."""
        return isinstance(self.chat, EmbeddedChatModel) and self.chat.adapter is not None

    def stream(self, messages: Sequence[BaseMessage], max_tokens: int) -> Generator[Piece, None, None]:
        """Give the reply piece by piece. Closing the iterator stops the model.

        Raises:
            LLMError: the model failed, or the prompt is too long for it.
        """
        # Other models refuse the argument, or take it and say nothing while they stream.
        options: dict[str, Any] = {"logprobs": True} if isinstance(self.chat, EmbeddedChatModel) else {}
        try:
            for chunk in self.chat.stream(list(messages), max_tokens=max_tokens, **options):
                if text := chunk.text:
                    yield Piece(text, _least_log_probability(chunk.response_metadata.get("logprobs")))
        except LLMError:
            raise
        except Exception as exc:
            raise LLMError(f"the language model {self.name} failed: {_first_line(exc)}") from exc

    def prime(self, messages: Sequence[BaseMessage]) -> None:
        """Let an embedded model read what all prompts share, or take up what it read in an earlier run."""
        if isinstance(self.chat, EmbeddedChatModel):
            self.chat.prime(list(messages))

    def yes_probability(self, messages: Sequence[BaseMessage]) -> float | None:
        """Give P(yes) / (P(yes) + P(no)) of the reply's first token; None if the model has no log-probabilities.

        Raises:
            LLMError: the embedded model failed.
        """
        if not self._gives_logprobs:
            return None
        try:
            reply = self.chat.invoke(list(messages), max_tokens=1, logprobs=True, top_logprobs=_TOP_LOGPROBS)
        except LLMError:
            raise
        except Exception as exc:  # noqa: BLE001  providers refuse these arguments each in its own way
            _logger.info("%s gives no log-probabilities: %s", self.name, _first_line(exc))
            self._gives_logprobs = False
            return None
        probability = _yes_share(reply.response_metadata.get("logprobs"))
        self._gives_logprobs = probability is not None
        return probability

    def structured(self, messages: Sequence[BaseMessage], schema: Mapping[str, Any]) -> dict[str, Any]:
        """Give a reply that is one JSON object.

        Args:
            messages: what to reply to.
            schema: a JSON schema of the object, with a title and a description.

        Raises:
            LLMError: the model failed, or its reply is no JSON object.
        """
        try:
            if isinstance(self.chat, EmbeddedChatModel):
                form = {"type": "json_schema", "json_schema": {"name": schema["title"], "schema": dict(schema)}}
                reply = self.chat.invoke(list(messages), max_tokens=_STRUCTURED_TOKENS, response_format=form)
                found: Any = json.loads(reply.text)
            else:
                found = self.chat.with_structured_output(dict(schema)).invoke(list(messages))
        except LLMError:
            raise
        except Exception as exc:
            raise LLMError(f"the language model {self.name} gave no JSON object: {_first_line(exc)}") from exc
        if not isinstance(found, dict):
            raise LLMError(f"the language model {self.name} gave no JSON object")
        return found


def load_llm(settings: Settings, progress: Progress = lambda _: None) -> LanguageModel | None:
    """Load the language model that the settings name; None for `none`, which answers with quotations.

    Raises:
        WeightsError: the embedded model's files are missing or not the ones that were pinned.
        LLMError: the provider is unknown, or its package is not installed.
    """
    if settings.llm == "none":
        return None
    if settings.llm in EMBEDDED_LLMS:
        weights = _EMBEDDED_WEIGHTS[settings.llm]
        path = assembled_file(weights, settings.cache_dir, progress)
        states = settings.cache_dir / "read-prompts"
        adapter = _adapter(settings)
        return LanguageModel(EmbeddedChatModel.load(path, settings.llm_threads, states, adapter), weights.name)
    return LanguageModel(_load_provider(settings), settings.llm)


def weights_sha256(settings: Settings) -> str:
    """Give the sha256 of the embedded model's file that the settings name; empty for other models."""
    weights = _EMBEDDED_WEIGHTS.get(settings.llm)
    return weights.files[0][1] if weights else ""


def _adapter(settings: Settings) -> Path | None:
    """Give the adapter that verifies, which was trained for the larger model alone."""
    if settings.llm != EMBEDDED_LLMS[0] or settings.verifier == "off":
        return None
    return verified_folder(VERIFIER) / VERIFIER.files[0][0]


def _load_provider(settings: Settings) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {"temperature": 0, "timeout": settings.llm_timeout, "max_retries": 2}
    if settings.llm_base_url:
        options["base_url"] = settings.llm_base_url
    key = settings.llm_api_key.get_secret_value()
    if key or settings.llm_base_url:
        options["api_key"] = key or "none"  # a server of one's own often wants none, its client always one
    try:
        return init_chat_model(settings.llm, **options)  # type: ignore[no-any-return]
    except Exception as exc:
        raise LLMError(
            f"cannot use the language model {settings.llm!r}: {_first_line(exc)}; NEWSDESK_LLM is `embedded`, "
            "`embedded-small`, `none` or `provider:model` (see docs/configuration.md)"
        ) from exc


class EmbeddedChatModel(BaseChatModel):
    """A GGUF model inside this process, through llama.cpp, as a LangChain chat model.

    Options of a call, besides LangChain's: `max_tokens`, `logprobs`, `top_logprobs`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    path: Path
    states: Path | None = None
    adapter: Path | None = None
    _server: Any = PrivateAttr()
    _key: str = PrivateAttr(default="")

    @classmethod
    def load(
        cls, path: Path, threads: int = 0, states: Path | None = None, adapter: Path | None = None
    ) -> "EmbeddedChatModel":
        """Load a model file.

        Args:
            path: the GGUF file.
            threads: 0 chooses by the number of CPUs.
            states: a folder in which `prime` keeps what the model has read; None: it is kept nowhere.
            adapter: a GGUF file of an adapter, which is on from certain words of a prompt ("activated LoRA").

        Raises:
            LLMError: the runtime cannot read the file.
        """
        # With OpenMP's default of busy waiting, two threads collapse as soon as anything else runs.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        import xllamacpp

        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        parameters.n_ctx = _CONTEXT_TOKENS
        parameters.n_ubatch = _MICRO_BATCH
        parameters.n_parallel = 1
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads or _threads()
        if adapter is not None:
            parameters.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter))]
        parameters.verbosity = -1
        parameters.ui = False
        # The runtime always opens a loopback port: nobody gets in without this key.
        model = cls(path=path, states=_writable(states), adapter=adapter)
        model._key = secrets.token_hex(16)
        parameters.api_keys = [model._key]
        if model.states is not None:
            parameters.slot_save_path = f"{model.states}{os.sep}"
        try:
            model._server = xllamacpp.Server(parameters)
        except RuntimeError as exc:
            raise LLMError(f"cannot load the model file {path}: {_first_line(exc)}") from exc
        return model

    def prime(self, messages: list[BaseMessage]) -> None:
        """Read messages once, so that prompts beginning like them are answered sooner.

        What was read is kept in `states` (about 10 MB), and taken up in milliseconds by the next process.
        """
        import xllamacpp

        prompt = json.dumps(convert_to_openai_messages(messages))
        what = f"{self.path.name} {xllamacpp.__version__} {_CONTEXT_TOKENS} {prompt}"
        name = f"{hashlib.sha256(what.encode()).hexdigest()[:24]}.state"
        if self.states is not None and (self.states / name).exists() and self._slot("restore", name):
            return
        self._generate(messages, max_tokens=1)
        if self.states is not None and self._slot("save", f"{name}.{os.getpid()}"):
            (self.states / f"{name}.{os.getpid()}").replace(self.states / name)

    def _slot(self, action: str, file_name: str) -> bool:
        """Have the runtime save or restore what it has read, through its loopback port; False if it fails."""
        import httpx

        try:
            reply = httpx.post(
                f"{self._server.listening_address}/slots/0",
                params={"action": action},
                json={"filename": file_name},
                headers={"Authorization": f"Bearer {self._key}"},
                timeout=30,
                trust_env=False,  # a proxy has no business with loopback
            )
        except httpx.HTTPError as exc:
            _logger.info("cannot %s the prompt that was read: %s", action, exc)
            return False
        return reply.is_success

    @property
    def _llm_type(self) -> str:
        return "newsdesk-embedded"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        reply = _parsed(self._server.handle_chat_completions(_request(messages, stop, kwargs)))
        choice = reply["choices"][0]
        message = AIMessage(
            choice["message"]["content"] or "",
            response_metadata={
                "finish_reason": choice.get("finish_reason"),
                "logprobs": choice.get("logprobs"),
                "token_usage": reply.get("usage", {}),
            },
            usage_metadata=_usage_of(reply.get("usage", {})),
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        request = _request(messages, stop, {**kwargs, "stream": True, "timings_per_token": True})
        read = 0  # tokens of the prompt that were accounted for
        for piece in _streamed(lambda take: self._server.handle_chat_completions(request, take)):
            for choice in piece.get("choices", []):
                text = choice.get("delta", {}).get("content") or ""
                usage = _usage(piece.get("timings", {}), read, bool(text))
                read += usage["input_tokens"]
                found = {"logprobs": choice["logprobs"]} if choice.get("logprobs") else {}
                message = AIMessageChunk(content=text, usage_metadata=usage, response_metadata=found)
                chunk = ChatGenerationChunk(message=message)
                if run_manager and text:
                    run_manager.on_llm_new_token(text, chunk=chunk)
                yield chunk


def _usage_of(usage: Mapping[str, Any]) -> UsageMetadata:
    prompt, completion = int(usage.get("prompt_tokens", 0)), int(usage.get("completion_tokens", 0))
    return UsageMetadata(input_tokens=prompt, output_tokens=completion, total_tokens=prompt + completion)


def _usage(timings: Mapping[str, Any], read: int, wrote: bool) -> UsageMetadata:
    """Give the tokens that a piece of a stream adds, so that the sum is right wherever the stream is left."""
    prompt = int(timings.get("prompt_n", 0)) + int(timings.get("cache_n", 0))
    new = max(0, prompt - read)
    return UsageMetadata(input_tokens=new, output_tokens=int(wrote), total_tokens=new + int(wrote))


def _writable(folder: Path | None) -> Path | None:
    """Give the folder, made if it is missing; None if that cannot be."""
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder


def _streamed(run: Callable[[Callable[[Any], bool]], Any]) -> Iterator[dict[str, Any]]:
    """Turn the runtime's callback into an iterator; leaving it early makes the callback say stop."""
    pieces: queue.SimpleQueue[Any] = queue.SimpleQueue()
    stopped = threading.Event()
    end = object()

    def take(piece: Any) -> bool:
        pieces.put(piece)
        return stopped.is_set()

    def work() -> None:
        try:
            run(take)
        except Exception as exc:  # noqa: BLE001  carried to the thread that waits
            pieces.put(exc)
        pieces.put(end)

    worker = threading.Thread(target=work, name="newsdesk-llm", daemon=True)
    worker.start()
    try:
        while (piece := pieces.get()) is not end:
            if isinstance(piece, Exception):
                raise piece
            parsed = _parsed(piece)
            yield from parsed if isinstance(parsed, list) else [parsed]
    finally:
        stopped.set()
        worker.join()


def _request(messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]) -> dict[str, Any]:
    known = ("max_tokens", "logprobs", "top_logprobs", "stream", "timings_per_token", "response_format")
    request = {name: options[name] for name in known if options.get(name) is not None}
    return {
        "messages": convert_to_openai_messages(messages),
        "temperature": 0,
        "cache_prompt": True,
        **({"stop": stop} if stop else {}),
        **request,
    }


def _parsed(reply: Any) -> Any:
    parsed = json.loads(reply) if isinstance(reply, str | bytes) else reply
    if isinstance(parsed, dict) and "error" in parsed:
        error = parsed["error"]
        if error.get("type") == "exceed_context_size_error":
            raise LLMError(
                f"the evidence is too long for the model ({_CONTEXT_TOKENS} tokens): "
                "set NEWSDESK_CONTEXT_BUDGET lower, or ask a shorter question"
            )
        raise LLMError(f"the embedded model refused: {error.get('message', error)}")
    return parsed


def _least_log_probability(logprobs: Any) -> float | None:
    try:
        return min((float(token["logprob"]) for token in logprobs["content"]), default=None)
    except (TypeError, KeyError):
        return None


def _yes_share(logprobs: Any) -> float | None:
    try:
        candidates = logprobs["content"][0]["top_logprobs"]
    except (TypeError, KeyError, IndexError):
        return None
    share = {"yes": 0.0, "no": 0.0}
    for candidate in candidates:
        word = candidate["token"].strip().lower().rstrip(".,")
        if word in share:
            share[word] += math.exp(candidate["logprob"])
    both = share["yes"] + share["no"]
    return share["yes"] / both if both > 0 else 0.5


def _threads() -> int:
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
    # Beyond a few, CPUs are mostly hyper-threads of the same cores, which slow llama.cpp down.
    return available if available <= 4 else min(available // 2, 16)


def _first_line(exc: BaseException) -> str:
    return (str(exc).strip().splitlines() or [type(exc).__name__])[0][:300]
