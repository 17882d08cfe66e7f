"""Bulk actions on all deliveries of a filter. The dispatcher carries them out as jobs, which every screen shows."""

from core.store import history, jobs
from core.store.filter import DeliveryFilter
from core.store.jobs import Job, JobKind, JobState
from tui.dialogs.bulk import BulkDialog
from tui.dialogs.menu import MenuDialog, MenuItem
from tui.screens.frame import Frame

_DOING = {JobKind.RESEND: "resending", JobKind.CANCEL: "cancelling"}
_DONE = {JobKind.RESEND: "resent", JobKind.CANCEL: "cancelled"}


async def unfinished(frame: Frame) -> Job | None:
    """Return the newest job that has not ended."""
    newest = await jobs.list_jobs(frame.store, limit=20)
    return next((job for job in newest if job.state in (JobState.RUNNING, JobState.PAUSED)), None)


def progress(job: Job) -> str:
    """Return the progress of a job for the message line."""
    of = f"{job.done + job.skipped:,} of {job.total:,}"
    if job.state is JobState.PAUSED:
        return f"paused: {_DONE[job.kind]} {of}   a Go on"
    return f"{_DOING[job.kind]} {of}   a Pause"


def ended(job: Job) -> str:
    """Return the result of an ended job for the message line."""
    rest = f", {job.skipped:,} were left as they are" if job.skipped else ""
    if job.state is JobState.CANCELLED:
        return f"! ended: {job.done:,} of {job.total:,} {_DONE[job.kind]}"
    return f"✓ {_DONE[job.kind]} {job.done:,} of {job.total:,}{rest}"


async def ask(frame: Frame, chosen: DeliveryFilter) -> None:
    """Ask what to do with all deliveries of the filter, or with the unfinished job. Must run in a worker."""
    job = await unfinished(frame)
    if job is not None:
        await _ask_about(frame, job)
        return
    items = [MenuItem("resend", "r", "Resend all…"), MenuItem("cancel", "c", "Cancel all…")]
    kind = await frame.app.push_screen_wait(MenuDialog(f"All: {chosen.words()}", items))
    if kind:
        await _start(frame, JobKind(kind), chosen)


async def _start(frame: Frame, kind: JobKind, chosen: DeliveryFilter) -> None:
    number = await history.count_deliveries(frame.store, chosen)
    if not number:
        frame.say(f"✗ There is nothing to {kind}: {chosen.words()}.")
        return
    if await frame.app.push_screen_wait(BulkDialog(kind, number, chosen.words())):
        frame.act(_begin(frame, kind, chosen))


async def _begin(frame: Frame, kind: JobKind, chosen: DeliveryFilter) -> str:
    job = await jobs.start(frame.store, kind, chosen, actor=frame.keeper.actor)
    if not frame.keeper.current.status.running:
        return "! Nobody delivers: it begins once somebody does."
    return f"✓ {_DOING[kind]} {job.total:,}: {job.words}"


async def _ask_about(frame: Frame, job: Job) -> None:
    running = job.state is JobState.RUNNING
    items = [
        MenuItem("pause", "p", "Pause") if running else MenuItem("resume", "p", "Go on"),
        MenuItem("stop", "e", f"End it: what is {_DONE[job.kind]} stays so"),
    ]
    title = f"{_DOING[job.kind].capitalize()}: {job.words}"
    answer = await frame.app.push_screen_wait(MenuDialog(title, items))
    if answer:
        frame.act(_change(frame, job, answer))


async def _change(frame: Frame, job: Job, answer: str) -> str:
    change = {"pause": jobs.pause, "resume": jobs.resume, "stop": jobs.stop}[answer]
    await change(frame.store, job.id, actor=frame.keeper.actor)
    return ""
