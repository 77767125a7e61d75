"""Invoices that are corrected and replaced, paid ones too, up to the SAT's last answer."""
from ..cfdi import parse
from .cancel_common import CancelCommon


class SubstitutionCommon(CancelCommon):
    def replace(self, move, **vals):
        """Correct and replace, as the biller does it: change the copy, confirm it and stamp it.

        :return: the new invoice
        """
        draft = move._l10n_mx_cfdi40_correct()
        draft.write(vals)
        draft.action_post()
        self.stamp(draft)
        return draft

    def paid(self, *amounts, **vals):
        """A stamped PPD invoice of 5,800 with a payment for each amount, and their complements.

        :return: (invoice, payments, complements)
        """
        move = self.ppd(5000, **vals)
        payments, documents = [], []
        for amount in amounts:
            payments.append(self.register(move, amount))
            documents.append(self.complement(payments[-1])[0])
        return move, payments, documents

    def accept(self, document):
        """The customer accepts, and the SAT is asked; what waited for it goes on."""
        self.pac.accept(document.uuid)
        self.ask_sat(document)
        self.run_cancellations()

    def reject(self, document):
        self.pac.reject(document.uuid)
        self.ask_sat(document)
        self.run_cancellations()

    def successor(self, document):
        """The document in whose favour this one was replaced."""
        [other] = document.replacement_ids
        return other

    def related(self, document):
        """[(TipoRelacion, UUID)] of the stamped XML."""
        comprobante = parse.leer(document._stamped_bytes())
        return [(str(row.tipo_relacion), uuid) for row in comprobante.cfdi_relacionados for uuid in row.uuids]

    def steps(self, move):
        """States of the plan, in order."""
        move.invalidate_recordset()
        return [step.state for step in move._l10n_mx_cfdi40_plan()]

    def live(self, move):
        """[(instalment, paid, remaining)] of the complements that count for this invoice."""
        return [(row.num_parcialidad, row.pagado, row.saldo_insoluto)
                for row in move.sudo().l10n_mx_cfdi40_instalment_ids.filtered("live").sorted("num_parcialidad")]

    def assertReplaced(self, old, new):
        """Nothing is left to do: the SAT has cancelled the old one, once, in exchange for the new one."""
        document = self.document(old)
        self.assertEqual((document.state, old.state, old.payment_state), ("cancelled", "cancel", "not_paid"))
        self.assertEqual(document.cancellation_id.motivo, "01")
        self.assertEqual(document.cancellation_id.substitute_uuid, self.document(new).uuid)
        self.assertEqual((new.state, new.l10n_mx_cfdi40_state), ("posted", "stamped"))
        self.assertFalse(document.is_substituted)
        self.assertEqual(set(self.steps(new)), {"done"}, new._l10n_mx_cfdi40_plan())
        self.assertAskedOnce()

    def assertAskedOnce(self):
        """The SAT has one request of each UUID at most."""
        uuids = [request.uuid for request in self.pac.requests()]
        self.assertEqual(sorted(uuids), sorted(set(uuids)))

    def assertBoardIsClean(self):
        """No payment waits for its complement, and none lacks its payment."""
        self.assertFalse(self.receipts.sudo().search([("state", "!=", "issued")]))
        self.assertFalse(self.env["mail.activity"].sudo().search([
            ("activity_type_id", "=", self.env.ref("l10n_mx_cfdi40.mail_activity_unbacked").id)]))
