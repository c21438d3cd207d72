"""Every sentence for people: facts come in as a key and figures, one sentence comes out."""

from agent.texts.catalogue import Catalogue, say, tell
from agent.texts.en import TEXTS

__all__ = ["TEXTS", "Catalogue", "say", "tell"]
