/** What the tours share: how an accountant types, chooses and goes about, on a desktop and on a phone. */
import { browser } from "@web/core/browser/browser";

export const FILES = "/l10n_mx_cfdi40/tests/";
export const UUID = /^[0-9A-F]{8}-([0-9A-F]{4}-){3}[0-9A-F]{12}$/;

export const FORM = ".o_form_view_container";
export const field = (name, rest = "input") => `.o_field_widget[name="${name}"] ${rest}`.trim();

export function check(condition, message) {
    if (!condition) {
        throw new Error(message);
    }
}

/** Type into a field. */
export function type(selector, text) {
    return [{ trigger: selector, run: `edit ${text} && press Tab` }];
}

/** Search in a many2one and take what shows `text`: from a list below the field, on a phone from a window of its own. */
export function choose(selector, search, text = search) {
    const desktop = [
        { trigger: selector, run: `edit ${search}` },
        {
            trigger: `.o-autocomplete--dropdown-item a:not(:contains("Search more")):contains("${text}")`,
            run: "click",
        },
    ];
    const phone = [
        { trigger: selector, run: "click" },
        { trigger: ".modal.o_modal_full .o_control_panel button:has(.fa-search)", run: "click" },
        { trigger: ".modal.o_modal_full .o_searchview_input", run: `edit ${search}` },
        { trigger: `.o_searchview_autocomplete .o-dropdown-item.focus:contains("${search}")`, run: "click" },
        { trigger: `.modal.o_modal_full .o_facet_value:contains("${search}")` },
        { trigger: `.modal.o_modal_full .o_kanban_record:contains("${text}")`, run: "click" },
    ];
    return [
        ...desktop.map((step) => ({ ...step, isActive: ["desktop"] })),
        ...phone.map((step) => ({ ...step, isActive: ["mobile"] })),
    ];
}

/** Go to an address as one does who types it. */
export function visit(path) {
    return {
        isActive: ["mobile"],
        trigger: "body",
        run: () => browser.location.assign(path),
        expectUnloadPage: true,
    };
}

/** Go through a menu of the app, which only a desktop shows. */
export function menu(section, entry) {
    return [
        {
            isActive: ["desktop"],
            trigger: `.o_menu_sections [data-menu-xmlid="${section}"]`,
            run: "click",
        },
        {
            isActive: ["desktop"],
            trigger: `.o-dropdown--menu [data-menu-xmlid="${entry}"]`,
            run: "click",
        },
    ];
}

/** A phone shows the first button of the header and hides the others behind three dots. */
export const showButtons = {
    isActive: ["mobile"],
    trigger: `${FORM} .o_statusbar_buttons button:has(.oi-ellipsis-v)`,
    run: "click",
};
export const headerButton = (name) => `:is(${FORM} .o_statusbar_buttons, .o-dropdown--menu) button[name=${name}]`;

const containing = (texts) => texts.map((text) => `:contains("${text}")`).join("");

/** Wait for an element that shows all the texts. */
export const shows = (selector, ...texts) => ({
    content: `${selector} shows ${texts.join(", ")}`,
    trigger: selector + containing(texts),
});

/** What shows these texts in a list, or on a phone among the cards; `inside` is what is meant of it. */
export const row = (texts, inside = "") =>
    [".o_data_row", ".o_kanban_record"].map((one) => `${one}${containing(texts)} ${inside}`.trim()).join(", ");

/** Open what shows `text` in the list; `column` is where to click on it. */
export function open(text, column) {
    return [
        { isActive: ["desktop"], trigger: row([text], `td[name=${column}]`), run: "click" },
        { isActive: ["mobile"], trigger: row([text]), run: "click" },
    ];
}

export const closed = { trigger: "body:not(:has(.modal))" };
