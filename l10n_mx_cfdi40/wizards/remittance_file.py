"""The file of a remittance: a text file goes to the core as it is, a workbook as rows of text."""
import io
import zipfile
from datetime import date, datetime

from ..cfdi import remesa
from ..cfdi.errors import RemesaError

MAX_FILE = 5_000_000
#: A workbook is a ZIP: what it says that it grows to when opened.
MAX_UNPACKED = 60_000_000
_BROKEN = (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, OSError,
           NotImplementedError, RuntimeError, EOFError)


def read_file(env, content):
    """The rows (`remesa.Renglon`) of a CSV, text or XLSX file.

    :param env: for the language of the errors
    :param bytes content:
    :raises RemesaError: it cannot be read
    """
    if not content.startswith(b"PK\x03\x04"):
        return remesa.leer(content)
    return remesa.leer_filas(_sheet(env, content))


def _sheet(env, content):
    """Cells of the sheet that was open when the workbook was saved, as text."""
    import openpyxl
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if len(content) > MAX_FILE or unpacked > MAX_UNPACKED:
            raise RemesaError(
                "demasiado_grande", env._("The workbook is too large: leave only the list of invoices in it."))
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.active if book.active in book.worksheets else book.worksheets[0]
        rows = sheet.iter_rows(max_row=remesa.MAX_LINEAS + 1, max_col=remesa.MAX_COLUMNAS, values_only=True)
        return [[_text(cell) for cell in row] for row in rows]
    except _BROKEN as error:
        raise RemesaError("es_libro", env._(
            "The workbook cannot be opened: it is damaged or has a password. Save it again as XLSX or CSV.")) from error


def _text(cell):
    """A cell as a person reads it; amounts with cents, because a workbook keeps them as binary fractions."""
    if cell is None:
        return ""
    if isinstance(cell, bool | str):
        return str(cell)[:remesa.MAX_LARGO]
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell == round(cell) else f"{cell:.2f}"
    return str(cell)
