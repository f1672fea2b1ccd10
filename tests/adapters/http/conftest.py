"""One server for all tests of a file; between tests its connections are closed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ngair.adapters.http.app import local_api
from ngair.api.publisher import Publisher
from tests.adapters.http.serving import Serving, serving
from tests.api.houses import site

BIG_PAGE = b"x" * 500_000


@pytest.fixture(name="served", scope="module")
def _served() -> Iterator[Serving]:
    """The server as it is, for tests that draw many examples."""
    publisher = Publisher()
    publisher.refresh(site(), 10.0, 1e9)
    publisher.put("/big", BIG_PAGE, "text/plain", 1e9)
    with serving(local_api(publisher)) as server:
        yield server


@pytest.fixture(name="server")
def _server(served: Serving) -> Iterator[Serving]:
    """The server, without connections of the test before."""
    yield served
    served.hang_up()
