"""Values that the command line refuses before anything is done: exit status 2."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from core.errors import HookkeeperError

if TYPE_CHECKING:
    from pydantic import BaseModel

    Model = TypeVar("Model", bound=BaseModel)


class WrongUsage(HookkeeperError):
    """What was typed cannot be meant."""


def validated(model: "type[Model]", values: Mapping[str, object], option_of: Callable[[str], str]) -> "Model":
    """The model made of these values; `option_of` names the option that a field was given with.

    Raises WrongUsage with a line for each wrong field.
    """
    from pydantic import ValidationError

    from core.models import invalid_settings

    try:
        return model.model_validate(values)
    except ValidationError as error:
        wrong = [f"{option_of(each.field)}: {each}" for each in invalid_settings(error)]
        raise WrongUsage("\n".join(wrong)) from None
