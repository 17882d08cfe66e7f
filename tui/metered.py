"""What goes over the line is counted, so that live data can wait until the line has carried what it was given."""

from textual.drivers.linux_driver import LinuxDriver


class MeteredDriver(LinuxDriver):
    """One process has one terminal, so the count is the class's."""

    written = 0
    """Bytes."""

    def write(self, data: str) -> None:
        MeteredDriver.written += len(data.encode("utf-8", "replace"))
        super().write(data)
