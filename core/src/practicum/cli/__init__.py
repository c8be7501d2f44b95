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
        _say(str(error))
        return error.exit_code
    except BrokenPipeError:
        # Python flushes standard output again at exit; point it at nothing so that this can't fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        _say("interrupted")
        return EXIT_INTERRUPTED
    except OSError as error:
        where = f" {error.filename!r}" if error.filename else ""
        _say(f"{error.strerror or error}{where}: check that the path exists, is writable and that the disk has room")
        return 1


def _say(message: str) -> None:
    """One paragraph, whatever a plugin's own message holds."""
    sys.stderr.write(f"practicum: {' '.join(line.strip() for line in message.splitlines() if line.strip())}\n")


def _invoke(arguments: list[str]) -> int:
    import typer

    from practicum.cli.app import build_app

    command = typer.main.get_command(build_app())
    try:
        result = command.main(args=arguments, prog_name="practicum", standalone_mode=False)
    except typer.Exit as stop:
        return int(stop.exit_code)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # typer makes exit code 1, a failed job, of it
            raise stop.__context__ from None
        raise
    except Exception as error:
        code, message = getattr(error, "exit_code", None), getattr(error, "format_message", None)
        if code is None or message is None:  # no error of usage
            raise
        if type(error).__name__ == "NoArgsIsHelpError":
            sys.stderr.write(message())
            return int(code)
        path = getattr(getattr(error, "ctx", None), "command_path", "practicum")
        _say(f"{message().rstrip('.')}; {path} --help shows what it takes")
        return int(code)
    if result == EXIT_INTERRUPTED:  # what typer makes of Ctrl-C, without a word
        raise KeyboardInterrupt
    return int(result) if isinstance(result, int) else 0
