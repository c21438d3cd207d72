"""`python -m agent` is `tillgate`."""

import sys

from agent.cli import main

sys.exit(main())
