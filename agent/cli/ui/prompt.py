"""Asks the person at the till a question of the rules, and sends the answer back."""

from __future__ import annotations

import getpass
import sys

from agent.api.v1.bodies import Credential, PaymentView, Prompt, PromptAnswer
from agent.cli.ui.client import ApiClient, RefusedError
from agent.cli.ui.screen import INDENT, Screen, plain
from agent.texts import say

YES_OR_NO = "Go on?"


def answer_for(client: ApiClient, out: Screen, payment_id: str, prompt: Prompt) -> None:
    """Ask until the agent takes the answer or the question is over."""
    out.say(prompt.text)
    while True:
        try:
            answer = _answer_of_person(prompt)
        except EOFError:
            out.detail(say("cli.nobody"))
            answer = PromptAnswer(prompt=prompt.id, answer="no")
        try:
            client.call("POST", f"/v1/payments/{payment_id}/answers", PaymentView, answer)
        except RefusedError as error:
            out.detail(f"{error.answer.message} {error.answer.next_step}")
            # 409: the question is over (answered elsewhere, or too late). A no needs no second attempt.
            if error.status != 409 and answer.answer == "yes":
                continue
        return


def ask_secret(person: str) -> str:
    """A secret, not shown. Raises `EOFError` if there is no input."""
    return getpass.getpass(INDENT + say("cli.secret", person=plain(person)), stream=sys.stderr)


def _answer_of_person(prompt: Prompt) -> PromptAnswer:
    no = PromptAnswer(prompt=prompt.id, answer="no")
    if not _yes(YES_OR_NO):
        return no
    credential, operator, identity, purpose = None, None, None, ""
    if "identity" in prompt.needs:
        identity = _yes(say("cli.identity"))
    if "purpose" in prompt.needs:
        purpose = _line(say("cli.purpose"))[:40]
    if "operator_credential" in prompt.needs:
        operator = _credential("cli.who_asks")
        if operator is None:
            return no
    if "credential" in prompt.needs:
        credential = _credential("cli.who")
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


def _credential(question: str) -> Credential | None:
    """A name and a PIN; None for an empty name."""
    person = _line(say(question))
    return Credential(person, ask_secret(person)) if person else None


def _yes(question: str) -> bool:
    """Only a whole word counts: a hand on the keyboard is not consent."""
    while True:
        word = _line(f"{question} (yes/no) ").lower()
        if word in {"yes", "no"}:
            return word == "yes"


def _line(question: str) -> str:
    """One line from the keyboard; the question goes to the screen for people, even with JSON."""
    print(INDENT + question, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip()
