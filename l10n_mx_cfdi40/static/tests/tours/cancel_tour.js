/**
 * Cancellations as people ask for them in the browser: a substitution, reason 03, an invoice whose complement stands in
 * the way, and a vendor's request that is accepted.
 *
 * The Python side prepares the stamped invoices, does what the crons do, and checks what the ledger, the entries and the
 * SAT's side of the embedded PAC hold.
 */
import { registry } from "@web/core/registry";
import {
    FORM,
    closed,
    field,
    headerButton,
    menu,
    open,
    row,
    showButtons,
    shows,
    type,
    visit,
} from "./tour_helpers";

const state = (text) => shows(`${FORM} .o_field_widget[name=l10n_mx_cfdi40_state]`, text);

const press = (name) => [showButtons, { trigger: headerButton(name), run: "click" }];

/** Take one of the answers to a question. */
const answer = (name, value) => ({
    trigger: `.modal .o_field_widget[name=${name}] input[data-value="${value}"]`,
    run: "click",
});

/** Press the window's button, and say yes where it asks again. */
const askForIt = [
    { trigger: ".modal footer button[name=action_confirm]", run: "click" },
    {
        content: "It is said once more that it cannot be undone",
        trigger: '.modal:contains("never comes back") footer button:contains("Ask for it")',
        run: "click",
    },
];

const closeWindow = [{ trigger: ".modal footer button[name=action_close]", run: "click" }, closed];

const correctPrice = (price) => [
    {
        isActive: ["desktop"],
        trigger: `${FORM} [name=invoice_line_ids] .o_data_row td[name=price_unit]`,
        run: "click",
    },
    ...type(`${FORM} .o_selected_row ${field("price_unit")}`, price).map((step) => ({ ...step, isActive: ["desktop"] })),
    {
        isActive: ["mobile"],
        trigger: `${FORM} [name=invoice_line_ids] .o_kanban_record:not(.o_kanban_ghost)`,
        run: "click",
    },
    ...type(`.modal ${field("price_unit")}`, price).map((step) => ({ ...step, isActive: ["mobile"] })),
    { isActive: ["mobile"], trigger: ".modal .o_form_button_save", run: "click" },
    closed,
];

const stamp = [
    { trigger: `${FORM} button[name=action_post]`, run: "click" },
    ...press("action_l10n_mx_cfdi40_stamp"),
    { trigger: ".modal button[name=action_stamp]", run: "click" },
    { trigger: ".modal .o_field_widget[name=uuid]" },
    { trigger: ".modal footer .btn-secondary[special=cancel], .modal footer .btn-secondary", run: "click" },
    closed,
    state("Stamped"),
];

registry.category("web_tour.tours").add("l10n_mx_cfdi40_substitution", {
    steps: () => [
        ...open("116.00", "name"),
        ...press("action_l10n_mx_cfdi40_change"),
        answer("change", "receiver"),
        shows(".modal .o_field_widget[name=answer]", "Nothing would change"),
        { content: "Nothing to do, no button for it", trigger: ".modal footer:not(:has(button[name=action_confirm]))" },
        answer("change", "price"),
        shows(".modal .o_field_widget[name=answer]", "related with 04", "No necesita aceptación"),
        { trigger: '.modal footer button[name=action_confirm]:contains("Correct and replace")', run: "click" },
        closed,
        { trigger: `${FORM} button[name=action_post]` },
        ...correctPrice("150"),
        shows(`${FORM} .oe_subtotal_footer`, "174.00"),
        ...stamp,
        { trigger: `${FORM} .o_notebook .nav-link[name=l10n_mx_cfdi40]`, run: "click" },
        shows(`${FORM} .o_field_widget[name=l10n_mx_cfdi40_plan]`, "01"),
    ],
});

registry.category("web_tour.tours").add("l10n_mx_cfdi40_substituted", {
    steps: () => [
        {
            content: "The new one is stamped; the other is cancelled, as its entry is",
            trigger: row(["174.00", "Stamped"]),
        },
        ...open("116.00", "name"),
        state("Cancelled"),
        {
            content: "Nothing can be done with it any more",
            trigger: `${FORM}:not(:has(button[name=action_l10n_mx_cfdi40_cancel], button[name=action_l10n_mx_cfdi40_change]))`,
        },
    ],
});

registry.category("web_tour.tours").add("l10n_mx_cfdi40_cancel_03", {
    steps: () => [
        ...open("116.00", "name"),
        ...press("action_l10n_mx_cfdi40_cancel"),
        shows(".modal .o_field_widget[name=acceptance]", "Without acceptance"),
        shows(".modal .o_field_widget[name=acceptance_text]", "No necesita aceptación"),
        shows(".modal .o_field_widget[name=sat_text]", "Can be cancelled without acceptance"),
        { trigger: ".modal .o_field_widget[name=last_day_text]" },
        { content: "Without a reason there is nothing to send", trigger: ".modal footer:not(:has(button[name=action_confirm]))" },
        answer("motivo", "03"),
        ...askForIt,
        shows(".modal .alert-success", "The SAT has cancelled it"),
        ...closeWindow,
        state("Cancelled"),
    ],
});

registry.category("web_tour.tours").add("l10n_mx_cfdi40_cancel_blocked", {
    steps: () => [
        ...open("1,160.00", "name"),
        ...press("action_l10n_mx_cfdi40_cancel"),
        shows(".modal .alert-warning", "No cancelable", "in this order"),
        shows(".modal .o_field_widget[name=step_ids]", "Has to be accepted", "Cancel this complement first"),
        answer("motivo", "02"),
        { trigger: ".modal .o_field_widget[name=cancel_first] input", run: "click" },
        ...askForIt,
        shows(".modal .alert-warning", "asked for by itself once they are cancelled"),
        ...closeWindow,
        state("Stamped"),
        shows(`${FORM} .alert`, "The cancellation is ordered and goes out by itself"),
    ],
});

registry.category("web_tour.tours").add("l10n_mx_cfdi40_received_accepted", {
    steps: () => [
        ...menu("account.menu_finance_payables", "l10n_mx_cfdi40.menu_received_request"),
        visit("/odoo/vendor-cancellations"),
        { trigger: "button[name=action_ask_now]:visible", run: "click" },
        ...open("Xenon", "vendor"),
        shows(`${FORM} .o_field_widget[name=state]`, "To be answered"),
        ...press("action_accept"),
        shows(".modal .o_field_widget[name=effect]", "bill"),
        { trigger: '.modal footer button[name=action_confirm]:contains("Accept")', run: "click" },
        closed,
        shows(`${FORM} .o_field_widget[name=sat_state]`, "Cancel"),
    ],
});
