"""Asks the person at the till a question of the rules, and sends the answer back."""

from __future__ import annotations

from collections.abc import Callable

from agent.api.v1.bodies import Credential, PaymentView, Prompt, PromptAnswer
from agent.cli.ui.client import ApiClient, RefusedError, payment_path
from agent.cli.ui.keyboard import Keyboard, QuestionOverError
from agent.cli.ui.screen import INDENT, Screen
from agent.texts import say

YES_OR_NO = "Go on?"


class Asker:
    """Puts one payment's questions to a person.

    `news` is readable when the agent has told something; `over` then says whether the question is.
    """

    def __init__(
        self, client: ApiClient, out: Screen, payment_id: str, news: int, over: Callable[[Prompt], bool]
    ) -> None:
        self._client = client
        self._out = out
        self._payment_id = payment_id
        self._keyboard = Keyboard()
        self._news = news
        self._over = over
        self._prompt: Prompt | None = None

    def ask(self, prompt: Prompt) -> None:
        """Ask until the agent takes the answer or the question is over."""
        self._keyboard.forget()
        self._prompt = prompt
        self._out.say(prompt.text)
        while True:
            try:
                answer = self._answer_of_person(prompt)
            except EOFError:
                self._out.say("")
                self._out.detail(say("cli.nobody"))
                answer = PromptAnswer(prompt=prompt.id, answer="no")
            except QuestionOverError:
                self._out.say("")
                self._out.detail(say("cli.question_over", payment_id=self._payment_id))
                return
            if self._is_taken(answer):
                return

    def _is_taken(self, answer: PromptAnswer) -> bool:
        """Send the answer; False if the person may try again."""
        try:
            self._client.call("POST", payment_path(self._payment_id, "/answers"), PaymentView, answer)
        except RefusedError as error:
            self._out.detail(f"{error.answer.message} {error.answer.next_step}")
            # 409: the question is over (answered elsewhere, or too late). A no needs no second attempt.
            return error.status == 409 or answer.answer == "no"
        return True

    def _answer_of_person(self, prompt: Prompt) -> PromptAnswer:
        no = PromptAnswer(prompt=prompt.id, answer="no")
        if not self._yes(YES_OR_NO):
            return no
        credential, operator, identity, purpose = None, None, None, ""
        if "identity" in prompt.needs:
            identity = self._yes(say("cli.identity"))
        if "purpose" in prompt.needs:
            purpose = self._line(say("cli.purpose"))[:40]
        if "operator_credential" in prompt.needs:
            operator = self._credential("cli.who_asks")
            if operator is None:
                return no
        if "credential" in prompt.needs:
            credential = self._credential("cli.who")
            if credential is None:
                return no
        return PromptAnswer(
            prompt=prompt.id,
            answer="yes",
            credential=credential,
            operator_credential=operator,
            identity=identity,
            purpose=purpose,
        )

    def _credential(self, question: str) -> Credential | None:
        """A name and a PIN; None for an empty name."""
        person = self._line(say(question))
        return Credential(person, self._keyboard.secret(person)) if person else None

    def _yes(self, question: str) -> bool:
        """Only a whole word counts: a hand on the keyboard is not consent."""
        while True:
            word = self._line(f"{question} (yes/no) ").lower()
            if word in {"yes", "no"}:
                return word == "yes"
            self._out.detail(say("cli.whole_word"))

    def _line(self, question: str) -> str:
        """One line from the keyboard."""
        self._out.ask(INDENT + question)
        return self._keyboard.line([self._news], self._is_over)

    def _is_over(self) -> bool:
        return self._prompt is None or self._over(self._prompt)


def ask_secret(person: str) -> str:
    """A secret, not shown. Raises `EOFError` if there is no input."""
    return Keyboard().secret(person)
