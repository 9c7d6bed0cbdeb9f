"""Errors with the status codes of gRPC, and what they are over HTTP."""

CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
FAILED_PRECONDITION = 9
UNIMPLEMENTED = 12
INTERNAL = 13
DATA_LOSS = 15

# TensorFlow Serving's table; every other code is 500 as well.
HTTP_STATUS = {
    CANCELLED: 499,
    UNKNOWN: 500,
    INVALID_ARGUMENT: 400,
    DEADLINE_EXCEEDED: 504,
    NOT_FOUND: 404,
    6: 409,  # ALREADY_EXISTS
    7: 403,  # PERMISSION_DENIED
    8: 429,  # RESOURCE_EXHAUSTED
    FAILED_PRECONDITION: 400,
    10: 409,  # ABORTED
    11: 400,  # OUT_OF_RANGE
    UNIMPLEMENTED: 501,
    INTERNAL: 500,
    14: 503,  # UNAVAILABLE
    DATA_LOSS: 500,
    16: 401,  # UNAUTHENTICATED
}

# What a status is called inside another one's text.
NAMES = {
    INVALID_ARGUMENT: "INVALID_ARGUMENT",
    UNIMPLEMENTED: "UNIMPLEMENTED",
}


class ServingError(Exception):
    """What a client gets instead of an answer.

    Args:
        code: A status code of gRPC.
        message: What TensorFlow Serving would say.
    """

    def __init__(self, code: int, message: str):
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def http_status(self) -> int:
        """The code as an HTTP status."""
        return HTTP_STATUS.get(self.code, 500)


def invalid(message: str) -> ServingError:
    """The commonest error: the request is wrong (HTTP 400)."""
    return ServingError(INVALID_ARGUMENT, message)
