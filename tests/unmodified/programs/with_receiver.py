"""Run a program with a receiver of callbacks beside it, in the same network.

The arguments are the program's command line, in which {receiver} is where that listens.
"""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "clients"))

from receiver import Receiver

with Receiver() as receiver:
    command = [argument.replace("{receiver}", receiver.url) for argument in sys.argv[1:]]
    status = subprocess.run(command, check=False).returncode
sys.exit(status)
