"""What stands at the end of each command's help."""


def example(*lines: str) -> str:
    """These command lines, each without the name of the program; none of them is wrapped."""
    title = "Example:" if len(lines) == 1 else "Examples:"
    # Typer leaves a paragraph as it is that begins with this mark.
    return "\n".join(("\b", title, *(f"  hookkeeper {line}".rstrip() for line in lines)))
