"""What a file name says its file is: every extension of every reading of the name. Looks at no content."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType
from urllib.parse import unquote

from rules.facts import By, Kind, Sign

MAX_NAME = 1_024  # characters looked at, from the end: Windows opens names of at most 255

# What Windows, macOS or Linux run, install, mount or open with code in it. Contains Outlook's list of blocked files,
# but for certificates (cer crt der), mailboxes (pst) and tmp, by which nothing is run.
_TABLE = {
    Kind.PROGRAM: """
        exe com scr pif cpl dll sys ocx drv ax efi mui acm tsp 386 vxd ex_ elf so ko dylib bundle app gadget
        ipa xap fxp prg wasm pyd vlx xll wll plg
        prefpane kext""",
    Kind.SCRIPT: """
        bat cmd btm vbs vbe vb vba bas vsmacros js jse mjs cjs wsf wsh wsc ws sct hta htc ps1 ps1xml ps2
        ps2xml psc1 psc2 psm1 psd1 pssc cdxml msh msh1 msh2 mshxml msh1xml msh2xml sh bash zsh csh ksh fish
        run command py pyc pyo pyw pyz pyzw pl pm rb php php3 phtml lua tcl jar class jnlp jsp asp aspx ashx
        asx reg inf ins isp its mcf mde mst msc shb shs scf job applescript scpt scptd osax workflow action
        au3 a3x ahk awk groovy kix xbap hpj hlp grp xnk udl osd diagcab diagcfg diagpkg msrcincident theme
        themepack desktopthemepack crx xpi wsb psdm1 bgi cnt ops prf
        vbp rgs csproj vbproj vcxproj sln terminal tool""",
    Kind.INSTALLER: """
        msi msp msu msix msixbundle appx appxbundle appinstaller application appref-ms vsto vsix deb rpm pkg
        mpkg apk apks aab snap flatpak flatpakref appimage paf sis sisx air ppkg msm mobileconfig""",
    Kind.SHORTCUT: """
        lnk url website webloc desktop library-ms search-ms searchconnector-ms settingcontent-ms appcontent-ms
        rdp mad maf mag mam maq mar mas mat mau mav maw iqy oqy rqy dqy fileloc inetloc glk pcd printerexport
        vsw webpnp contact""",
    Kind.MACRO_DOCUMENT: """
        docm dotm xlsm xltm xlam xla xlm xlsb xlw pptm potm ppam ppsm ppa sldm slk one onepkg onetoc2 chm wiz
        mdb mdbx accdb accde accda accdr accdt accdu mda mdt mdw mdz ade adp vsdm vssm vstm odb otm oxt hxs
        dochtml docmhtml xlshtml xlsmhtml ppthtml pptmhtml""",
    Kind.DISK_IMAGE: """
        iso img vhd vhdx avhd avhdx vmdk vdi qcow qcow2 udf dmg sparseimage smi toast nrg mdf mds isz wim swm
        esd ima vfd flp daa uif cdr""",
    Kind.ACTIVE_CONTENT: "swf",
    Kind.ARCHIVE: """
        zip zipx 7z 001 rar rev tar gz gzip tgz taz bz bz2 tbz tbz2 xz txz lzma tlz lz zst tzst
        lz4 lzo z cab arj ace lha lzh arc ark zoo alz egg xar cpio ar uu uue hqx sit sitx sea zpaq b1
        pea lrz sqx br rz dar uha aar yaa aea zlib cbz cbr cb7 cbt ear war""",
    Kind.HTML: "htm html xht xhtm xhtml shtm shtml jhtml mht mhtml",
    Kind.DOCUMENT: """
        pdf doc docx dot dotx wbk xls xlsx xlt xltx ppt pptx pot potx pps ppsx odt ods odp odg odf ott ots otp
        rtf wpd wps pub vsd vsdx vss vst mpp pages numbers key xps oxps ps eps dwg dxf epub tex abw msg oft""",
    Kind.IMAGE: """
        jpg jpeg jpe jfif png gif bmp dib tif tiff webp heic heif avif ico cur psd ai wmf emf jp2 tga xcf cr2
        nef svg svgz""",
    Kind.AUDIO_VIDEO: """
        mp3 mp4 m4a m4v mov avi mkv wav wma wmv flac ogg oga ogv opus webm aac amr mid midi mpg mpeg 3gp aif
        aiff""",
    Kind.TEXT: "txt text csv tsv log md json xml yaml yml ini conf asc diff patch srt gpx kml geojson",
    Kind.CALENDAR: "ics vcs ical ifb vcf vcard",
    Kind.MESSAGE: "eml mbox emlx nws",
}
_CUT = frozenset({"7z", "zip", "rar", "tar", "gz", "iso", "exe"})  # what 7-Zip and others cut: `.7z.002`
_VOLUMES = {f"{letter}{number:02}": Kind.ARCHIVE for letter in "arz" for number in range(100)}  # of ARJ, RAR and zip
KIND_OF = MappingProxyType(
    _VOLUMES | {extension: kind for kind, names in _TABLE.items() for extension in names.split()}
)

# Told as double extensions before a harmless last one; `com`, `app`, `py` and the like are words and hosts.
_TELLING = frozenset(
    {"exe", "scr", "pif", "bat", "cmd", "vbs", "vbe", "jse", "wsf", "hta", "ps1", "msi", "lnk", "cpl", "jar", "dll"}
)
_HARMLESS = frozenset({Kind.DOCUMENT, Kind.IMAGE, Kind.AUDIO_VIDEO, Kind.TEXT, Kind.HTML, Kind.CALENDAR, Kind.MESSAGE})

_RIGHT_TO_LEFT = "\u202e"  # shows what follows it reversed
_DOTS = str.maketrans("。｡", "..")  # full stops that NFKC does not fold
_CLASS_ID = re.compile(r"\{[0-9a-f]{8}-[0-9a-f-]{27}\}$")  # Windows hides such an extension and obeys it; linear
_EDGES = " \t\r\n.\"'<>;,?#*|)]"
_BEFORE = _EDGES.replace(".", "")  # `.vbs` is all extension, and Windows runs it
_CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127]) | dict.fromkeys(map(ord, "\t\r\n"), " ")


def signs_of_names(names: Iterable[str]) -> tuple[Sign, ...]:
    """One sign for each extension that counts in any reading of any of these names."""
    found: dict[Sign, None] = {}
    for name in names:
        for reading in readings(name):
            found.update(dict.fromkeys(_signs(reading)))
    return tuple(found)


def kinds_of_name(name: str) -> frozenset[Kind]:
    return frozenset(sign.kind for sign in signs_of_names((name,)))


def readings(name: str) -> tuple[str, ...]:
    """The names that programs could make of this one: lower case, compatibility forms folded, last path component.

    Control, direction and zero-width characters are taken out; blanks, dots and quotes at the edges, `%2e`, `::$DATA`,
    and what follows a NUL are read as each system reads them.
    """
    if name.isascii() and name.replace(".", "").replace("-", "").replace("_", "").isalnum():
        return (name[-MAX_NAME:].rstrip(".").lower(),)  # the ordinary name has one reading
    found: dict[str, None] = {}
    for text in _decoded(name[-MAX_NAME:]):
        before, override, after = text.partition(_RIGHT_TO_LEFT)
        for spelled in (text, before + after[::-1]) if override else (text,):
            found.update(dict.fromkeys(_pieces(spelled)))
    return tuple(found)


def _decoded(name: str) -> Iterator[str]:
    yield name
    if "%" in name:
        once = unquote(name, errors="replace")
        yield once
        if "%" in once:
            yield unquote(once, errors="replace")


def _pieces(text: str) -> Iterator[str]:
    for whole in (text, text.partition("\0")[0]) if "\0" in text else (text,):
        folded = unicodedata.normalize("NFKC", whole.translate(_DOTS)).casefold()
        plain = folded.translate(_CONTROLS)
        if not plain.isascii():
            plain = "".join(filter(_is_written, plain))
        last = plain.replace("\\", "/").rstrip("/ .").rpartition("/")[2]
        yield last.rstrip(_EDGES).lstrip(_BEFORE)
        stream = last.partition(":")[0] if last[1:2] != ":" else last[2:].partition(":")[0]
        if ":" in last and stream:
            yield stream.rstrip(_EDGES).lstrip(_BEFORE)  # NTFS: what stands before the colon is the file


def _is_written(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cf", "Cn", "Cs", "Mn", "Me")


def _signs(reading: str) -> Iterator[Sign]:
    if _CLASS_ID.search(reading):
        yield Sign(kind=Kind.SHORTCUT, by=By.NAME, text="class identifier as extension")
        reading = _CLASS_ID.sub("", reading).rstrip(". ")
    _, *extensions = (piece.strip() for piece in reading.split("."))
    if not extensions:
        return
    last = KIND_OF.get(extensions[-1])
    if last is None and _is_volume(extensions):
        yield Sign(kind=Kind.ARCHIVE, by=By.NAME, text=f".{'.'.join(extensions[-2:])}")
    if last is not None:
        yield Sign(kind=last, by=By.NAME, text=f".{extensions[-1]}")
    for extension in extensions[:-1]:
        kind = KIND_OF.get(extension)
        if kind is not None and extension in _TELLING and (last in _HARMLESS or last is None):
            yield Sign(kind=kind, by=By.NAME, text=f".{extension} before .{extensions[-1][:20]}")


def _is_volume(extensions: Sequence[str]) -> bool:
    """Whether it is one of the pieces in which a large archive is sent: what the first would show, it does not."""
    return len(extensions) > 1 and extensions[-2] in _CUT and re.fullmatch(r"[0-9]{3}", extensions[-1]) is not None
