"""Words in pictures, read by tesseract: an option, since one picture costs a hundred letters. Judges nothing.

The one importer of tesserocr and Pillow, which are loaded only where the option is on.
"""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from rules.message import Octets
from rules.reading.budget import LimitExceeded
from rules.reading.member import Unreadable

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 100_000_000  # of one picture: the largest that telephones take; in grey that is 100 MB
MAX_PAGES = 10  # of one TIFF file, which is how facsimile machines send
LEAST_SIDE = 24  # pixels; smaller ones are bullets, lines and counters of readers
SIDE = 4_000  # pixels to which a larger picture is made smaller: a page at 300 dots an inch has 3,300
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
_DATA = (Path("/usr/share/tesseract-ocr/5/tessdata"), Path("/usr/share/tessdata"))
_LANGUAGE = "eng"


class PicturesUnavailable(Exception):
    """What reading pictures needs is not on this machine; the text says what."""


def find_data() -> Path:
    """The folder with tesseract's English model. Raises PicturesUnavailable."""
    for folder in _DATA:
        if (folder / f"{_LANGUAGE}.traineddata").is_file():
            return folder
    raise PicturesUnavailable("reading pictures needs the Debian package tesseract-ocr-eng")


class PictureReader:
    """Tesseract with its model loaded, which takes a twentieth of a second; for one thread."""

    def __init__(self) -> None:
        folder = find_data()
        # 20 MB of libraries, which a worker without the option must not carry.
        import PIL.Image
        import tesserocr

        self._open = PIL.Image.open
        self._engine = tesserocr.PyTessBaseAPI(path=str(folder), lang=_LANGUAGE, psm=tesserocr.PSM.AUTO)

    def words(self, octets: Octets, seconds: float) -> str:
        """The text in a picture, "" when it has none; raises LimitExceeded, Unreadable."""
        found = [self._recognised(page, seconds) for page in self._pages(octets)]
        return "\n".join(text for text in found if text)

    def _pages(self, octets: Octets) -> list["Image"]:
        try:
            with self._open(BytesIO(octets), formats=_FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise LimitExceeded(f"a picture of more than {MAX_PIXELS // 1_000_000} million pixels")
                pages = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
                if pages > MAX_PAGES:
                    raise LimitExceeded(f"a picture of more than {MAX_PAGES:,} pages")
                if min(picture.size) < LEAST_SIDE:
                    return []
                return [_grey(picture, page) for page in range(pages)]
        except (LimitExceeded, MemoryError):
            raise
        except Exception as error:  # Pillow's decoders raise whatever a damaged file makes them stumble over
            raise Unreadable("a picture that cannot be decoded") from error

    def _recognised(self, page: "Image", seconds: float) -> str:
        try:
            self._engine.SetImage(page)
            if not self._engine.Recognize(int(seconds * 1_000)):
                raise LimitExceeded("reading the words of a picture took longer than the time allowed")
            text: str = self._engine.GetUTF8Text()
            return text.strip()
        finally:
            self._engine.Clear()


def _grey(picture: "Image", page: int) -> "Image":
    if page:
        picture.seek(page)
    picture.draft("L", (SIDE, SIDE))  # JPEG decodes to a half, a quarter or an eighth at less cost
    grey = picture.convert("L")
    grey.thumbnail((SIDE, SIDE))
    return grey
