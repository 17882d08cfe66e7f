"""The event types on the command line: their facts, their samples, and webhooks for each type."""

import json

import pytest

from core.catalog import EVENT_TYPES, accept
from tests.core.cli.conftest import Shell

URL = ("--url", "https://hooks.example/a")


def _add(shell: Shell, kind: str, *options: str) -> str:
    assert shell("webhooks", "add", "--type", kind, *URL, *options) == 0
    return shell.out.strip()


def _said(shell: Shell) -> list[str]:
    """Return the messages on stderr, without the one about a new database."""
    return [line for line in shell.err.splitlines() if not line.startswith("The database ")]


def _test(shell: Shell, *words: str) -> dict[str, object]:
    """Send a test event and return its stored body."""
    assert shell("webhooks", "test", *words) == 0
    (newest, *_) = shell.json("events", "list")
    (event,) = shell.json("events", "show", str(newest["id"]))
    body: dict[str, object] = json.loads(str(event["body"]))
    return body


def test_types_lists_the_catalogue(shell: Shell) -> None:
    """Sixteen types, with and without `list`; each says where it stands."""
    assert shell("types") == 0
    plain = shell.out
    assert shell("types", "list") == 0
    assert shell.out == plain
    standings = {line.split()[0]: line.split()[2] for line in plain.splitlines()[1:]}
    assert list(standings) == list(EVENT_TYPES)
    assert {standings.pop(name) for name in ("session-progress", "identity-enrolled")} == {"newer"}
    assert list(standings.values()) == ["current"] * 11 + ["deprecated"] * 3


def test_types_json_has_trigger_page_and_date(shell: Shell) -> None:
    """What a program needs of a type: when it is sent, where that is from, and every sample."""
    types = {str(each["type"]): each for each in shell.json("types")}
    face = types["face-authentication"]
    assert face["trigger"] == "Triggered when a face authentication either succeeds or fails."
    assert face["sources"] == [
        "Configuration: Webhooks Tab",
        "Face Authentication Webhook (Incode's developer pages)",
    ]
    assert face["read_on"] == "2026-11-26"
    assert face["statuses"] == ["PASS", "FAIL"]
    assert "SPOOF_DETECTED" in str(face["error_names"])
    assert types["authentication-1-1"]["sent_until"] == "2027-04-01"
    assert (types["session-progress"]["newer"], types["session-failed"]["newer"]) == (True, False)
    for name, each in types.items():
        samples = each["samples"]
        assert isinstance(samples, list)
        assert [sample["name"] for sample in samples] == [sample.name for sample in EVENT_TYPES[name].samples]
        for sample in samples:
            accept(name, sample["body"].encode())


def test_types_show(shell: Shell) -> None:
    """The same for a person."""
    assert shell("types", "show", "authentication-1-1") == 0
    lines = [line.split("  ")[0] + ": " + line.split("  ")[-1].strip() for line in shell.out.splitlines()]
    assert (
        "Standing: Deprecated. Incode supports it until 1 October 2026 and sends it until 1 April 2027."
        in lines
    )
    assert "Samples: PASS, FAIL" in lines
    assert "From: Configuration: Webhooks Tab; Incode's public documentation" in lines
    assert "Read on: 26 November 2026" in lines
    (shown,) = shell.json("types", "show", "session-progress")
    assert shown["standing"] == "newer"
    assert shown["standing_note"] == "Newer than the page of the Webhooks tab."


def test_the_facts_of_a_type_are_the_same_each_time(shell: Shell) -> None:
    """Only a requested sample gets a new session ID."""
    assert shell.json("types") == shell.json("types")
    words = ("types", "show", "session-failed", "--samples")
    assert shell.json(*words) != shell.json(*words)


def test_types_show_prints_samples(shell: Shell) -> None:
    """One as it would be sent, for a pipe; or all of them."""
    assert shell("types", "show", "face-authentication", "--sample", "fail") == 0
    assert accept("face-authentication", shell.out.encode()).status == "FAIL"
    bodies = [str(each["body"]) for each in shell.json("types", "show", "onboarding-status", "--samples")]
    assert len(bodies) == 10
    assert shell("types", "show", "onboarding-status", "--samples") == 0
    assert [line.split()[0] for line in shell.out.splitlines()[1:3]] == [
        "ONBOARDING_FINISHED",
        "ID_VALIDATION_FINISHED",
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("nothing",), 'There is no event type "nothing".'),
        (("work-history", "--sample", "x"), 'has no sample "x". Choose from example.'),
        (("work-history", "--sample", "example", "--json"), "leave --samples and --json out"),
    ],
)
def test_types_show_in_wrong_words(shell: Shell, words: tuple[str, ...], expected: str) -> None:
    """Each has its reason."""
    assert shell("types", "show", *words) == 2
    assert expected in shell.err
    assert shell.out == ""


def test_add_face_authentication_with_status_filter_fail(shell: Shell) -> None:
    """Only failures are delivered to it."""
    identity = _add(shell, "face-authentication", "--status-filter", "FAIL")
    assert _said(shell) == []
    (shown,) = shell.json("webhooks", "show", identity)
    assert shown["status_filter"] == ["FAIL"]
    for status, deliveries in {"PASS": 0, "FAIL": 1, "NEW": 0}.items():
        body = json.dumps({"interviewId": "i", "overallStatus": status})
        (emitted,) = shell.json("emit", "face-authentication", "--data", body)
        assert emitted["deliveries"] == deliveries


@pytest.mark.parametrize("kind", ["authentication-1-1", "authentication-1-n"])
def test_the_older_authentications_have_the_same_status(shell: Shell, kind: str) -> None:
    """PASS and FAIL stand in their bodies, too; a slip is told."""
    _add(shell, kind, "--deprecated", "--status-filter", "pass")
    assert "Did you mean PASS?" in shell.err


def test_emit_session_failed_with_event_type_session_succeeded(shell: Shell) -> None:
    """It is refused with the path, one at a time and in a batch, and nothing is stored."""
    _add(shell, "session-failed")
    assert shell("emit", "session-failed", "--data", '{"event_type": "SESSION_SUCCEEDED"}') == 1
    assert "$.event_type names the type session-succeeded" in shell.err
    assert shell("emit", "session-failed", "--data", '{"eventType": "Session Succeeded"}') == 1
    assert "$.eventType names the type session-succeeded" in shell.err
    assert shell.json("events", "list") == []
    for said in ("SESSION_FAILED", "Session Failed", "session_failed"):
        assert shell("emit", "session-failed", "--data", json.dumps({"event_type": said})) == 0


def test_webhooks_test_twice_for_one_webhook(shell: Shell) -> None:
    """The two test events have different session IDs."""
    identity = _add(shell, "session-failed")
    first, second = (_test(shell, identity)["interviewId"] for _ in range(2))
    assert first != second
    assert len(str(first)) == 24


@pytest.mark.parametrize(
    ("kind", "name", "field", "value"),
    [
        ("face-authentication", "FAIL", "overallStatus", "FAIL"),
        ("face-authentication", "pass", "overallStatus", "PASS"),
        ("onboarding-status", "EXPIRED", "onboardingStatus", "EXPIRED"),
        ("session-succeeded", "eventType", "eventType", "SESSION_SUCCEEDED"),
        ("session-succeeded", "wording", "event_type", "Session Succeeded"),
        ("session-progress", "status", "status", "SESSION_PROGRESS"),
    ],
)
def test_webhooks_test_sample(shell: Shell, kind: str, name: str, field: str, value: str) -> None:
    """The sample of this name is sent."""
    assert _test(shell, _add(shell, kind), "--sample", name)[field] == value


def test_webhooks_test_of_a_wrong_sample(shell: Shell) -> None:
    """The names are said; a body beside a sample is refused."""
    identity = _add(shell, "face-authentication")
    assert shell("webhooks", "test", identity, "--sample", "MAYBE") == 2
    assert 'face-authentication has no sample "MAYBE". Choose from PASS, FAIL.' in shell.err
    assert shell("webhooks", "test", identity, "--sample", "PASS", "--data", "{}") == 2
    assert "--sample: leave it out where --data gives the body." in shell.err
    assert shell.json("events", "list") == []


@pytest.mark.parametrize("kind", ["session-progress", "identity-enrolled"])
def test_add_session_progress_and_identity_enrolled(shell: Shell, kind: str) -> None:
    """They work as the other session webhooks do, and it is said that they are newer."""
    _add(shell, kind, "--in-order")
    assert _said(shell) == [f"{kind}: Newer than the page of the Webhooks tab."]
    (emitted,) = shell.json("emit", kind, "--data", '{"interviewId": "i", "event_type": "WHATEVER_IT_IS"}')
    assert emitted["deliveries"] == 1


@pytest.mark.parametrize(
    "kind", ["onboarding-status", "ine-scraping", "face-authentication", "session-failed"]
)
def test_an_event_with_external_customer_id_only(shell: Shell, kind: str) -> None:
    """It stands as the External ID, and deliveries are found by it."""
    _add(shell, kind, "--deprecated")
    body = json.loads(EVENT_TYPES[kind].sample)
    body.pop("externalId", None)
    body["externalCustomerId"] = "customer-2002"
    (emitted,) = shell.json("emit", kind, "--data", json.dumps(body))
    assert shell("events", "show", str(emitted["id"])) == 0
    assert any(line.split() == ["External", "ID", "customer-2002"] for line in shell.out.splitlines())
    assert len(shell.json("deliveries", "list", "customer-2002")) == 1
    assert shell.json("deliveries", "list", "customer-3003") == []


@pytest.mark.parametrize("kind", ["ine-scraping", "authentication-1-1", "authentication-1-n"])
def test_add_a_deprecated_type(shell: Shell, kind: str) -> None:
    """Without the flag it is refused in words that name it; with the flag it is said until when it is sent."""
    assert shell("webhooks", "add", "--type", kind, *URL) == 2
    assert shell.err == f"--type: {kind} is deprecated. If it is meant, add --deprecated.\n"
    identity = _add(shell, kind, "--deprecated")
    assert _said(shell) == [f"{kind}: {EVENT_TYPES[kind].standing}"]
    assert shell("webhooks", "show", identity) == 0
    assert EVENT_TYPES[kind].standing in shell.out
    (shown,) = shell.json("webhooks", "show", identity)
    assert shown["standing"] == EVENT_TYPES[kind].standing


def test_add_with_deprecated_takes_current_types_as_well(shell: Shell) -> None:
    """A script may always use the flag."""
    _add(shell, "session-failed", "--deprecated")
    assert _said(shell) == []
