"""Fixtures of the tests that run real Odoo processes, outside test mode, on databases of their own."""

import itertools
import os

import pytest

from tools import cluster, paths, templates
from tools.odoo_process import OdooServer

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def addon_template():
    """Name of the database with the addon installed, made if it is not there."""
    cluster.ensure()
    return templates.addon()


@pytest.fixture
def make_database(addon_template):
    """Function that clones the template; the clones are dropped when the test is over."""
    made = []

    def make():
        name = f"process_{paths.short_hash(paths.ROOT, os.getpid())}_{next(_numbers)}"
        made.append(templates.clone(addon_template, name))
        return name

    yield make
    for name in made:
        templates.drop(name)


@pytest.fixture
def database(make_database):
    """A database with the addon, for this test alone."""
    return make_database()


@pytest.fixture
def make_server():
    """Function that starts an Odoo server; what is still running is killed when the test is over."""
    started = []

    def make(database, **options):
        server = OdooServer(database, **options)
        started.append(server)
        return server.start()

    yield make
    for server in started:
        server.kill()
