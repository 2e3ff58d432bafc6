"""Demonstration data: an invented community with contacts, templates, credits and campaigns in every state."""

from backend.services.demo.loading import load_demo
from backend.services.demo.people import demo_contacts

__all__ = ["demo_contacts", "load_demo"]
