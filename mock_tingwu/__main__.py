"""``python -m mock_tingwu``: the same as the command ``mock-tingwu``."""

import sys

from mock_tingwu.cli import main

if __name__ == "__main__":
    sys.exit(main())
