"""The auditor finds notifications that reach the wrong user. Each test plants one violation."""

from tests.auditor.clean_run import B3, C5, ana, id_at, with_client_entries, with_stored
from tests.auditor.facts import StoredNotification
from tests.auditor.judge import judge
from tests.auditor.verdict import Kind


def test_an_id_that_nobody_created_is_found() -> None:
    assert judge(with_client_entries(ana("received", id_at(8)))).kinds == {Kind.CREATED_BY_NOBODY}
    assert judge(with_client_entries(ana("acked", id_at(8)))).kinds == {Kind.CREATED_BY_NOBODY}


def test_notification_of_another_user_is_found() -> None:
    verdict = judge(with_client_entries(ana("received", C5), ana("acked", C5)))
    assert verdict.kinds == {Kind.FOREIGN_NOTIFICATION}
    assert "carla" in verdict.findings[0].explanation


def test_sources_that_name_different_users_are_found() -> None:
    assert judge(with_stored(StoredNotification(B3, "ana"))).kinds == {Kind.USERS_DIFFER}
