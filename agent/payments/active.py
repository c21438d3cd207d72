"""A payment while it runs: its record, and state that the journal need not keep."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Final, Literal, get_args

from agent.journal.schema.entry import ActionName, Fact, Prompted, Reason, Replied, Requested
from agent.payments.commands import PromptReply, always
from agent.payments.people import UNSIGNED, Signatures
from agent.payments.record import Printout
from agent.payments.state import ChangeKind, OpenPrompt, PromptNeed

# Long enough for a supervisor to walk over, short enough not to hold a till for a lunch break.
PROMPT_TIMEOUT_S = 180.0

NEEDS: dict[ActionName, list[PromptNeed]] = {
    "confirm": [],
    "verify": ["identity", "purpose"],
    "supervisor": ["credential"],
}


# Signs of a purpose: one letter, or the same one again and again, says nothing.
LEAST_PURPOSE_LETTERS: Final = 2


def needs_of(actions: Collection[ActionName], signed_in: bool) -> list[PromptNeed]:
    """What a yes to all these needs. Where nobody has signed in, one signature would be one person alone."""
    wanted = {need for action in actions for need in NEEDS.get(action, [])}
    if "credential" in wanted and not signed_in:
        wanted.add("operator_credential")
    return [need for need in get_args(PromptNeed) if need in wanted]


def has_content(purpose: str) -> bool:
    """Whether a purpose says anything."""
    return len({letter for letter in purpose.casefold() if letter.isalnum()}) >= LEAST_PURPOSE_LETTERS


class Question:
    """An open prompt, and its answer once there is one."""

    def __init__(self, prompt: OpenPrompt, asked_at: float) -> None:
        self.prompt = prompt
        self.asked_at = asked_at
        self.reply: asyncio.Future[Replied] = asyncio.get_running_loop().create_future()


class ActivePayment:
    """One payment under way. `tell` tells watchers what changed."""

    def __init__(
        self,
        request: Requested,
        tell: Callable[[ActivePayment, ChangeKind, Printout | None], None],
        awaited: Callable[[], bool] = always,
    ) -> None:
        self.request = request
        self._awaited = awaited
        # Set when its first entry is on disk: until then the till has no answer.
        self.began = asyncio.Event()
        self.display = ""
        self.question: Question | None = None
        self.finished = False
        # Whether its first entry is on disk. Before that nobody has to look for it there.
        self.written = False
        self._asked = 0
        self._tell = tell
        self.cancelled = False

    @property
    def given_up(self) -> bool:
        """Whether the till went away before it had an answer. After the answer it may go as it likes."""
        return not self.written and not self._awaited()

    def pose(
        self, action: ActionName, now: float, reasons: Sequence[Reason] = (), about: Fact | None = None
    ) -> Prompted:
        """Open a question, about the reasons of the rules or about a fact."""
        self._asked += 1
        prompt = OpenPrompt(
            id=f"{action}-{self._asked}",
            action=action,
            needs=needs_of({action, *(one.action for one in reasons)}, self.request.operator_signed_in),
            reasons=list(reasons),
            about=about,
        )
        self.question = Question(prompt, now)
        return Prompted(payment_id=self.request.payment_id, prompt=prompt.id, action=action)

    async def reply(self) -> Replied:
        """Wait for the answer. Silence counts as an answer; it is not a yes."""
        question = self.question
        if question is None:
            raise AssertionError("no question was posed")
        try:
            async with asyncio.timeout(PROMPT_TIMEOUT_S):
                return await question.reply
        except TimeoutError:
            return self.reply_entry("timeout", question.asked_at + PROMPT_TIMEOUT_S)
        finally:
            self.question = None

    def reply_entry(
        self,
        word: Literal["yes", "no", "timeout"],
        now: float,
        answer: PromptReply | None = None,
        signed: Signatures = UNSIGNED,
    ) -> Replied:
        """The entry for an answer to the open question. It names only who has proven it."""
        question = self.question
        if question is None:
            raise AssertionError("no question is open")
        return Replied(
            payment_id=self.request.payment_id,
            prompt=question.prompt.id,
            answer=word,
            person=signed.person,
            operator=signed.operator,
            purpose=answer.purpose if answer else "",
            identity=answer.identity if answer else None,
            after_ms=round((now - question.asked_at) * 1000),
        )

    def show(self, text: str) -> None:
        """Pass on what the terminal displays."""
        self.display = text
        self.publish("display")

    def finish(self) -> None:
        """The payment is over and its verdict can be told."""
        self.finished = True
        self.publish("verdict")

    def publish(self, kind: ChangeKind, receipt: Printout | None = None) -> None:
        """Tell every watcher."""
        self._tell(self, kind, receipt)
