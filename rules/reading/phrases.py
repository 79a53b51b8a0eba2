"""The stock words by which mail programs and lawyers mark text that is not the author's own. Data only."""

# Field names of a message header as mail programs translate them when they forward or reply.
LABELS = {
    **dict.fromkeys(("from", "von", "de", "da", "van", "från", "fra", "od", "lähettäjä", "от", "gönderen"), "from"),
    **dict.fromkeys(("expéditeur", "mittente", "remitente", "差出人", "发件人", "寄件者"), "from"),
    **dict.fromkeys(("sent", "date", "gesendet", "datum", "envoyé", "enviado", "enviado el", "fecha"), "date"),
    **dict.fromkeys(("data", "inviato", "verzonden", "skickat", "sendt", "wysłano", "lähetetty", "дата"), "date"),
    **dict.fromkeys(("dato", "enviada em", "date d'envoi", "отправлено", "发送时间", "日時", "送信日時"), "date"),
    **dict.fromkeys(("to", "an", "à", "para", "a", "aan", "till", "til", "do", "vastaanottaja", "кому"), "to"),
    **dict.fromkeys(("kime", "收件人", "宛先", "destinataire", "destinatario"), "to"),
    **dict.fromkeys(("subject", "re", "betreff", "objet", "asunto", "assunto", "oggetto", "onderwerp"), "subject"),
    **dict.fromkeys(("ämne", "emne", "temat", "aihe", "тема", "konu", "主题", "主旨", "件名"), "subject"),
    **dict.fromkeys(("cc", "kopie", "copie à", "kopia", "копия", "抄送", "bcc"), "copy"),
}

# At the beginning of a marked line: `-----Original Message-----`, `Begin forwarded message:`.
FORWARD_MARKS = (
    "original message",
    "original appointment",
    "forwarded message",
    "forwarded by",
    "forwarded mail",
    "forwarded from",
    "begin forwarded message",
    "start of forwarded message",
    "message forwarded",
    "fwd message",
    "ursprüngliche nachricht",
    "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht",
    "originalnachricht",
    "message d'origine",
    "message original",
    "message transféré",
    "message transfere",
    "début du message réexpédié",
    "début du message transféré",
    "mensaje original",
    "mensaje reenviado",
    "mensagem original",
    "mensagem encaminhada",
    "messaggio originale",
    "messaggio inoltrato",
    "inizio messaggio inoltrato",
    "oorspronkelijk bericht",
    "origineel bericht",
    "doorgestuurd bericht",
    "ursprungligt meddelande",
    "vidarebefordrat meddelande",
    "oprindelig meddelelse",
    "opprinnelig melding",
    "videresendt",
    "alkuperäinen viesti",
    "wiadomość oryginalna",
    "oryginalna wiadomość",
    "исходное сообщение",
    "пересылаемое сообщение",
)

ATTRIBUTION_OPENERS = (
    "on ", "am ", "le ", "el ", "il ", "op ", "em ", "den ", "på ", "w dniu", "dnia ", "ma ", "at ", "in ", "quoting ",
)  # fmt: skip
# Where no such word begins the line: a weekday, a date, an address, a name in quotes.
ATTRIBUTION_OTHER_OPENERS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "0", "1", "2", "3", "<", '"')

ATTRIBUTION_VERBS = (
    "wrote", "writes", "said", "schrieb", "a écrit", "escribió", "ha scritto", "scrive", "schreef", "geschreven",
    "escreveu", "skrev", "kirjoitti", "napisał", "pisze", "написал", "пишет", "yazdı",
)  # fmt: skip

SIGN_OFFS = frozenset(
    (
        "regards", "best regards", "kind regards", "warm regards", "warmest regards", "with regards", "kindest regards",
        "sincerely", "sincerely yours", "yours sincerely", "yours truly", "yours faithfully", "very truly yours",
        "respectfully", "respectfully submitted", "best", "all the best", "best wishes", "cheers", "thanks",
        "thanks again", "thank you", "many thanks", "thanks in advance", "thx", "with thanks", "cordially", "love",
        "mit freundlichen grüßen", "viele grüße", "beste grüße", "mfg", "cordialement", "bien cordialement",
        "saludos", "saludos cordiales", "atentamente", "cordiali saluti", "met vriendelijke groet", "groeten",
        "atenciosamente", "med vänlig hälsning", "mvh", "med vennlig hilsen", "pozdrawiam", "с уважением",
    )
)  # fmt: skip

# Written by the telephone, not by its owner.
DEVICE_SIGNATURES = ("sent from my ", "get outlook for ", "sent via ", "von meinem iphone gesendet", "envoyé de mon ")

# The lines with which a notice begins when it follows other words without an empty line.
NOTICE_WORDS = ("confidentiality", "notice", "disclaimer", "++++", "****", "----", "____")

# A footer holds one of these …
FOOTER_STRONG = (
    "intended recipient", "intended only for", "intended solely", "solely for the use", "in error",
    "confidentiality notice", "confidentiality statement", "notify the sender", "disclaimer", "mailing list",
    "unsubscribe", "vertrauliche informationen", "irrtümlich erhalten", "destinataire prévu", "par erreur",
    "public records", "open records",
)  # fmt: skip
# … and two of these.
FOOTER_PHRASES = (
    *FOOTER_STRONG, "this e-mail", "this email", "this message", "this communication", "this transmission",
    "any attachment", "attachments", "privileged", "confidential", "prohibited", "unauthorized", "dissemination",
    "distribution", "delete", "destroy", "immediately", "notice:", "legally", "disclosure", "to unsubscribe",
    "opt out", "preferences", "subscribed", "listinfo", "you are receiving", "you received this", "virus",
)  # fmt: skip
