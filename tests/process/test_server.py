"""The ground that the other tests here stand on: a server that is started on a clone, answers, and dies when killed."""

import signal


def test_server_answers_and_dies(database, make_server):
    server = make_server(database)
    assert (
        server.call(
            "ir.module.module", "search_count", [[["name", "=", "l10n_mx_cfdi40"], ["state", "=", "installed"]]]
        )
        == 1
    )
    server.kill()
    assert server.process.returncode == -signal.SIGKILL
