import { Component, onMounted, onWillUnmount, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** Milliseconds between two looks. */
const INTERVAL = 2000;

/**
 * Reads the record of a form again for as long as its state is "running" and the page is seen. It asks, instead of
 * waiting to be told, so that it works without websockets too.
 */
export class RefreshWidget extends Component {
    static template = xml`<span class="o_cfdi40_refresh visually-hidden" aria-live="polite" t-esc="said"/>`;
    static props = { ...standardWidgetProps };

    setup() {
        this.isAsking = false;
        onMounted(() => (this.timer = setInterval(() => this.refresh(), INTERVAL)));
        onWillUnmount(() => clearInterval(this.timer));
    }

    get said() {
        return `${this.props.record.data.progress} %`;
    }

    async refresh() {
        const record = this.props.record;
        if (this.isAsking || document.hidden || record.data.state !== "running" || record.dirty) {
            return;
        }
        this.isAsking = true;
        try {
            await record.load();
        } catch {
            // The server is away for a moment: the next look tells.
        } finally {
            this.isAsking = false;
        }
    }
}

registry.category("view_widgets").add("l10n_mx_cfdi40_refresh", {
    component: RefreshWidget,
    fieldDependencies: [
        { name: "state", type: "selection" },
        { name: "progress", type: "integer" },
    ],
});
