"""The ``practicum`` command."""

from __future__ import annotations

import os
import signal
import sys

EXIT_INTERRUPTED = 130


def main() -> None:
    """Run the command line; exit codes: 0 fine, 1 the job failed, 2 bad usage, 130 interrupted.

    Deliberate errors are one paragraph on standard error; a closed pipe (``practicum list | head``) ends quietly.
    """
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(sys.argv[1:]))


def _terminate(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    from practicum.errors import PracticumError

    try:
        code = _invoke(arguments)
        sys.stdout.flush()
        return code
    except PracticumError as error:
        sys.stderr.write(f"practicum: {error}\n")
        return error.exit_code
    except BrokenPipeError:
        # Python flushes standard output again at exit; point it at nothing so that this can't fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        sys.stderr.write("practicum: interrupted\n")
        return EXIT_INTERRUPTED
    except OSError as error:
        where = f" {error.filename!r}" if error.filename else ""
        sys.stderr.write(f"practicum: {error.strerror or error}{where}: check that the path exists, is writable "
                         "and that the disk has room\n")
        return 1


def _invoke(arguments: list[str]) -> int:
    import typer

    from practicum.cli.app import build_app

    command = typer.main.get_command(build_app())
    try:
        result = command.main(args=arguments, prog_name="practicum", standalone_mode=False)
    except typer.Exit as stop:
        return int(stop.exit_code)
    except typer.Abort:
        return EXIT_INTERRUPTED
    except Exception as error:
        show, code = getattr(error, "show", None), getattr(error, "exit_code", None)
        if show is None or code is None:
            raise
        show()
        return int(code)
    return int(result) if isinstance(result, int) else 0
