"""Words of mail, of its encodings and of containers: what chance alone would take too long to write."""

MAIL = (
    b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\n\n", b"--", b"=", b";", b":", b'"', b"(", b")", b"<", b">", b"\\",
    b"\0", b"\xff",
    b"Content-Type: ", b"multipart/mixed; boundary=x", b"\r\n--x\r\n", b"\r\n--x--\r\n", b"message/rfc822",
    b"text/html",
    b"Content-Transfer-Encoding: ", b"base64", b"quoted-printable", b"x-uuencode", b"Content-Disposition: attachment",
    b"filename*0*=utf-8''", b"filename=", b"name=", b"%00", b"=?utf-8?b?", b"=?x?q?", b"?=", b"utf-16", b"utf-7",
    b"begin 644 a.exe\r\n", b"=ybegin line=128 size=9 name=a\r\n", b"(This file must be converted with BinHex",
    b"TVqQ",
    b"<b ", b"<table>", b"<!--", b"<script>", b"style=display:none", b"&#x", b"> ", b"-----Original Message-----",
    b"From: ", b"charset=", b"MZ", b"PK\3\4", b"\xe2\x80\xae", b"Subject: ", b"\r\n\t", b"\r\n ", b"\xef\xb7\xba",
)  # fmt: skip
FILES = (
    b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"Rar!\x1a\7", b"7z\xbc\xaf\x27\x1c", b"MSCF", b"CD001", b"NSR02",
    b"070701", b"!<arch>\n", b"-lh5-", b"\x60\xea", b"ustar", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"conectix",
    b"\xd0\xcf\x11\xe0", b"\x78\x9f\x3e\x22", b"{\\rtf", b"\\objdata ", b"%PDF-1.4", b"obj", b"stream\n",
    b"endstream",
    b"/EmbeddedFile", b"/JavaScript", b"/Filter /FlateDecode", b"<<", b">>", b"xref", b"trailer", b"\x55\xaa", b"MZ",
    b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\1\0\0\0", b"\0\0\0\1", b"..", b"../",
    b"\0", b".exe",
    b"BEGIN:VCARD\r\n", b"ATTACH;ENCODING=BASE64:", b"From a@b.example Mon", b"data:application/x;base64,",
    b"word/vbaProject.bin",
)  # fmt: skip
SMTP = (
    b"MAIL FROM:<", b"RCPT TO:<", b"EHLO ", b"DATA", b"BDAT ", b"> SIZE=", b" BODY=8BITMIME", b" SMTPUTF8",
    b" NOTIFY=NEVER",
    b" ORCPT=rfc822;", b" ENVID=", b" RET=HDRS", b"+40", b"@", b">", b"\r\n.\r\n", b".", b"..", b"\r\n.", b"\r",
    b"\n", b"\0",
    b"250-", b"250 ", b"421 4.3.2 ", b"\r\n", b"\xc3\xbc", b"[127.0.0.1]", b"[IPv6:::1]", b'"', b"\\", b"postmaster",
    b"v=DKIM1; ", b"v=spf1 ", b"include:", b"%{i}", b"redirect=", b"b=", b";", b"=",
    b"DKIM-Signature: v=1; a=rsa-sha256; ",
)  # fmt: skip
MILTER = (
    b"\0\0\0\1", b"\0\0\0\2", b"\0\0\0\rO\0\0\0\6\0\0\1\xff\0\x1f\xff\xff", b"\0\0\0\1N", b"\0\0\0\1E", b"\0\0\0\1A",
    b"\0\0\0\1K", b"\0\0\0\1T", b"\0\0\0\1U", b"C", b"H", b"M", b"R", b"L", b"B", b"D", b"<a@b.example>\0",
    b"<>\0", b"<", b">\0",
    b"{auth_authen}\0", b"{tls_version}\0", b"{cert_subject}\0", b"v\0Postfix 3.7\0", b"4\0\x19127.0.0.1\0",
    b"U", b"\0", b"IPv6:", b"\xff\xff\xff\xff", b"SMTPUTF8\0", b"NOTIFY=NEVER\0", b"Received\0",
    b"\n\t", b"\r", b"\n", b"\r\n", b"\xff",
)  # fmt: skip
FRAMES = (
    b"I", b"D", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\1", b"{", b"}", b"[", b"]", b'"', b"null", b"1e999",
    b"NaN", b"-1",
    b"\\ud800", b'"observations":[', b'"verdicts":[', b'"action":"pass"', b'"score":', b",", b":", b"true",
    b"99999999999999999999",
)  # fmt: skip
