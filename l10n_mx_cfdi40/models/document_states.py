"""The life of a CFDI as data: which action is legal from which state, and where it leads.

    draft --seal--> sealed --send--> in_flight --+--accept--> stamped
                      |  ^                       +--refuse--> rejected     (final; a corrected one is a new row)
                      |  +-------unsend----------+            (certain that the PAC never got the bytes)
                      |                          +--doubt---> in_doubt --recover/doubt--> in_doubt
                      |                                          +--accept--> stamped
                      |                                          +--refuse--> rejected
                      +--discard--> discarded                    +--release-> rejected   (a person, after 72 hours)

    stamped --request_cancel--> cancel_in_flight --+--cancel_receive--> cancel_requested
                                                   +--cancel_refuse---> stamped
                                                   +--cancel_unsend---> stamped    (certain that there is no request)
                                                   +--cancel_doubt----> cancel_in_doubt --> one of these, or
    cancel_requested --+--cancel_confirm--> cancelled                       cancelled, cancel_rejected
                       +--cancel_reject---> cancel_rejected (may ask again)
                       +--cancel_lapse----> stamped    (days later the SAT still has no such request)

    What was asked elsewhere (the SAT's portal, another system) shows when the SAT is asked: from `stamped` and
    `cancel_rejected` its answer leads to `cancel_requested` or `cancelled` too.

``draft`` is a place in the queue: nothing is sealed yet. ``sealed`` means that no PAC can have seen the bytes; as soon
as that is no longer certain the document is ``in_flight`` or ``in_doubt``. ``discarded`` is a sealed document that was
never sent and that will never be: its invoice was changed or its Fecha is older than the SAT's 72 hours. It is not
``rejected``, because nobody refused it, and its row stays because what was sealed is never deleted.
"""

LIFE = {
    "draft": {"seal": "sealed"},
    "sealed": {"send": "in_flight", "discard": "discarded"},
    "in_flight": {
        "accept": "stamped", "refuse": "rejected", "unsend": "sealed", "doubt": "in_doubt",
        # Its process died: the lease ran out.
        "recover": "in_doubt",
    },
    "in_doubt": {
        "recover": "in_doubt", "doubt": "in_doubt", "accept": "stamped", "refuse": "rejected", "release": "rejected",
    },
    # A late answer for the same bytes is the truth, whatever we believed meanwhile.
    "rejected": {"accept": "stamped"},
    "discarded": {},
    "stamped": {
        "request_cancel": "cancel_in_flight", "cancel_receive": "cancel_requested", "cancel_confirm": "cancelled",
    },
    "cancel_in_flight": {
        "cancel_receive": "cancel_requested", "cancel_refuse": "stamped", "cancel_unsend": "stamped",
        "cancel_doubt": "cancel_in_doubt",
        # Its process died: the lease ran out.
        "cancel_ask": "cancel_in_doubt",
    },
    "cancel_in_doubt": {
        "cancel_ask": "cancel_in_doubt", "cancel_doubt": "cancel_in_doubt", "cancel_receive": "cancel_requested",
        "cancel_refuse": "stamped", "cancel_confirm": "cancelled", "cancel_reject": "cancel_rejected",
        # Neither the SAT nor the PAC has a request, and it was too early for one: the order waits.
        "cancel_unsend": "stamped",
    },
    "cancel_requested": {
        "cancel_confirm": "cancelled", "cancel_reject": "cancel_rejected", "cancel_lapse": "stamped",
    },
    "cancel_rejected": {
        "request_cancel": "cancel_in_flight", "cancel_receive": "cancel_requested", "cancel_confirm": "cancelled",
    },
    "cancelled": {},
}

#: States in which a document no longer counts for its invoice: another one may take its place.
DEAD = frozenset({"rejected", "discarded", "cancelled"})
LIVE = frozenset(LIFE) - DEAD
#: An answer is under way or missing: the invoice must stay as it is.
UNANSWERED = frozenset({"in_flight", "in_doubt", "cancel_in_flight", "cancel_in_doubt"})
#: There is a CFDI in force at the SAT: only a cancellation there sets the invoice free.
IN_FORCE = frozenset({"stamped", "cancel_requested", "cancel_rejected"})
#: The same, and its cancellation may be on its way: the SAT has not said that it is cancelled.
NOT_CANCELLED = IN_FORCE | {"cancel_in_flight", "cancel_in_doubt"}
#: Nothing of it has left this house.
UNSENT = frozenset({"draft", "sealed"})


def next_state(state, action):
    """State to which `action` leads from `state`, or None when it is not legal there."""
    return LIFE[state].get(action)
