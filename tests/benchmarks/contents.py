"""The messages that are sent: 2 kB of text, 50 kB with HTML and a PDF, 5 MB with a zip. The same in every run.

Every one is such that no shipped policy holds it; the people in them are invented.
"""

import io
import random
import zipfile
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

SENTENCES = (
    "The library board meets on the second Tuesday of the month in the east wing.",
    "Please bring the revised floor plan and the list of open repairs.",
    "Water mains on Orchard Street will be flushed on Thursday between nine and noon.",
    "The survey of playground equipment is complete, and two swings need new chains.",
    "We have received four applications for the crossing guard at the north school.",
    "The paving crew starts at the river end and works uphill, weather permitting.",
    "Minutes of the last session are attached for correction before they are filed.",
    "Parking on the square is closed to cars while the market is being set up.",
)


def write_contents(folder: Path) -> dict[str, Path]:
    """Write them as files with CRLF line ends; by the label of their size."""
    rng = random.Random(20261124)
    made = {"2 kB": _letter(rng), "50 kB": _newsletter(rng), "5 MB": _pictures(rng)}
    paths = {}
    for label, message in made.items():
        paths[label] = folder / f"{label.replace(' ', '')}.eml"
        paths[label].write_bytes(message.as_bytes(policy=SMTP))
    return paths


def _message(rng: random.Random, subject: str, octets: int) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = "Rosa Lindqvist <clerk@elsewhere.example>"
    message["To"] = "Ada Moreno <ada@city.example>"
    message["Subject"] = subject
    message["Date"] = "Mon, 23 Nov 2026 09:15:00 -0600"
    message["Message-ID"] = f"<{rng.getrandbits(64):x}@elsewhere.example>"
    message.set_content(_prose(rng, octets))
    return message


def _prose(rng: random.Random, octets: int) -> str:
    lines: list[str] = []
    while sum(map(len, lines)) < octets:
        lines.append(rng.choice(SENTENCES))
    return "\n".join(lines) + "\n"


def _letter(rng: random.Random) -> EmailMessage:
    return _message(rng, "Library board", 1_600)


def _newsletter(rng: random.Random) -> EmailMessage:
    message = _message(rng, "Public works, this month", 3_000)
    rows = "\n".join(
        f'<tr><td style="padding:4px">{rng.choice(SENTENCES)}</td>'
        f'<td><a href="https://works.elsewhere.example/item/{rng.getrandbits(32):x}">more</a></td></tr>'
        for _ in range(50)
    )
    message.add_alternative(
        f"<html><head><title>Public works</title></head><body><table>\n{rows}\n</table></body></html>\n",
        subtype="html",
    )
    message.add_attachment(_pdf(rng, 25_400), maintype="application", subtype="pdf", filename="works-november.pdf")
    return message


def _pictures(rng: random.Random) -> EmailMessage:
    message = _message(rng, "Photographs of the playground", 800)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            member = zipfile.ZipInfo(f"playground/{number:02}.jpg", (2026, 11, 20, 10, 0, 0))
            archive.writestr(member, b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01" + rng.randbytes(365_000) + b"\xff\xd9")
    message.add_attachment(stream.getvalue(), maintype="application", subtype="zip", filename="playground.zip")
    return message


def _pdf(rng: random.Random, octets: int) -> bytes:
    """One page with a line of text and a grey picture of about so many octets."""
    width = 100
    height = octets // width
    text = b"BT /F1 12 Tf 72 720 Td (Works in November) Tj ET q 400 0 0 400 72 200 cm /Im Do Q"
    picture = b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 "
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 6 0 R >> /XObject << /Im 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(text), text),
        picture % (width, height)
        + b"/Length %d >>\nstream\n%b\nendstream" % (width * height, rng.randbytes(width * height)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    file = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return file + (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (size, table, size, len(file))
    )
