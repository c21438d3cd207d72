"""Every sentence for people: facts come in as a key and figures, one sentence comes out."""

from agent.texts.catalogue import Catalogue, say

__all__ = ["Catalogue", "say"]
