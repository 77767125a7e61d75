"""The commands, as a person types them."""
import json
from dataclasses import replace

import pytest
from apoyo import PASSWORD, csd, par
from estrategias import ejemplo

from l10n_mx_cfdi40.cfdi import build, cli, parse, seal

PASADO = 'Comprobante/@Total'


@pytest.fixture
def carpeta(tmp_path):
    cer, key = par()
    for nombre, contenido in (('a.cer', cer), ('a.key', key), ('bueno.xml', seal.sellar(ejemplo(), csd()).xml),
                              ('sin.xml', build.construir(ejemplo())), ('malo.xml', b'<a>'), ('texto.xml', b'\xff\xfe'),
                              ('otro.xml', b'<a/>')):
        (tmp_path / nombre).write_bytes(contenido)
    return tmp_path


def test_cadena(carpeta, capsys):
    assert cli.main(['cadena', str(carpeta / 'bueno.xml')]) == 0
    assert capsys.readouterr().out.strip() == seal.sellar(ejemplo(), csd()).cadena


def test_seal(carpeta, capsys):
    salida = carpeta / 'sellado.xml'
    argumentos = ['seal', '--cer', str(carpeta / 'a.cer'), '--key', str(carpeta / 'a.key'), str(carpeta / 'sin.xml'),
                  '-o', str(salida)]
    assert cli.main([*argumentos, '--password', PASSWORD]) == 0
    assert salida.read_bytes() == (carpeta / 'bueno.xml').read_bytes()
    assert cli.main([*argumentos, '--password', 'otra']) == 1
    assert 'contraseña' in capsys.readouterr().err


def test_verify(carpeta, capsys):
    roto = carpeta / 'roto.xml'
    roto.write_bytes((carpeta / 'bueno.xml').read_bytes().replace(b'Programa', b'Programas'))
    assert cli.main(['verify', str(carpeta / 'bueno.xml')]) == 0
    assert 'sello correcto' in capsys.readouterr().out
    assert cli.main(['verify', str(roto), str(carpeta / 'bueno.xml')]) == 1
    salida = capsys.readouterr().out
    assert 'roto.xml: sello_invalido: El sello no corresponde' in salida
    assert 'bueno.xml: sello correcto' in salida


def renglones(capsys):
    return [json.loads(renglon) for renglon in capsys.readouterr().out.splitlines()]


def test_check(carpeta, capsys):
    uno = ejemplo()
    (carpeta / 'mal_total.xml').write_bytes(build.construir(replace(uno, total=uno.total + 1)))
    archivos = [str(carpeta / nombre) for nombre in ('sin.xml', 'mal_total.xml')]
    assert cli.main(['check', '--skip', 'seal,time', *archivos]) == 1
    bueno, malo = renglones(capsys)
    assert bueno == {'file': archivos[0], 'findings': []}
    assert [(h['code'], h['path'], h['severity']) for h in malo['findings']] == [
        ('CFDI40119', 'Comprobante/@Total', 'error')]
    assert all(h['message'].strip() for h in malo['findings'])
    assert cli.main(['check', '--skip', 'seal,time', archivos[0]]) == 0
    capsys.readouterr()
    assert cli.main(['check', archivos[0]]) == 1
    assert {h['code'] for h in renglones(capsys)[0]['findings']} >= {'401'}


def test_check_of_what_is_no_document(carpeta, capsys):
    nombres = ['malo.xml', 'texto.xml', 'otro.xml', 'no_existe.xml', '.']
    assert cli.main(['check', *(str(carpeta / nombre) for nombre in nombres)]) == 1
    todos = renglones(capsys)
    assert [[h['code'] for h in uno['findings']] for uno in todos] == [['301'], ['301'], ['301'], ['archivo'],
                                                                     ['archivo']]
    assert all(h['severity'] == 'error' and h['message'].endswith('.') for uno in todos for h in uno['findings'])


@pytest.mark.parametrize('orden', ['cadena', 'verify', 'show'])
def test_a_file_that_cannot_be_read_is_named_and_the_rest_go_on(orden, carpeta, capsys):
    archivos = [str(carpeta / nombre) for nombre in ('malo.xml', 'no_existe.xml', 'bueno.xml')]
    assert cli.main([orden, *archivos]) == 1
    leido = capsys.readouterr()
    assert archivos[0] in leido.err
    assert archivos[1] in leido.err
    assert leido.out


def test_show(carpeta, capsys):
    assert cli.main(['show', str(carpeta / 'bueno.xml')]) == 0
    salida = capsys.readouterr().out
    for texto in ('EKU9003173C9', 'URE180429TM6', '116.00 MXN', 'CIENTO DIECISÉIS PESOS 00/100 M.N.', 'Sin timbre'):
        assert texto in salida


def test_a_wrong_command():
    for argumentos in ([], ['nada'], ['check']):
        with pytest.raises(SystemExit) as error:
            cli.main(argumentos)
        assert error.value.code == 2
    assert cli.main(['check', '--skip', 'otra', 'x.xml']) == 2


def test_what_is_shown_of_an_empty_document():
    vacio = parse.leer(b'<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/4"/>')
    assert 'Sin sello' in cli.resumen(vacio)
