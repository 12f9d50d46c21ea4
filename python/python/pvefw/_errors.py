"""The exceptions of the package.

Bad configuration is never an exception: it is a diagnostic of `Datacenter.check`. What is raised here is misuse, or
something outside: a root that is none, a question about a packet that can't be, a file that has changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable


class Error(Exception):
    """The root of all exceptions of the package.

    `str(error)` is the message and, on lines of their own, the ways out.
    """

    message: str
    """What is wrong."""
    help: tuple[str, ...]
    """What to do about it; may be empty."""

    def __init__(self, message: str, help: Iterable[str] = ()) -> None:
        self.message = message
        self.help = tuple(help)
        super().__init__(message, self.help)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"help: {line}" for line in self.help)])


class LoadError(Error):
    """A configuration root, or a file that was named, can't be read."""


class FactsError(Error, ValueError):
    """Facts that can't be read, or that have a key which means nothing."""


class NodeError(Error, ValueError):
    """There is no such node, or there are several and none was chosen."""


class QuestionError(Error, ValueError):
    """A question about a packet that can't be: an unknown zone, addresses of two families, a port of ICMP."""


class EditError(Error, ValueError):
    """An edit that would make a faulty line, or that the file can't have. Nothing was changed."""

    code: str | None
    """The code of the diagnostic that the line would have; `None` for another reason."""

    def __init__(self, message: str, help: Iterable[str] = (), code: str | None = None) -> None:
        super().__init__(message, help)
        self.code = code
        self.args = (message, self.help, code)


class NotFoundError(EditError, KeyError):
    """What is to be changed does not exist, or no longer does."""

    __str__ = Error.__str__


class ChangedError(EditError):
    """What was seen with a digest is no longer what is there. Nothing was changed."""


class SaveError(Error):
    """Files can't be written. All of them are as they were."""


class ChangedOnDiskError(SaveError):
    """A file on disk is no longer the one that was read. Nothing was written."""


class LockedError(SaveError):
    """Somebody else is changing the configuration, and did not end in time. Nothing was written."""


class ApplyError(Error):
    """Rules can't be read or loaded. Unless it is a `BrokenError`, what was loaded before still is."""


class CapabilityError(ApplyError):
    """The process may not read or change rules."""


class ToolError(ApplyError):
    """One of the kernel's tools is missing, or has refused."""


class ConfigurationError(ApplyError):
    """The configuration has errors, and nobody has said that faulty lines may be left out."""


class LockoutError(ApplyError):
    """Loading it would cut a connection that is open now. The message has the packet's way through the rules."""


class WaitingError(ApplyError):
    """A state waits to be confirmed, or there is nothing to confirm."""


class BrokenError(ApplyError):
    """Something went wrong, and the old rules could not be put back either."""
