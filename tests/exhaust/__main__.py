"""`make exhaust`: one payment of each protocol and kind, every fault and every pair of faults."""

import sys

from tests.exhaust.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
