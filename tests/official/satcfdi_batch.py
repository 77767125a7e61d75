"""Runs in satcfdi's own virtual environment: documents as a JSON list on stdin, their cadenas originales on stdout."""

import json
import sys

from satcfdi.cfdi import CFDI
from satcfdi.exceptions import CFDIError

answers = []
for text in json.load(sys.stdin):
    try:
        answers.append({"cadena": CFDI.from_string(text.encode("utf-8")).cadena_original()})
    except (CFDIError, ValueError, KeyError, TypeError) as error:
        answers.append({"error": f"{type(error).__name__}: {error}"})
json.dump(answers, sys.stdout)
