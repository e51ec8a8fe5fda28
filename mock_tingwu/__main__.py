"""``python -m mock_tingwu``: the same as the command ``mock-tingwu``."""

import sys

if __name__ == "__main__":
    try:
        from mock_tingwu.cli import main

        sys.exit(main())
    except KeyboardInterrupt:  # before there is anything that would know it
        sys.exit(130)
