"""The examples at the end of each command's help."""


def example(*lines: str) -> str:
    """Return the help's examples from command lines without the program's name. No line is wrapped."""
    title = "Example:" if len(lines) == 1 else "Examples:"
    # Typer does not wrap a paragraph that begins with this mark.
    return "\n".join(("\b", title, *(f"  hookkeeper {line}".rstrip() for line in lines)))
