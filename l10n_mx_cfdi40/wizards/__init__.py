from . import certificate_wizard
from . import account_move_reversal
from . import account_debit_note
from . import stamp_wizard
from . import remittance_wizard
from . import remittance_line
from . import payment_register_remittance
