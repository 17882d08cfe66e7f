"""`jobs`: shows, pauses, resumes and cancels jobs that resend or cancel many deliveries."""

from typing import TYPE_CHECKING, Annotated

import typer

from core.actor import actor
from core.cli.database import database_of, in_store, say_if_nobody_delivers
from core.cli.example import example
from core.cli.filter import whole_filter
from core.cli.listing import Limit, ListingGroup
from core.cli.output import AsJson, print_fields, print_json, print_line, print_table, say

if TYPE_CHECKING:
    from core.store import Store
    from core.store.filter import DeliveryFilter
    from core.store.jobs import Job

app = typer.Typer(
    cls=ListingGroup,
    help="Many deliveries resent or cancelled at once. Without a command: the list.",
    epilog=example("jobs"),
)


def add_to(commands: typer.Typer) -> None:
    commands.add_typer(app, name="jobs")


JobId = Annotated[str, typer.Argument(metavar="ID", help="Of a job; its last characters do.")]


@app.command("list", epilog=example("jobs list", "jobs list --json"))
def list_jobs(context: typer.Context, limit: Limit = 100, as_json: AsJson = False) -> None:
    """List the newest jobs, newest first."""
    from core.store import jobs

    found = in_store(context, lambda store: jobs.list_jobs(store, limit=limit))
    if as_json:
        for job in found:
            print_json(_fields(job))
        return
    print_table(
        ("ID", "State", "Kind", "Done", "Skipped", "Total", "Created", "By", "Deliveries"),
        (
            (
                each.id,
                each.state,
                each.kind,
                each.done,
                each.skipped,
                each.total,
                each.created_at,
                each.created_by,
                each.words,
            )
            for each in found
        ),
        empty="No jobs yet. hookkeeper deliveries resend --all-failed starts one, and so does deliveries cancel --all.",
    )


@app.command(epilog=example("jobs show 2w6c"))
def show(context: typer.Context, job_id: JobId, as_json: AsJson = False) -> None:
    """Show a job."""
    from core.store import jobs

    job = in_store(context, lambda store: jobs.load_job(store, job_id))
    if as_json:
        print_json(_fields(job))
        return
    print_fields(
        [
            ("ID", job.id),
            ("State", job.state),
            ("Kind", job.kind),
            ("Deliveries", job.words),
            ("Done", f"{job.done:,} of {job.total:,}"),
            ("Skipped", f"{job.skipped:,}"),
            ("Created", job.created_at),
            ("By", job.created_by),
            ("Changed", job.changed_at),
        ]
    )


@app.command(epilog=example("jobs pause 2w6c"))
def pause(context: typer.Context, job_id: JobId, as_json: AsJson = False) -> None:
    """Pause a job."""
    from core.store import jobs

    _tell(in_store(context, lambda store: jobs.pause(store, job_id, actor=actor())), as_json)


@app.command(epilog=example("jobs resume 2w6c"))
def resume(context: typer.Context, job_id: JobId, as_json: AsJson = False) -> None:
    """Resume a job."""
    from core.store import jobs

    _tell(in_store(context, lambda store: jobs.resume(store, job_id, actor=actor())), as_json)
    say_if_nobody_delivers(database_of(context))


@app.command(epilog=example("jobs cancel 2w6c"))
def cancel(context: typer.Context, job_id: JobId, as_json: AsJson = False) -> None:
    """Cancel a job. What it has done is not undone."""
    from core.store import jobs

    _tell(in_store(context, lambda store: jobs.stop(store, job_id, actor=actor())), as_json)


def _tell(job: "Job", as_json: bool) -> None:
    if as_json:
        print_json(_fields(job))
    else:
        say(f"{job.id} is {job.state}: {job.done:,} of {job.total:,} done.")


def _fields(job: "Job") -> dict[str, object]:
    # Unset fields of the filter are left out, and so is the job's position, which is internal to the store.
    return job.model_dump(mode="json", exclude={"filter", "position"}) | {
        "filter": job.filter.model_dump(mode="json", exclude_defaults=True, exclude={"up_to"})
    }


def start(
    context: typer.Context, kind: str, given: "DeliveryFilter", words: str, *, dry_run: bool, as_json: bool
) -> None:
    """Count the deliveries that options and words select, start a job for them, and print its ID.

    With `dry_run`, or if there are none, only report the count.
    """
    from core.store import history, jobs
    from core.store.jobs import JobKind

    async def work(store: "Store") -> "tuple[DeliveryFilter, int, Job | None]":
        chosen = await whole_filter(
            store, given, words, state_option="--all-failed" if kind == "resend" else "--state"
        )
        number = await history.count_deliveries(store, chosen)
        if dry_run or not number:
            return chosen, number, None
        return chosen, number, await jobs.start(store, JobKind(kind), chosen, actor=actor())

    chosen, number, job = in_store(context, work)
    noun = "delivery" if number == 1 else "deliveries"
    if job is None:
        if as_json:
            print_json({"count": number, "words": chosen.words()})
        elif dry_run:
            print_line(str(number))
        say(f"{number:,} {noun} would be {_done(kind)}: {chosen.words()}.")
        return
    if as_json:
        print_json(_fields(job))
    else:
        print_line(job.id)
    say(
        f"{job.total:,} {noun} will be {_done(kind)}: {job.words}. hookkeeper jobs show {job.id} tells how far."
    )
    say_if_nobody_delivers(database_of(context))


def _done(kind: str) -> str:
    return {"resend": "resent", "cancel": "cancelled"}[kind]
