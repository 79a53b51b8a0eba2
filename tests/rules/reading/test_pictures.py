"""Words in pictures, by the real tesseract."""

import base64
import io

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest

from rules.facts import Reason, Role
from rules.reading import pictures
from rules.reading.budget import Budget, LimitExceeded, Limits
from rules.reading.member import Unreadable
from rules.reading.pictures import PictureReader, PicturesUnavailable, find_data
from rules.reading.walk import Walk

WORDS = "CONFIDENTIAL personnel file"
SECONDS = 10.0


@pytest.fixture(scope="module")
def reader():
    return PictureReader()


def drawn(words=WORDS, size=(640, 120)):
    picture = PIL.Image.new("RGB", size, "white")
    PIL.ImageDraw.Draw(picture).text((20, 30), words, fill="black", font=PIL.ImageFont.load_default(36))
    return picture


def encoded(picture, kind, **options):
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_words_in_every_format(reader, kind):
    assert reader.words(encoded(drawn(), kind), SECONDS) == WORDS


def test_all_pages_of_a_facsimile(reader):
    pages = [drawn(f"Page number {number}") for number in range(1, 4)]
    octets = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert reader.words(octets, SECONDS).split("\n") == ["Page number 1", "Page number 2", "Page number 3"]


@pytest.mark.parametrize(("count", "refused"), [(10, False), (11, True)])
def test_as_many_pages_as_are_read_and_one_more(reader, count, refused):
    page = PIL.Image.new("1", (30, 30), 1)
    octets = encoded(page, "TIFF", save_all=True, append_images=[page] * (count - 1))
    if refused:
        with pytest.raises(LimitExceeded, match="more than 10 pages"):
            reader.words(octets, SECONDS)
    else:
        assert reader.words(octets, SECONDS) == ""


def test_a_picture_without_words_and_one_too_small_for_any(reader):
    assert reader.words(encoded(PIL.Image.new("RGB", (200, 200), "white"), "PNG"), SECONDS) == ""
    assert reader.words(encoded(drawn(size=(640, 23)), "PNG"), SECONDS) == ""


def test_as_many_pixels_as_are_decoded_and_one_more(reader, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_PIXELS", 640 * 120)
    assert reader.words(encoded(drawn(), "PNG"), SECONDS) == WORDS
    with pytest.raises(LimitExceeded, match="pixels"):
        reader.words(encoded(drawn(size=(641, 120)), "PNG"), SECONDS)


def test_a_large_picture_is_read_smaller(reader):
    large = drawn().resize((6_400, 1_200))
    assert reader.words(encoded(large, "JPEG"), SECONDS) == WORDS


@pytest.mark.parametrize("octets", [b"", b"\x89PNG\r\n\x1a\n" + bytes(40), encoded(drawn(), "PNG")[:300]])
def test_damaged_pictures_are_told(reader, octets):
    with pytest.raises(Unreadable):
        reader.words(octets, SECONDS)


def test_no_more_time_than_is_given(reader):
    page = PIL.Image.effect_noise((2_000, 2_000), 200)
    with pytest.raises(LimitExceeded, match="longer"):
        reader.words(encoded(page, "PNG"), 0.01)


def test_a_missing_model_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(pictures, "_DATA", (tmp_path,))
    with pytest.raises(PicturesUnavailable, match="tesseract-ocr-eng"):
        find_data()


def mail(*octets):
    parts = "".join(
        "--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n"
        f"Content-Disposition: inline; filename=a.png\n\n{base64.encodebytes(each).decode()}\n"
        for each in octets
    )
    head = "From: ann@city.example\nContent-Type: multipart/mixed; boundary=b\n\n"
    return f"{head}{parts}--b--\n".encode()


def test_the_words_of_a_picture_in_a_message_are_attached_text(reader):
    walk = Walk(pictures=reader)
    walk.message(mail(encoded(drawn(), "PNG")))
    assert [(text.part, text.role, text.text) for text in walk.record.texts] == [("1/a.png", Role.ATTACHED, WORDS)]


def test_without_the_option_no_picture_is_read():
    walk = Walk()
    walk.message(mail(encoded(drawn(), "PNG")))
    assert walk.record.texts == walk.record.unread == []


@pytest.mark.parametrize(("count", "told"), [(2, False), (3, True)])
def test_as_many_pictures_as_are_read_and_one_more(reader, count, told):
    walk = Walk(budget=Budget(Limits(pictures=2)), pictures=reader)
    walk.message(mail(*[encoded(PIL.Image.new("L", (40 + n, 40), 255), "PNG") for n in range(count)]))
    assert [entry.reason for entry in walk.record.unread] == [Reason.LIMIT] * told


@pytest.mark.parametrize(("side", "pages"), [(23, 0), (24, 1)])
def test_a_picture_as_small_as_is_read_and_smaller(reader, side, pages):
    assert len(reader._pages(encoded(drawn(size=(640, side)), "PNG"))) == pages


@pytest.mark.parametrize("side", [4_000, 4_001])
def test_a_picture_as_large_as_is_read_as_it_is_and_larger(reader, side):
    (page,) = reader._pages(encoded(PIL.Image.new("L", (side, 30)), "PNG"))
    assert max(page.size) == 4_000
