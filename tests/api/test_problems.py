"""Errors as problem details (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
import pytest

from ngair.api.problems import problem


@pytest.mark.parametrize("status", [400, 403, 404, 405, 408, 413, 421, 431])
def test_an_error_tells_status_title_and_remedy(status: int) -> None:
    assert msgspec.json.decode(problem(status, "do this")) == {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": "do this",
    }


def test_what_a_client_sent_is_quoted_as_text() -> None:
    assert msgspec.json.decode(problem(400, '"</script>\x00\xff'))["detail"] == '"</script>\x00\xff'
