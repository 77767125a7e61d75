from . import test_certificate
from . import test_secrets
