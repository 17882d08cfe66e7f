"""Values that the command line refuses before anything is done: exit status 2."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from core.cli.words import fail, failure_of
from core.errors import HookkeeperError

if TYPE_CHECKING:
    from pydantic import BaseModel

    Model = TypeVar("Model", bound=BaseModel)


class WrongUsage(HookkeeperError):
    """What was typed is not valid.

    `field` is the JSON name of the wrong value. Without it, the option that the message begins with is meant.
    """

    def __init__(self, words: str, field: str | None = None) -> None:
        self.field = field
        super().__init__(words)


def refusal(error: HookkeeperError, typed: Sequence[str]) -> int:
    """Report an error that ended the typed command, and return the exit status."""
    from core.catalog import UnknownType

    failure = failure_of(error)
    if isinstance(error, UnknownType):
        failure = failure._replace(field="type")
    elif not isinstance(error, WrongUsage):
        fail(failure, str(error))
        return 1
    if failure.hint is None:
        from core.cli.commands import command_path

        failure = failure._replace(hint=f"{command_path(typed)} --help shows what it takes.")
    fail(failure, str(error))
    return 2


def validated(model: "type[Model]", values: Mapping[str, object], option_of: Callable[[str], str]) -> "Model":
    """Build the model from these values; `option_of` returns the option that gave a field.

    Raises WrongUsage with a line for each wrong field; its `field` is the first of them.
    """
    from pydantic import ValidationError

    from core.models import invalid_settings

    try:
        return model.model_validate(values)
    except ValidationError as error:
        wrong = invalid_settings(error)
        lines = [f"{option_of(each.field)}: {each}" for each in wrong]
        raise WrongUsage("\n".join(lines), wrong[0].field) from None
