"""The main job through the screens of a real server, where commits are commits: certificate, stamp, XML and PDF.

The browser chooses files from the disk and clicks as a person does. The PDFs are those of the real program, read by
programs that know nothing of ours: poppler for the text, zxing for the QR code.
"""

import io
import re
import subprocess
import tempfile
import zipfile
from pathlib import Path

import pytest
import requests
import zxingcpp
from PIL import Image

from l10n_mx_cfdi40.cfdi import parse, qr
from l10n_mx_cfdi40.pac.authority import Authority
from l10n_mx_cfdi40.pac.store import Store
from tests.process import stamping
from tools import odoo_env, sample_company
from tools.screenshot import Browser

LOGIN = "contadora"
GROUPS = ("account.group_account_manager", "base.group_partner_manager")
UNSTAMPED = "Sin timbrar: este documento no es un CFDI."
UUID = re.compile(r"[0-9A-F]{8}-(?:[0-9A-F]{4}-){3}[0-9A-F]{12}")


@pytest.fixture
def shop(database):
    """A company with a certificate and posted invoices, one of them long, and its accountant; nothing is stamped."""
    with odoo_env.environment(database) as env:
        customer, product = sample_company.prepare(env)
        moves = [sample_company.invoice(env, customer, *[product] * lines).id for lines in (1, 2, 3)]
        env.company.external_report_layout_id = env.ref("web.external_layout_standard")
        env.company.paperformat_id = env.ref("base.paperformat_us")
        env["res.users"].with_context(no_reset_password=True).create({
            "name": "Contadora", "login": LOGIN, "password": LOGIN, "lang": "es_MX",
            "group_ids": [(6, 0, [env.ref(name).id for name in GROUPS])]})
    shop = stamping.Shop(database, moves)
    yield shop
    shop.close()


def session_of(server):
    """A browser-like session of the accountant."""
    session = requests.Session()
    answer = session.post(f"{server.url}/web/session/authenticate", json={"params": {
        "db": server.database, "login": LOGIN, "password": LOGIN}}, timeout=60).json()
    assert answer["result"]["uid"]
    return session


def text_of(pdf):
    """Text of each page."""
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().rstrip("\f").split("\f")


def codes_of(pdf):
    """Text of the QR code of each page that has one, read from the page as a printer of 150 dpi shows it."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["pdftoppm", "-r", "150", "-png", "-", f"{folder}/page"], input=pdf, check=True)
        pages = sorted(Path(folder).iterdir())
        assert pages
        return [code.text for page in pages for code in zxingcpp.read_barcodes(Image.open(page).convert("L"))]


def stamp_and_read(shop):
    """Stamp all but the last invoice; their stamped documents by invoice."""
    for move in shop.moves[:-1]:
        shop.stamp(move)
    with shop.env() as env:
        moves = env["account.move"].browse(shop.moves[:-1])
        return {move.id: parse.leer(move.l10n_mx_cfdi40_document_id._stamped_bytes()) for move in moves}


def test_pdf(shop, make_server):
    with shop.env() as env:
        long = env["account.move"].browse(shop.moves[1])
        long.button_draft()
        long.write({"invoice_line_ids": [(0, 0, {
            "product_id": long.invoice_line_ids.product_id.id, "quantity": 1, "price_unit": number,
            "name": f"Tornillo número {number} " + "de acero inoxidable con tuerca " * 3}) for number in range(1, 61)]})
        long.action_post()
    stamped = stamp_and_read(shop)
    short, long = (stamped[move] for move in shop.moves[:2])
    server = make_server(shop.database)
    with shop.env() as env:
        env["ir.config_parameter"].set_param("report.url", server.url)
        env["res.partner"].search([("vat", "=", "URE180429TM6")]).name = "Nombre de después del timbre"
    session = session_of(server)

    def pdf(*moves):
        ids = ",".join(map(str, moves))
        answer = session.get(f"{server.url}/report/pdf/account.account_invoices/{ids}", timeout=120)
        assert answer.headers["Content-Type"] == "application/pdf"
        return answer.content

    one = pdf(shop.moves[0])
    pages = text_of(one)
    assert len(pages) == 1, "a short invoice is one page"
    assert short.timbre.uuid in pages[0]
    assert "UNIVERSIDAD ROBOTICA ESPAÑOLA" in pages[0]
    assert "Nombre de después" not in pages[0]
    flat = "".join(pages[0].split())
    assert short.timbre.sello_cfd in flat, "no letter of the seal is cut"
    assert short.timbre.sello_sat in flat
    assert codes_of(one) == [qr.expresion(short)]

    pages = text_of(pdf(shop.moves[1]))
    assert len(pages) > 2
    for number in range(1, 61):
        assert f"Tornillo número {number} " in "\n".join(pages)
    assert all("Valor unitario" in page for page in pages if "Tornillo número" in page), "each page has its heads"
    assert long.timbre.sello_sat in "".join(pages[-1].split()), "the seals stay together on the last page"

    several = pdf(*shop.moves)
    assert sorted(codes_of(several)) == sorted(map(qr.expresion, stamped.values()))
    assert UNSTAMPED in "\n".join(text_of(several))
    assert UNSTAMPED not in "\n".join(text_of(one))


def test_certificate_and_stamp(shop, make_server, tmp_path):
    """Renew the certificate from files on the disk, stamp, and download: the ledger and the PAC hold the same."""
    server = make_server(shop.database)
    with shop.env() as env:
        env["ir.config_parameter"].set_param("report.url", server.url)
        env["l10n_mx_cfdi40.certificate"].search([]).active = False
    files = Authority(Store(stamping.store_of(shop.database))).csd(
        "EKU9003173C9", "ESCUELA KEMPER URGATE SA DE CV", password="contraseña propia")
    for name, content in zip(("company.cer", "company.key"), files, strict=True):
        (tmp_path / name).write_bytes(content)
    with Browser() as page:
        page.login(server.url, LOGIN, LOGIN)
        page.open("/odoo/cfdi-certificates")
        page.click("text=Instalar")
        page.files(".modal [name=cer] input[type=file]", tmp_path / "company.cer")
        page.wait(".modal [name=rfc]")
        page.files(".modal [name=key] input[type=file]", tmp_path / "company.key")
        page.fill(".modal [name=password] input", "contraseña propia")
        page.key("Tab")
        page.wait(".modal [name=notice]")
        page.click(".modal button[name=action_install]")
        page.wait_gone(".modal")
        page.open(f"/odoo/customer-invoices/{shop.move}")
        page.click("button[name=action_l10n_mx_cfdi40_stamp]")
        page.click(".modal button[name=action_stamp]")
        page.wait(".modal [name=uuid]")
        page.settle()
        uuid = UUID.search(page.js("document.querySelector('.modal [name=uuid]').innerText"))[0]
        assert not page.messages
    shop.assert_once()
    session = session_of(server)
    with shop.env() as env:
        document = env["account.move"].browse(shop.move).l10n_mx_cfdi40_document_id
        assert document.uuid == uuid
        url, xml = document.action_download_stamped()["url"], document._stamped_bytes()
    assert session.get(server.url + url, timeout=60).content == xml
    answer = session.get(f"{server.url}/account/download_invoice_documents/{shop.move}/all", timeout=120)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = sorted(archive.namelist())
        assert [uuid in name for name in names] == [True, True]
        assert archive.read(names[1]) == xml
        assert uuid in "".join(text_of(archive.read(names[0])))
