from . import certificate_wizard
from . import account_move_reversal
from . import account_debit_note
from . import stamp_wizard
from . import complement_wizard
from . import external_wizard
from . import account_payment_register
