"""`python -m generator`."""

from .cli import program

program()
