"""`python -m report`: the command line."""

from .commands.line import run

run()
