"""Runs in satcfdi's own virtual environment: builds the requests described on stdin (JSON), writes them on stdout."""

import json
import sys
from base64 import b64decode
from datetime import datetime

from satcfdi.create.cancela.aceptacionrechazo import Folios, SolicitudAceptacionRechazo
from satcfdi.create.cancela.cancelacion import Cancelacion, Folio
from satcfdi.models import Signer

asked = json.load(sys.stdin)
signer = Signer.load(
    certificate=b64decode(asked["cer"]), key=b64decode(asked["key"]), password=asked["password"]
)
moment = datetime.fromisoformat(asked["fecha"])
cancel = Cancelacion(signer, [Folio(*folio) for folio in asked["folios"]], moment)
answer = SolicitudAceptacionRechazo(
    signer, asked["pac"], [Folios(answered, uuid) for uuid, answered in asked["respuestas"]], moment
)
json.dump([request.xml_bytes(pretty_print=False).decode() for request in (cancel, answer)], sys.stdout)
