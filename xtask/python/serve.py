"""Serves the emulator until standard input closes, so that it ends with whatever started it."""

import os
import sys
import threading

from moto.server import main


def end_with_input():
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
main(sys.argv[1:])
