"""The SAT's own services. Imports ``cfdi``, never ``odoo``. ``consulta`` asks for the state of a CFDI."""
