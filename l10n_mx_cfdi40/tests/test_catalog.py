from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import SQL

from ..cfdi.catalogos import ArchivoCatalogos, Entrada
from ..models import catalog_loader

PRODUCTS = [("catalog", "=", "c_ClaveProdServ")]
TODAY = date(2026, 8, 15)


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCatalog(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Catalog = cls.env["l10n_mx_cfdi40.catalog"]

    def entry(self, catalog, code):
        return self.Catalog.search([("catalog", "=", catalog), ("code", "=", code)])

    def names(self, typed, domain=None, limit=8, **context):
        found = self.Catalog.with_context(**context).name_search(typed, domain or PRODUCTS, limit=limit)
        return [name for _id, name in found]

    # -- what was loaded

    def test_all_shipped_keys_are_in_the_database(self):
        shipped = {name: one.filas for name, one in ArchivoCatalogos().indice().items()}
        loaded = dict(self.Catalog._read_group([], ["catalog"], ["__count"]))
        self.assertEqual(loaded, shipped)

    def test_keys_have_no_xmlid(self):
        self.assertFalse(self.env["ir.model.data"].search([("model", "=", "l10n_mx_cfdi40.catalog")], limit=1))

    def test_a_row_says_what_the_file_says(self):
        archive = ArchivoCatalogos()
        for catalog, code in (("c_UsoCFDI", "G02"), ("c_FormaPago", "99"), ("c_CodigoPostal", "32000")):
            found = self.Catalog._lookup({catalog: {code}}, TODAY)[catalog][code]
            expected = archive.buscar(catalog, [code], TODAY)[code]
            self.assertEqual(
                (found.nombre, found.desde, found.hasta, dict(found.datos)),
                (expected.nombre, expected.desde, expected.hasta, dict(expected.datos)),
            )

    def test_display_name(self):
        self.assertEqual(self.entry("c_FormaPago", "03").display_name, "03 Transferencia electrónica de fondos")

    # -- lookup

    def test_lookup_of_all_catalogs_is_one_query(self):
        keys = {
            "c_UsoCFDI": set(),
            "c_ClaveProdServ": {"84111506", "31161500", "99999999"},
            "c_CodigoPostal": {"22000"},
            "c_TasaOCuota": set(),
            "c_Meses": {"19"},
            "c_Inventado": {"1"},
        }
        self.env.flush_all()
        with self.assertQueryCount(1):
            found = self.Catalog._lookup(keys, TODAY)
        self.assertEqual(set(found), set(keys))
        self.assertEqual(len(found["c_UsoCFDI"]), 24)
        self.assertEqual(set(found["c_ClaveProdServ"]), {"84111506", "31161500"})
        self.assertEqual(found["c_CodigoPostal"]["22000"].datos["zona"], "America/Tijuana")
        self.assertEqual(found["c_Meses"], {})
        self.assertIsNone(found["c_Inventado"])

    def test_lookup_goes_by_the_date_of_the_document(self):
        before = self.Catalog._lookup({"c_ObjetoImp": {"06"}}, date(2024, 12, 12))
        after = self.Catalog._lookup({"c_ObjetoImp": {"06"}}, date(2024, 12, 13))
        self.assertEqual((list(before["c_ObjetoImp"]), list(after["c_ObjetoImp"])), ([], ["06"]))

    def test_lookup_of_nothing_asks_nothing(self):
        with self.assertQueryCount(0):
            self.assertEqual(self.Catalog._lookup({}, TODAY), {})

    def test_zone_of_a_zip(self):
        zones = {
            "32000": "America/Ciudad_Juarez",
            "22000": "America/Tijuana",
            "77500": "America/Cancun",
            "63732": "America/Mexico_City",
            "83000": "America/Hermosillo",
            "31000": "America/Mexico_City",
            "nada": "America/Mexico_City",
        }
        self.assertEqual({code: self.Catalog._zone(code) for code in zones}, zones)

    # -- search

    def test_words_without_accents_find_the_key(self):
        for typed in ("facturacion", "FACTURACIÓN", "servicios facturacion", "facturacion servicios"):
            self.assertEqual(self.names(typed)[0], "84111506 Servicios de facturación", typed)

    def test_digits_find_the_key(self):
        self.assertEqual(self.names("31161500"), ["31161500 Tornillos"])
        self.assertEqual(self.names("3116", limit=2), ["31161500 Tornillos", "31161501 Tornillos de perno"])

    def test_display_name_finds_the_key(self):
        self.assertEqual(self.names("84111506 Servicios de facturación"), ["84111506 Servicios de facturación"])

    def test_exact_name_comes_first(self):
        self.assertEqual(self.names("agua")[0], "50202301 Agua")
        self.assertEqual(self.names("pieza", [("catalog", "=", "c_ClaveUnidad")])[0], "H87 Pieza")

    def test_exact_key_comes_before_names(self):
        units = [("catalog", "=", "c_ClaveUnidad")]
        self.assertEqual(self.names("kgm", units)[0], "KGM Kilogramo")
        self.assertEqual(self.names("kg", units)[0], "KGM Kilogramo")

    def test_similar_words_of_the_sat_find_the_key(self):
        self.assertIn("01010101 No existe en el catálogo", self.names("publico en general"))

    def test_other_number_or_gender_finds_the_key(self):
        self.assertEqual(self.names("facturaciones")[0], "84111506 Servicios de facturación")
        self.assertEqual(self.names("tornilla de ojos"), ["31161522 Tornillo de ojo"])

    def test_a_mistyped_word_finds_the_key(self):
        self.assertIn("84111506 Servicios de facturación", self.names("facturasion"))
        self.assertEqual(self.names("xqzwk"), [])

    def test_punctuation_means_nothing(self):
        self.assertEqual(self.names("8411150_"), self.names("8411150"))
        self.assertEqual(self.names("%facturación, (servicios)")[0], "84111506 Servicios de facturación")

    def test_search_stays_in_its_catalog(self):
        self.assertEqual(self.names("general", [("catalog", "=", "c_RegimenFiscal")]),
                         ["601 General de Ley Personas Morales"])

    def test_picker_leaves_out_keys_that_ended(self):
        self.assertEqual(self.names("15101506"), [])
        self.assertEqual(self.names("15101506", l10n_mx_cfdi40_on="2020-01-15"), ["15101506 Gasolina"])
        self.assertEqual(len(self.names("15101506", l10n_mx_cfdi40_all_dates=True)), 1)

    def test_empty_search_lists_the_first_keys_in_force(self):
        self.assertEqual([name[:3] for name in self.names("", [("catalog", "=", "c_RegimenFiscal")], limit=3)],
                         ["601", "603", "605"])

    def test_search_by_display_name_in_a_domain(self):
        found = self.Catalog.search([("catalog", "=", "c_ClaveProdServ"), ("display_name", "ilike", "facturacion")])
        self.assertIn("84111506", found.mapped("code"))
        self.assertEqual(self.Catalog.search([*PRODUCTS, ("display_name", "ilike", "84111506")]).code, "84111506")
        others = self.Catalog.search_count([*PRODUCTS, ("display_name", "not ilike", "facturacion")])
        self.assertEqual(others + len(found), self.Catalog.search_count(PRODUCTS))

    def test_in_force_can_be_searched(self):
        ended = self.Catalog.search([*PRODUCTS, ("in_force", "=", False)])
        self.assertEqual(ended.mapped("code"), ["15101506"])
        self.assertFalse(ended.in_force)

    def test_word_search_uses_the_trigram_index(self):
        query = self.Catalog._search([*PRODUCTS, ("search_text", "like", "facturacion")])
        rows = self.env.execute_query(SQL("EXPLAIN %s", query.select()))
        self.assertIn(catalog_loader.TRIGRAM_INDEX, "\n".join(row[0] for row in rows))

    # -- loading again

    def load(self, entries):
        return self.Catalog._merge(iter(entries), source="prueba")

    def test_a_changed_key_keeps_its_id_and_its_past(self):
        use = self.entry("c_UsoCFDI", "G03")
        before = (use.id, use.name, dict(use.data))
        changed = Entrada(clave="G03", nombre="Gastos", desde=use.date_from, hasta=date(2030, 1, 1),
                          datos={**use.data, "moral": False})
        self.assertEqual(self.load([("c_UsoCFDI", changed)]), {"added": 0, "changed": 1})
        use = self.entry("c_UsoCFDI", "G03")
        self.assertEqual((use.id, use.name, use.date_to), (before[0], "Gastos", date(2030, 1, 1)))
        self.assertFalse(use.data["moral"])
        self.assertEqual((use.history_ids.name, use.history_ids.data, use.history_ids.date_to), (*before[1:], False))
        self.assertEqual(use.history_ids.source, "prueba")
        self.assertIn("G03 Gastos", self.names("gastos", [("catalog", "=", "c_UsoCFDI")]))
        # A second change adds to the past, it does not replace it.
        self.load([("c_UsoCFDI", Entrada(clave="G03", nombre="Gastos generales", datos=changed.datos))])
        self.assertEqual(use.history_ids.mapped("name"), ["Gastos", before[1]])

    def test_an_unchanged_key_is_not_touched(self):
        archive = ArchivoCatalogos()
        self.env.cr.execute("SELECT code, xmin::text FROM l10n_mx_cfdi40_catalog WHERE catalog = 'c_Moneda'")
        before = self.env.cr.fetchall()
        self.assertEqual(self.load(("c_Moneda", one) for one in archive.todas("c_Moneda")), {"added": 0, "changed": 0})
        self.env.cr.execute("SELECT code, xmin::text FROM l10n_mx_cfdi40_catalog WHERE catalog = 'c_Moneda'")
        self.assertEqual(sorted(self.env.cr.fetchall()), sorted(before))
        self.assertFalse(self.env["l10n_mx_cfdi40.catalog.history"].search([("entry_id.catalog", "=", "c_Moneda")]))

    def test_a_new_key_is_added_with_awkward_text(self):
        name = "Acento\tñ \\ y\nsalto"
        added = Entrada(clave="A\\1", nombre=name, datos={"nota": name})
        self.assertEqual(self.load([("c_Prueba", added)]), {"added": 1, "changed": 0})
        entry = self.entry("c_Prueba", "A\\1")
        self.assertEqual((entry.name, entry.data), (name, {"nota": name}))

    def test_keys_that_the_new_data_lacks_stay(self):
        self.load([("c_TipoFactor", Entrada(clave="Tasa", nombre="Tasa"))])
        self.assertEqual(self.Catalog.search_count([("catalog", "=", "c_TipoFactor")]), 3)

    def test_upgrade_without_news_reads_only_the_index(self):
        with patch.object(ArchivoCatalogos, "todas", side_effect=AssertionError("a file was read")):
            self.Catalog._load_shipped()

    def test_upgrade_loads_what_is_new_and_mends_nothing_else(self):
        currency = self.entry("c_Moneda", "MXN")
        self.load([("c_Moneda", Entrada(clave="MXN", nombre="Otro", datos={"decimales": 0}))])
        summary = ArchivoCatalogos().indice()["c_Moneda"]
        self.Catalog._remember_loaded({"c_Moneda": (summary.version, "another digest")})
        self.Catalog._load_shipped()
        self.assertEqual((self.entry("c_Moneda", "MXN").id, currency.name, currency.data["decimales"]),
                         (currency.id, "Peso Mexicano", 2))

    def test_upgrade_does_not_undo_newer_data(self):
        self.load([("c_Moneda", Entrada(clave="MXN", nombre="Del libro nuevo", datos={"decimales": 2}))])
        self.Catalog._remember_loaded({"c_Moneda": (date(2099, 1, 1), "digest of the workbook")})
        self.Catalog._load_shipped()
        self.assertEqual(self.entry("c_Moneda", "MXN").name, "Del libro nuevo")

    # -- access

    def test_internal_users_read_and_nobody_writes(self):
        clerk = new_test_user(self.env, login="capturista", groups="base.group_user")
        manager = new_test_user(self.env, login="jefa", groups="account.group_account_manager")
        for user in (clerk, manager):
            entry = self.entry("c_FormaPago", "03").with_user(user)
            self.assertEqual(entry.name, "Transferencia electrónica de fondos")
            self.assertTrue(entry.name_search("transferencia", [("catalog", "=", "c_FormaPago")]))
            for attempt in (
                lambda entry=entry: entry.write({"name": "Otra"}),
                lambda entry=entry: entry.unlink(),
                lambda entry=entry: entry.create({"catalog": "c_FormaPago", "code": "77", "name": "Trueque"}),
            ):
                with self.assertRaises(AccessError):
                    attempt()

    # -- units of measure

    def test_odoo_units_have_their_key(self):
        kilogram = self.env.ref("uom.product_uom_kgm")
        self.assertEqual(kilogram.l10n_mx_cfdi40_clave_unidad_id.display_name, "KGM Kilogramo")
        self.assertEqual(self.env.ref("uom.product_uom_unit").l10n_mx_cfdi40_clave_unidad_id.code, "H87")

    def test_a_chosen_key_of_a_unit_stays(self):
        unit = self.env.ref("uom.product_uom_unit")
        unit.l10n_mx_cfdi40_clave_unidad_id = self.entry("c_ClaveUnidad", "EA")
        self.env["uom.uom"]._l10n_mx_cfdi40_set_known_keys()
        self.assertEqual(unit.l10n_mx_cfdi40_clave_unidad_id.code, "EA")
