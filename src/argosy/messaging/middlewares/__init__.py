"""One middleware a file. `DEFAULT` is the chain of a consumer that names none, the first one outermost."""

from typing import Final

from argosy.messaging.middleware import Middleware
from argosy.messaging.middlewares.dead_letters import DeadLetters
from argosy.messaging.middlewares.logs import Logs
from argosy.messaging.middlewares.retries import Retries

DEFAULT: Final[tuple[Middleware, ...]] = (Logs(), DeadLetters(), Retries())
