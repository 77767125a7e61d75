/**
 * From a company without certificate to its first CFDI, as an accountant does it in the browser: on a desktop through
 * the menus, on a phone ("mobile" steps) through addresses, because the menus of a phone are another component.
 *
 * The Python side puts the .cer and .key files where `FILES` says, and checks afterwards what the server holds.
 */
import { showProductColumn } from "@account/js/tours/tour_utils";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import {
    FILES,
    FORM,
    UUID,
    check,
    choose,
    field,
    headerButton,
    menu,
    showButtons,
    type,
    visit,
} from "./tour_helpers";

const PASSWORD = "12345678a";
const SERIAL = /^\d{20}$/;

/** Choose a file of the server as if it lay on the accountant's disk. */
function chooseFile(name, file) {
    return [
        {
            content: `Choose ${file}`,
            trigger: `.modal .o_field_widget[name="${name}"]`,
            async run() {
                const response = await fetch(FILES + file);
                check(response.ok, `${file} is not there: ${response.status}`);
                const transfer = new DataTransfer();
                transfer.items.add(new File([await response.arrayBuffer()], file));
                const input = this.anchor.querySelector("input[type=file]");
                input.files = transfer.files;
                input.dispatchEvent(new Event("change", { bubbles: true }));
            },
        },
    ];
}

const save = [
    { trigger: `${FORM} .o_form_button_save`, run: "click" },
    { trigger: `${FORM} .o_form_saved, ${FORM}:not(:has(.o_form_button_save:visible))` },
];

const installCertificate = [
    ...menu("account.menu_finance_configuration", "l10n_mx_cfdi40.menu_certificate"),
    visit("/odoo/cfdi-certificates"),
    {
        content: "Open the wizard that installs a certificate",
        trigger: ".o_control_panel button:contains('Install'), .o_list_view button:contains('Install')",
        run: "click",
    },
    ...chooseFile("cer", "company.cer"),
    {
        content: "The certificate alone already tells whose it is",
        trigger: ".modal .o_field_widget[name=rfc]:contains('EKU9003173C9')",
    },
    ...chooseFile("key", "company.key"),
    ...type(".modal .o_field_widget[name=password] input", "not the password"),
    {
        content: "A wrong password is told at once",
        trigger: ".modal .o_field_widget[name=problem]:contains('contraseña')",
    },
    ...type(".modal .o_field_widget[name=password] input", PASSWORD),
    { trigger: ".modal .o_field_widget[name=notice]" },
    {
        trigger: ".modal .o_field_widget[name=name]:contains('ESCUELA KEMPER URGATE')",
    },
    {
        trigger: ".modal .o_field_widget[name=serial]",
        run() {
            const serial = this.anchor.textContent.trim();
            check(SERIAL.test(serial), `not a serial number: ${serial}`);
        },
    },
    { trigger: ".modal button[name=action_install]", run: "click" },
    { trigger: ".o_notification_manager .o_notification" },
    { trigger: "body:not(:has(.modal))" },
];

const createCustomer = [
    ...menu("account.menu_finance_receivables", "account.menu_account_customer"),
    { isActive: ["desktop"], trigger: ".o_control_panel .o_breadcrumb:contains('Customers')" },
    { isActive: ["desktop"], trigger: ".o_list_button_add", run: "click" },
    visit("/odoo/customers/new"),
    ...type(`${FORM} .o_field_widget[name=name] :is(input, textarea)`, "Xenon Industrial Articles SA de CV"),
    ...choose(`${FORM} ${field("country_id")}`, "Mexico"),
    ...type(`${FORM} ${field("zip")}`, "76343"),
    ...type(`${FORM} ${field("vat")}`, "XIA190128J61"),
    { trigger: `${FORM} .o_notebook .nav-link[name=sales_purchases]`, run: "click" },
    ...choose(`${FORM} ${field("l10n_mx_cfdi40_regimen_id")}`, "601"),
    ...choose(`${FORM} ${field("l10n_mx_cfdi40_uso_id")}`, "G03"),
    {
        content: "The legal name is proposed without the type of company",
        trigger: `${FORM} ${field("l10n_mx_cfdi40_name")}`,
        run() {
            check(this.anchor.value === "XENON INDUSTRIAL ARTICLES", `legal name: ${this.anchor.value}`);
        },
    },
    ...save,
];

const createInvoice = [
    ...menu("account.menu_finance_receivables", "account.menu_action_move_out_invoice_type"),
    { isActive: ["desktop"], trigger: ".o_control_panel .o_breadcrumb:contains('Invoices')" },
    { isActive: ["desktop"], trigger: ".o_list_button_add", run: "click" },
    visit("/odoo/customer-invoices/new"),
    ...choose(`${FORM} ${field("partner_id")}`, "Xenon"),
    {
        isActive: ["desktop"],
        trigger: `${FORM} .o_field_x2many_list_row_add a`,
        run: "click",
    },
    ...showProductColumn().map((step) => ({ ...step, isActive: ["desktop"] })),
    { isActive: ["mobile"], trigger: `${FORM} .o_field_x2many_kanban .o-kanban-button-new`, run: "click" },
    ...choose(`:is(${FORM} .o_data_row, .modal) [name=product_id] input`, "Tornillo"),
    { isActive: ["mobile"], trigger: ".modal .o_form_button_save", run: "click" },
    { trigger: `${FORM} .oe_subtotal_footer:contains('116.00')` },
];

const confirm = [
    { trigger: `${FORM} button[name=action_post]`, run: "click" },
    { trigger: `${FORM} .o_arrow_button_current[data-value=posted], ${FORM} .o_statusbar_status:contains('Posted')` },
];

const seeStamp = [
    { trigger: "body:not(:has(.modal))" },
    {
        content: "The invoice shows its UUID",
        trigger: `${FORM} .o_field_widget[name=l10n_mx_cfdi40_uuid]`,
        run() {
            const uuid = this.anchor.textContent.trim();
            check(UUID.test(uuid), `not a UUID: ${uuid}`);
        },
    },
];

const stampWithWizard = [
    showButtons,
    { trigger: headerButton("action_l10n_mx_cfdi40_stamp"), run: "click" },
    { trigger: ".modal .o_field_widget[name=issuers]" },
    { trigger: ".modal button[name=action_stamp]", run: "click" },
    {
        content: "The wizard says what happened",
        trigger: ".modal .o_field_widget[name=uuid]",
        run() {
            check(UUID.test(this.anchor.textContent.trim()), "the wizard shows no UUID");
        },
    },
    { trigger: ".modal footer .btn-secondary[special=cancel], .modal footer .btn-secondary", run: "click" },
    ...seeStamp,
];

/** Press a button that opens an address, and look at what that address gives instead of opening it. */
function download(button, verify) {
    return {
        trigger: headerButton(button),
        async run(helpers) {
            const { open } = browser;
            const opened = new Promise((resolve) => {
                browser.open = (url) => {
                    resolve(url);
                    return { closed: false };
                };
            });
            try {
                await helpers.click();
                const response = await fetch(await opened);
                check(response.ok, `${button}: ${response.status}`);
                await verify(response);
            } finally {
                browser.open = open;
            }
        },
    };
}

const downloadXml = [
    showButtons,
    download("action_l10n_mx_cfdi40_download_xml", async (response) => {
        const uuid = document.querySelector(".o_field_widget[name=l10n_mx_cfdi40_uuid]").textContent.trim();
        const xml = new DOMParser().parseFromString(await response.text(), "text/xml");
        const stamp = xml.getElementsByTagName("tfd:TimbreFiscalDigital")[0];
        check(stamp?.getAttribute("UUID") === uuid, "the XML is not that of this invoice");
        check(response.headers.get("Content-Disposition")?.includes(uuid), "the file is not named by its UUID");
    }),
];

const sendWithoutMail = [
    { trigger: `${FORM} button[name=action_invoice_sent]`, run: "click" },
    {
        content: "No mail: only stamp and print",
        trigger: ".modal .o_field_widget[name=sending_method_checkboxes] input[name=email], .modal input#email",
        run() {
            if (this.anchor.checked) {
                this.anchor.click();
            }
        },
    },
    {
        content: "Stamping is chosen already",
        trigger: ".modal .o_field_widget[name=extra_edi_checkboxes] input:checked",
    },
    { trigger: ".modal button[name=action_send_and_print]", run: "click" },
    ...seeStamp,
];

registry.category("web_tour.tours").add("l10n_mx_cfdi40_first_invoice", {
    steps: () => [
        ...installCertificate,
        ...createCustomer,
        ...createInvoice,
        ...confirm,
        ...stampWithWizard,
        ...downloadXml,
        ...createInvoice,
        ...confirm,
        ...sendWithoutMail,
        ...downloadXml,
    ],
});
