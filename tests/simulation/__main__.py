"""`python -m tests.simulation`: the whole shop in one process, under faults, one world for each seed."""

import sys

from tests.simulation.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
