"""A disk that is quickly full."""

import contextlib
import subprocess


@contextlib.contextmanager
def mounted(folder, megabytes):
    """A new folder on a file system of so many megabytes, for the length of a with block."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=False
    )
    assert done.returncode == 0, "the test needs to mount a tmpfs (run it as root)"
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
