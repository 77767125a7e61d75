/**
 * A company's first days with its PAC: the account and its credentials, a selection of invoices stamped over it, and the
 * stamps that were bought.
 *
 * The Python side serves the PAC's protocol, presets the address where it is served, does what the crons do, and checks
 * what the accounts, the ledger and the PAC hold.
 */
import { registry } from "@web/core/registry";
import {
    FORM,
    check,
    choose,
    field,
    headerButton,
    menu,
    open,
    row,
    shows,
    type,
    visit,
} from "./tour_helpers";

/** The one button of a header, which a phone shows too. */
const press = (name) => [{ trigger: headerButton(name), run: "click" }];

/** Make a new one, once the list that is meant is there: a phone shows its title at the very top. */
const create = (title) => [
    {
        isActive: ["desktop"],
        trigger: `.o_control_panel:contains("${title}") .o_list_button_add:visible`,
        run: "click",
    },
    { isActive: ["mobile"], trigger: `.o_main_navbar:contains("${title}")` },
    { isActive: ["mobile"], trigger: ".o-kanban-button-new:visible", run: "click" },
];

const save = [
    { trigger: `${FORM} .o_form_button_save:visible`, run: "click" },
    { trigger: ".o_form_saved" },
];

/** Take an entry of a drop-down list. */
const pick = (name, text) => [
    { trigger: `${FORM} .o_field_widget[name=${name}] .o_select_menu_input`, run: "click" },
    { trigger: `.o_select_menu_item:contains("${text}")`, run: "click" },
];

/** Take one of a few records, all of which a phone shows at once. */
const take = (selector, text) => [
    ...choose(selector, text).filter((step) => step.isActive.includes("desktop")),
    { isActive: ["mobile"], trigger: selector, run: "click" },
    { isActive: ["mobile"], trigger: `.modal.o_modal_full .o_kanban_record:contains("${text}")`, run: "click" },
];

registry.category("web_tour.tours").add("l10n_mx_cfdi40_pac_account", {
    steps: () => [
        ...menu("account.menu_finance_configuration", "l10n_mx_cfdi40.menu_pac_account"),
        visit("/odoo/pac-accounts"),
        ...create("PAC accounts"),
        ...pick("provider", "SW"),
        shows(`${FORM} .o_field_widget[name=capability_text]`, "stamp", "balance of stamps"),
        { content: "What other PACs ask for is not asked", trigger: `${FORM}:not(:has([name=contract]:visible))` },
        ...type(field("username"), "compras@kemper.mx"),
        ...type(field("password"), "equivocada"),
        ...save,
        {
            content: "Nobody reads it again",
            trigger: field("password"),
            run() {
                check(!this.anchor.value.includes("equivocada"), "the password is shown");
            },
        },
        ...press("action_check"),
        shows(".modal .o_error_dialog, .modal .modal-body", "credenciales"),
        { trigger: ".modal footer button", run: "click" },
        ...type(field("password"), "correcta-0417"),
        ...save,
        ...press("action_check"),
        shows(".o_notification", "knows these credentials"),
        shows(`${FORM} .o_field_widget[name=state]`, "Works"),
    ],
});

registry.category("web_tour.tours").add("l10n_mx_cfdi40_batch_started", {
    steps: () => [
        { trigger: "thead .o_list_record_selector input", run: "click" },
        { trigger: ".o_cp_action_menus .dropdown-toggle:contains(Actions)", run: "click" },
        { trigger: '.o-dropdown--menu .o_menu_item:contains("Stamp CFDI")', run: "click" },
        shows(".modal .o_field_widget[name=line_ids]", "116.00", "232.00", "348.00"),
        { trigger: ".modal button[name=action_stamp]", run: "click" },
        shows(`${FORM} .o_field_widget[name=state]`, "Running"),
        shows(`${FORM} .o_field_widget[name=waiting]`, "3"),
        ...press("action_stop"),
        shows(`${FORM} .o_field_widget[name=stopped]`, "3"),
        ...press("action_resume"),
        shows(`${FORM} .o_field_widget[name=waiting]`, "3"),
    ],
});

registry.category("web_tour.tours").add("l10n_mx_cfdi40_batch_ended", {
    steps: () => [
        ...menu("account.menu_finance_receivables", "l10n_mx_cfdi40.menu_batch"),
        visit("/odoo/cfdi-batches"),
        ...open("Done", "create_date"),
        shows(`${FORM} .o_field_widget[name=stamped]`, "2"),
        shows(`${FORM} .o_field_widget[name=failed]`, "1"),
        {
            content: "Beside the invoice: what is wrong and where it is mended",
            trigger: `${FORM} .o_field_widget[name=problem_ids]:contains("CFDI40145") button[name=action_mend]`,
            run: "click",
        },
        { content: "The customer's fiscal data", trigger: ".o_form_view .o_field_widget[name=l10n_mx_cfdi40_name]" },
    ],
});

registry.category("web_tour.tours").add("l10n_mx_cfdi40_credits", {
    steps: () => [
        ...menu("account.menu_finance_receivables", "l10n_mx_cfdi40.menu_credit_package"),
        visit("/odoo/stamp-packages"),
        ...create("Packages of stamps"),
        ...take(`${FORM} ${field("account_id")}`, "SW"),
        ...type(`${FORM} ${field("quantity")}`, "50"),
        ...press("action_activate"),
        shows(`${FORM} .o_field_widget[name=state]`, "Active"),
        shows(`${FORM} .o_field_widget[name=left]`, "50"),
    ],
});

registry.category("web_tour.tours").add("l10n_mx_cfdi40_balance", {
    steps: () => [
        ...menu("account.menu_finance_receivables", "l10n_mx_cfdi40.menu_credit_account"),
        visit("/odoo/stamp-credits"),
        { trigger: `${row(["SW"])}:contains("50")` },
        { trigger: row(["SW"], "button[name=action_ask_credits]"), run: "click" },
        shows(".o_notification", "40 stamps are left", "By the packages here it would be 50"),
    ],
});
