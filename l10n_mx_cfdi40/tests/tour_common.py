"""What tours over invoices of today share. The clock is the real one: a browser throws away a session that ended long
ago."""
from datetime import datetime
from zoneinfo import ZoneInfo

from odoo.tests import HttpCase

from ..pac.engine import Engine
from .invoice_common import InvoiceCommon

ZONE = "America/Mexico_City"


class TourCommon(InvoiceCommon, HttpCase):
    """``self.today`` is the day of the users in the centre of Mexico, ``self.pac`` the engine behind the stamps."""

    # Desktop and phone take the same tours, which are written once.
    allow_inherited_tests_method = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = datetime.now(ZoneInfo(ZONE)).date()
        (cls.accountant + cls.biller).tz = ZONE
        cls.pac = Engine(cls.store)

    def tour(self, name, user):
        self.start_tour("/odoo/customer-invoices", name, login=user.login, timeout=240)
        self.env.invalidate_all()

    def posted(self, price, metodo="PUE", **vals):
        """An invoice of today, of the price plus IVA."""
        move = self.invoice(
            self.line(price, self.iva16), post=False, invoice_date=self.today, l10n_mx_cfdi40_metodo_pago=metodo,
            l10n_mx_cfdi40_uso_id=self.key("c_UsoCFDI", "G03").id, **vals).with_user(self.biller)
        if metodo == "PUE":
            move.l10n_mx_cfdi40_forma_pago_id = self.key("c_FormaPago", "03")
        move.action_post()
        return move

    def stamped(self, price, metodo="PUE", **vals):
        """The same, stamped."""
        move = self.posted(price, metodo, **vals)
        self.assertFalse(move._l10n_mx_cfdi40_stamp().errors)
        self.assertEqual(move.l10n_mx_cfdi40_state, "stamped")
        return move


class Desktop:
    """How large the browser of a tour's class is."""

    browser_size = "1366x900"


class Phone:
    """The same, with a finger instead of a mouse."""

    browser_size = "390x844"
    touch_enabled = True
