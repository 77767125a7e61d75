from . import test_catalog
from . import test_certificate
from . import test_secrets
from . import test_values
