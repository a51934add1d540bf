"""What can be wrong with a request to the agent; nothing was signed then."""

from __future__ import annotations

from docsvc.errors import DocsvcError


class AgentError(DocsvcError):
    """The root of this package's errors."""

    code = "agent.failed"


class RequestInvalidError(AgentError):
    """The message is not what the protocol says; ``field`` names what is wrong with it."""

    code = "agent.request-invalid"


class OperationUnknownError(AgentError):
    """The agent does not do this; the Government's helper does more."""

    code = "agent.operation-unknown"


class ForeignAddressError(AgentError):
    """A page wants a file fetched from, or sent to, another place than its own."""

    code = "agent.foreign-address"


class AgentBusyError(AgentError):
    """Somebody is being asked about another request."""

    code = "agent.busy"
    retryable = True


class KeyNotEntitledError(AgentError):
    """The token has no key with a certificate that may sign this document."""

    code = "agent.key-not-entitled"


class ServiceUnreachableError(AgentError):
    """The file could not be fetched from the service, or not sent back to it."""

    code = "agent.service-unreachable"
    retryable = True


class NotAcceptedError(AgentError):
    """The service did not take the signed file; ``message`` is what it says."""

    code = "agent.not-accepted"


class TokenGoneError(AgentError):
    """The process of the token ended, or did not answer in time."""

    code = "agent.token-gone"
    retryable = True


class NoTerminalError(AgentError):
    """The agent was started without a terminal, on which it could ask for the PIN."""

    code = "agent.no-terminal"


class OriginInvalidError(AgentError):
    """An allowed origin is not written as browsers write it: scheme, host and port alone."""

    code = "agent.origin-invalid"


class PortTakenError(AgentError):
    """Another program listens on the port: perhaps the Government's helper."""

    code = "agent.port-taken"
