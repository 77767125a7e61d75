from . import test_catalog
from . import test_certificate
from . import test_secrets
from . import test_values
from . import test_document
from . import test_send
from . import test_stamp
