"""Roadworthy: a static status page that checks for itself and says when it does not know."""

__version__ = "0.1.0"
