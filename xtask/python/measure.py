# Runs a command with a time limit and prints what it took: seconds, processor seconds, kilobytes at most, exit status.
# Arguments: the limit in seconds, a file for standard error, the command.
import os
import signal
import subprocess
import sys
import time

limit, errors, command = float(sys.argv[1]), sys.argv[2], sys.argv[3:]
with open(errors, "wb") as errors:
    begin = time.monotonic()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child.pid, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, limit)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - begin
    signal.setitimer(signal.ITIMER_REAL, 0)
kilobytes = usage.ru_maxrss // 1024 if sys.platform == "darwin" else usage.ru_maxrss
print(wall, usage.ru_utime + usage.ru_stime, kilobytes, os.waitstatus_to_exitcode(status))
