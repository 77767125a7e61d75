/**
 * From money that came in to its payment complement, as an accountant does it in the browser.
 *
 * The Python side prepares stamped PPD invoices and the deposit, puts the customer's remittance where `FILES` says, and
 * checks afterwards what the ledger, the PAC and the stamped XML hold.
 */
import { registry } from "@web/core/registry";
import {
    FILES,
    FORM,
    UUID,
    check,
    choose,
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

const DEPOSIT = "SPEI RECIBIDO";

/** Issue what the window “Generate complement” shows; what it answers is kept in `issued`. */
const issue = (issued) => [
    { trigger: ".modal button[name=action_issue]", run: "click" },
    {
        content: "The window says what happened",
        trigger: ".modal .o_field_widget[name=uuid]",
        run() {
            issued.uuid = this.anchor.textContent.trim();
            check(UUID.test(issued.uuid), `the window shows no UUID: ${issued.uuid}`);
        },
    },
    shows(".modal .o_field_widget[name=state]", "Stamped"),
    { trigger: '.modal footer button:contains("Close")', run: "click" },
    closed,
];

const registerPayment = [
    showButtons,
    { trigger: headerButton("action_register_payment"), run: "click" },
    ...type(`.modal ${field("amount")}`, "500"),
    ...choose(`.modal ${field("l10n_mx_cfdi40_forma_pago_id")}`, "02", "Cheque"),
    ...type(`.modal ${field("l10n_mx_cfdi40_hora")}`, "09:15:00"),
    ...type(`.modal ${field("l10n_mx_cfdi40_num_operacion")}`, "CH-00451"),
    { trigger: ".modal button[name=action_create_payments]", run: "click" },
    closed,
];

registry.category("web_tour.tours").add("l10n_mx_cfdi40_complement_of_payment", {
    steps: () => {
        const issued = {};
        const banner = `${FORM} .alert:contains("payment complement of")`;
        return [
            ...open("Universidad", "name"),
            ...registerPayment,
            shows(banner, "is due on", "It issues itself"),
            { trigger: `${banner} a:contains("Generate complement")`, run: "click" },
            shows(".modal .o_field_widget[name=payment_ids]", "500.00", "Cheque", "CH-00451"),
            shows(".modal .o_field_widget[name=line_ids]", "1,160.00", "500.00", "660.00"),
            shows(".modal .o_field_widget[name=taxes]", "IVA 16 %: base 431.034483, importe 68.965517 MXN"),
            ...issue(issued),
            {
                content: "The invoice behind the window knows of it: nothing is due any more",
                trigger: `${FORM}:not(:has(.alert:contains("payment complement of")))`,
            },
            { trigger: `${FORM} .o_notebook .nav-link[name=l10n_mx_cfdi40]`, run: "click" },
            shows(`${FORM} .o_field_widget[name=l10n_mx_cfdi40_instalment_ids]`, "1,160.00", "500.00", "660.00"),
            {
                content: "The CFDI tab lists this complement",
                trigger: `${FORM} .o_field_widget[name=l10n_mx_cfdi40_instalment_ids]`,
                run() {
                    check(this.anchor.textContent.includes(issued.uuid), "the UUID of the complement is not listed");
                },
            },
        ];
    },
});

const applyRemittance = [
    ...menu("account.menu_finance_receivables", "l10n_mx_cfdi40.menu_bank_deposits"),
    visit("/odoo/bank-deposits"),
    ...open(DEPOSIT, "payment_ref"),
    { trigger: headerButton("action_l10n_mx_cfdi40_remittance"), run: "click" },
    {
        content: "Paste what the customer's mail says",
        trigger: ".modal .o_field_widget[name=text] textarea",
        async run(helpers) {
            const response = await fetch(`${FILES}remittance.txt`);
            check(response.ok, `there is no remittance: ${response.status}`);
            await helpers.edit(await response.text());
        },
    },
    { trigger: ".modal button[name=action_read]", run: "click" },
    shows(".modal .o_field_widget[name=applied]", "1,500.00"),
    shows(".modal .o_field_widget[name=line_ids]", "1,160.00", "340.00", "1,980.00"),
    { trigger: ".modal button[name=action_apply]", run: "click" },
    shows(".o_notification", "Remittance applied", "1,500.00"),
    closed,
];

registry.category("web_tour.tours").add("l10n_mx_cfdi40_complement_of_deposit", {
    steps: () => [
        ...applyRemittance,
        ...menu("account.menu_finance_receivables", "l10n_mx_cfdi40.menu_complement_board"),
        visit("/odoo/complements-to-issue"),
        {
            content: "The board says how long there is",
            trigger: row([DEPOSIT, "Universidad", "1,500.00"]),
            run() {
                const cell = this.anchor.querySelector("td[name=days_left]");
                const days = Number(cell ? cell.textContent : this.anchor.textContent.match(/(-?\d+) days/)?.[1]);
                // From the last day of a month to the 5th of the next, or from the first one of a long month.
                check(days >= 5 && days <= 35, `days left: ${days}`);
            },
        },
        { trigger: row([DEPOSIT], "button[name=action_issue]"), run: "click" },
        shows(".modal .o_field_widget[name=payment_ids]", DEPOSIT, "1,500.00"),
        shows(".modal .o_field_widget[name=line_ids]", "1,160.00", "2,320.00", "340.00", "1,980.00"),
        ...issue({}),
        shows(".o_nocontent_help", "Every payment has its complement"),
    ],
});
