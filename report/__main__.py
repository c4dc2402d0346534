"""`python -m report`: the command line."""

import sys

from .commands.line import main

sys.exit(main())
