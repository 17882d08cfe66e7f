"""The version of this program, also in pyproject.toml."""

VERSION = "0.1.0"
