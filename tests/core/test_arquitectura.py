"""The house's rules that can be read in its imports and literals."""
import ast
from pathlib import Path

import pytest

ADDON = Path(__file__).resolve().parents[2] / 'l10n_mx_cfdi40'
#: What each room may import of the others.
PERMITIDO = {'cfdi': {'cfdi'}, 'pac': {'pac', 'cfdi'}, 'sat': {'sat', 'cfdi'},
             'models': {'models', 'cfdi', 'pac', 'sat'}}
CUARTOS = {'cfdi', 'pac', 'sat', 'models', 'wizards', 'report', 'controllers', 'views', 'tests'}
RED = {'requests', 'zeep', 'urllib', 'urllib3', 'http', 'httpx', 'socket', 'aiohttp', 'ftplib', 'smtplib', 'ssl'}
ARCHIVOS = sorted(ruta for ruta in ADDON.rglob('*.py') if 'tests' not in ruta.relative_to(ADDON).parts)


def importados(arbol, ruta):
    """Absolute dotted names of what a file imports; relative ones as ``l10n_mx_cfdi40...``."""
    paquete = ['l10n_mx_cfdi40', *ruta.relative_to(ADDON).parts[:-1]]
    for nodo in ast.walk(arbol):
        if isinstance(nodo, ast.Import):
            yield from (alias.name for alias in nodo.names)
        elif isinstance(nodo, ast.ImportFrom):
            base = paquete[:len(paquete) - nodo.level + 1] if nodo.level else []
            nombre = '.'.join([*base, *(nodo.module or '').split('.')]).strip('.')
            yield nombre
            yield from (f'{nombre}.{alias.name}' for alias in nodo.names)


def faltas(fuente, ruta):
    """What a file does against the rules, as sentences."""
    arbol = ast.parse(fuente)
    cuarto = ruta.relative_to(ADDON).parts[0]
    for nombre in importados(arbol, ruta):
        partes = nombre.split('.')
        if partes[:2] == ['odoo', 'addons']:
            partes = partes[2:]
        if partes[0] == 'l10n_mx_cfdi40' and len(partes) > 1:
            if partes[1] in CUARTOS and partes[1] not in PERMITIDO.get(cuarto, CUARTOS):
                yield f'{cuarto} imports {nombre}'
        elif partes[0] == 'odoo' and cuarto in ('cfdi', 'pac', 'sat'):
            yield f'{cuarto} imports Odoo'
        elif partes[0] in RED and cuarto not in ('pac', 'sat'):
            yield f'{cuarto} imports {nombre}'
    if cuarto != 'cfdi':
        return
    for nodo in ast.walk(arbol):
        if isinstance(nodo, ast.Constant) and isinstance(nodo.value, float):
            yield f'line {nodo.lineno}: a float literal'
        elif isinstance(nodo, ast.Call) and getattr(nodo.func, 'id', None) in ('float', 'exec', 'eval'):
            yield f'line {nodo.lineno}: {nodo.func.id}()'


@pytest.mark.parametrize('ruta', ARCHIVOS, ids=lambda ruta: str(ruta.relative_to(ADDON)))
def test_rules_of_the_house(ruta):
    assert list(faltas(ruta.read_text(encoding='utf-8'), ruta)) == []


@pytest.mark.parametrize(('archivo', 'fuente'), [
    ('cfdi/x.py', 'from ..pac import base'), ('cfdi/rules/x.py', 'from ...models import x'),
    ('cfdi/x.py', 'from odoo import models'), ('cfdi/x.py', 'import requests'),
    ('cfdi/x.py', 'from urllib import request'), ('cfdi/x.py', 'x = 1.5'), ('cfdi/x.py', 'float(1)'),
    ('pac/x.py', 'from ..models import x'), ('pac/x.py', 'import odoo'),
    ('sat/x.py', 'from ..pac import x'), ('models/x.py', 'from ..wizards import x'), ('models/x.py', 'import socket'),
    ('models/x.py', 'from odoo.addons.l10n_mx_cfdi40.wizards import x'), ('cfdi/x.py', 'from .. import pac'),
    ('wizards/x.py', 'import zeep'), ('models/x.py', 'def f():\n    import requests.sessions'),
])
def test_a_fault_is_seen(archivo, fuente):
    assert list(faltas(fuente, ADDON / archivo))


@pytest.mark.parametrize(('archivo', 'fuente'), [
    ('pac/x.py', 'import requests\nfrom ..cfdi import parse'), ('cfdi/rules/x.py', 'from .. import amounts'),
    ('models/x.py', 'from odoo import fields\nfrom ..pac import registry'), ('wizards/x.py', 'from ..cfdi import csd'),
])
def test_what_is_right_is_let_be(archivo, fuente):
    assert list(faltas(fuente, ADDON / archivo)) == []


def test_there_are_files_in_each_room():
    assert {ruta.relative_to(ADDON).parts[0] for ruta in ARCHIVOS} >= {'cfdi', 'pac', 'models', 'wizards'}
