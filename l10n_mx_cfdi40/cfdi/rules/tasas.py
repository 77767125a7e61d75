"""c_TasaOCuota as a question: is this rate one for this tax, factor and side?"""

from decimal import Decimal

from ..amounts import decimales

#: The catalog names taxes in words; "IVA Crédito aplicado del 50%" (the border's 8 %) is IVA too.
_CLAVE = {'ISR': '001', 'IVA': '002', 'IEPS': '003'}
TRASLADO = 'traslado'
RETENCION = 'retencion'


class Tasas:
    """The rows in force of c_TasaOCuota, by tax, factor and side ('traslado' or 'retencion')."""

    def __init__(self, filas):
        self._fijas, self._rangos, self._conocidas = {}, {}, {}
        for fila in filas:
            datos = fila.datos
            impuesto = _CLAVE.get(datos['impuesto'].partition(' ')[0], datos['impuesto'])
            for lado in (TRASLADO, RETENCION):
                if not datos.get(lado):
                    continue
                clave = (impuesto, datos['factor'], lado)
                maximo = Decimal(datos['maximo'])
                if datos['tipo'] == 'Fijo':
                    self._fijas.setdefault(clave, set()).add(maximo)
                else:
                    self._rangos.setdefault(clave, []).append((Decimal(datos['minimo'] or 0), maximo))

    def problema(self, impuesto, factor, lado, tasa: Decimal) -> str | None:
        """Return what is wrong with a rate: 'catalogo' (it is neither a fixed value nor within a range), 'decimales'
        (it is right, but not written with six decimals as the catalog does: guide, FAQ 40), or None."""
        # Few rates are many lines: their text finds the answer faster than the hash of the number.
        clave = (impuesto, factor, lado, str(tasa))
        respuesta = self._conocidas.get(clave, '')
        if respuesta == '':
            lugar = (impuesto, factor, lado)
            admitida = tasa in self._fijas.get(lugar, ()) or any(
                minimo <= tasa <= maximo for minimo, maximo in self._rangos.get(lugar, ()))
            if not admitida:
                respuesta = 'catalogo'
            else:
                respuesta = None if decimales(tasa) == 6 else 'decimales'
            self._conocidas[clave] = respuesta
        return respuesta

    def admite(self, impuesto, factor, lado, tasa: Decimal) -> bool:
        """Tell whether the rate is one of the fixed values or within one of the ranges."""
        return self.problema(impuesto, factor, lado, tasa) != 'catalogo'

    def admitidas(self, impuesto, factor, lado) -> str:
        """Return what the catalog admits, in words for a message; empty if it admits nothing."""
        lugar = (impuesto, factor, lado)
        partes = [str(tasa) for tasa in sorted(self._fijas.get(lugar, ()))]
        partes += [f'de {minimo} a {maximo}' for minimo, maximo in self._rangos.get(lugar, ())]
        return ', '.join(partes)

