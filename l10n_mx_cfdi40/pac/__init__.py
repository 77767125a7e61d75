"""The wire: what stamps a sealed document and what answers for it. Imports ``cfdi``, never ``odoo``.

``base`` says what every PAC answers, ``registry`` which PACs there are, ``codes`` what their codes mean in plain
Spanish (``cancel_codes``: those of a cancellation). Clients of real PACs go over ``transport``, which knows what a
failure proves. ``loopback`` is the embedded PAC for tests and demonstrations, over ``engine`` and its durable
``store``; ``sandbox`` serves the same engine over HTTP, in the protocols of the SAT and the PACs.
"""
