# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workbooks that the tests make from rows of Python values: XLSX and ODS, as small as they may be."""

import datetime
import io
import zipfile
from xml.sax.saxutils import escape, quoteattr

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_OPEN = "urn:oasis:names:tc:opendocument:xmlns"
_EPOCH = datetime.datetime(1899, 12, 30)


def xlsx(sheets, hidden=(), merged=""):
    """`sheets` are rows by the sheet's name; a text as a sheet is its XML."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="text/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="a" Type="{_OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/>'
        '<xf numFmtId="22"/></cellXfs></styleSheet>',
    }
    listed, related = [], [f'<Relationship Id="s" Type="{_OFFICE}/styles" Target="styles.xml"/>']
    for at, (name, rows) in enumerate(sheets.items(), 1):
        state = ' state="hidden"' if name in hidden else ""
        listed.append(f'<sheet name={quoteattr(name)} sheetId="{at}" r:id="r{at}"{state}/>')
        related.append(
            f'<Relationship Id="r{at}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        )
        body = rows if isinstance(rows, str) else "".join(_xlsx_row(*row) for row in enumerate(rows, 1))
        parts[f"xl/worksheets/sheet{at}.xml"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData>{merged}</worksheet>'
        )
    parts["xl/workbook.xml"] = (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{"".join(listed)}</sheets></workbook>'
    )
    parts["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{_RELATIONS}">{"".join(related)}</Relationships>'
    )
    return zipped(parts)


def ods(sheets):
    tables = []
    for name, rows in sheets.items():
        body = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
        tables.append(f"<table:table table:name={quoteattr(name)}>{body}</table:table>")
    names = " ".join(f'xmlns:{prefix}="{_OPEN}:{prefix}:1.0"' for prefix in ("office", "table", "text"))
    content = (
        f"<office:document-content {names}><office:body><office:spreadsheet>{''.join(tables)}</office:spreadsheet>"
        "</office:body></office:document-content>"
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="{_OPEN}:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
        'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content,
            "META-INF/manifest.xml": manifest,
        }
    )


def zipped(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def _xlsx_row(number, cells):
    made = "".join(_xlsx_cell(f"{_column(at)}{number}", cell) for at, cell in enumerate(cells))
    return f'<row r="{number}">{made}</row>'


def _xlsx_cell(place, cell):
    if cell is None or cell == "":
        return ""
    if isinstance(cell, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, datetime.date):
        when = (
            cell if isinstance(cell, datetime.datetime) else datetime.datetime.combine(cell, datetime.time())
        )
        days = (when - _EPOCH) / datetime.timedelta(days=1)
        return f'<c r="{place}" s="{2 if isinstance(cell, datetime.datetime) else 1}"><v>{days!r}</v></c>'
    return f'<c r="{place}"><v>{cell!r}</v></c>'


def _column(at):
    return (chr(64 + at // 26) if at > 25 else "") + chr(65 + at % 26)


def _ods_cell(cell):
    if cell is None or cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, str):
        return (
            f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
        )
    if isinstance(cell, datetime.date):
        return f'<table:table-cell office:value-type="date" office:date-value="{cell.isoformat()}"/>'
    return f'<table:table-cell office:value-type="float" office:value="{cell!r}"/>'
