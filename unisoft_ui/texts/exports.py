"""The words of the files that recipients are exported to."""

from __future__ import annotations

from backend.domain.exports import ExportFormat

EXPORT = "Export"
EXPORT_LABEL = "Export the recipients"
FORMATS = {
    ExportFormat.CSV_SEMICOLON: "CSV for Excel in French (;)",
    ExportFormat.CSV: "CSV, standard (,)",
    ExportFormat.XLSX: "Excel workbook (.xlsx)",
}
HEBREW_NAME = "Hebrew first name"
CODE = "Provider's code"
