"""One run of a command with what it cost: user and system CPU seconds, peak resident memory, wall time.

The figures are the kernel's, of the process and all children that it waited for (`wait4`). Peak memory of a tree is that of its
largest process.
"""
import os
import resource
import shlex
import time


def run(command, environment=None, quiet=True):
    """Runs `command` (text, split as a shell would) and returns a dict of its costs; fails when it fails."""
    words = shlex.split(command)
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            if quiet:
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, 1)
                os.dup2(nothing, 2)
            os.execvpe(words[0], words, {**os.environ, **(environment or {})})
        except OSError as error:
            os.write(2, f"{words[0]}: {error}\n".encode())
            os._exit(127)
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - start
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        raise SystemExit(f"exit code {code}: {command}")
    return {"cpu_s": usage.ru_utime + usage.ru_stime, "user_s": usage.ru_utime, "system_s": usage.ru_stime,
            "peak_mib": usage.ru_maxrss / 1024, "wall_s": wall}


def median(values):
    """The middle value, or the mean of the two in the middle."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def spread(values):
    """Median, least and greatest."""
    return {"median": median(values), "min": min(values), "max": max(values)}


def machine():
    """What the figures were measured on."""
    def first(path, key):
        try:
            with open(path, encoding="utf-8") as lines:
                return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), "unknown")
        except OSError:
            return "unknown"
    return {"processor": first("/proc/cpuinfo", "model name"), "processors": os.cpu_count(),
            "memory": first("/proc/meminfo", "MemTotal"), "system": os.uname().release,
            "page": resource.getpagesize()}
