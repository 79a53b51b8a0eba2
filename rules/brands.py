"""Names that deceivers borrow, with the domains of their owners, and hosts where anybody can put a page. Data only."""

# (pattern of the name, in RE2's syntax; registered domains of the owner, and of whom it sends mail through)
BRANDS = (
    (r"paypal|venmo", ("paypal.com", "venmo.com")),
    (r"microsoft|office ?365|outlook|onedrive|sharepoint|ms ?teams", ("microsoft.com", "office.com", "outlook.com",
        "live.com", "sharepoint.com", "microsoftonline.com", "office365.com", "teams.ms")),
    (r"google|gmail|youtube", ("google.com", "gmail.com", "googlemail.com", "youtube.com")),
    (r"apple ?(?:id|support|pay|care|store|music)|icloud|itunes", ("apple.com", "icloud.com")),
    (r"amazon|prime ?video", ("amazon.com", "amazonaws.com", "amazon.co.uk", "amazon.de", "primevideo.com")),
    (r"docu ?sign|adobe ?(?:sign|acrobat|document)", ("docusign.com", "docusign.net", "adobe.com", "adobesign.com")),
    (r"netflix|spotify|disney ?(?:\+|plus)|hulu", ("netflix.com", "spotify.com", "disneyplus.com", "hulu.com")),
    (r"dhl|fed ?ex|usps|ups (?:delivery|express|support|parcel|package|tracking)|royal ?mail|hermes|dpd|correios"
     r"|correos|la ?poste|colissimo|post ?nl|bpost|deutsche ?post|poste ?italiane",
        ("dhl.com", "dhl.de", "fedex.com", "usps.com", "ups.com", "royalmail.com", "myhermes.de", "dpd.com", "dpd.de",
         "dpd.co.uk", "correios.com.br", "correos.es", "laposte.fr", "laposte.net", "postnl.nl", "bpost.be",
         "deutschepost.de", "poste.it")),
    (r"irs|internal revenue|social security administration|e-?z ?pass|receita federal|banco central",
        ("irs.gov", "ssa.gov", "treasury.gov", "e-zpassny.com", "gov.br")),
    (r"wells ?fargo|bank ?of ?america|citi ?bank|hsbc|santander|barclays|capital ?one|jp ?morgan|chase (?:bank|online)"
     r"|navy ?federal|pnc ?bank|td ?bank|us ?bank|zelle|cash ?app",
        ("wellsfargo.com", "bankofamerica.com", "citibank.com", "citi.com", "hsbc.com", "santander.com", "barclays.com",
         "santander.com.br", "capitalone.com", "chase.com", "jpmorgan.com", "navyfederal.org", "pnc.com", "td.com",
         "usbank.com", "zellepay.com", "cash.app", "square.com")),
    (r"ita[uú]|bradesco|nubank|banco do brasil|caixa econ[oô]mica|mercado ?(?:pago|livre|libre)|sparkasse|volksbank"
     r"|postbank|commerzbank|cr[eé]dit ?agricole|bnp ?paribas|soci[eé]t[eé] ?g[eé]n[eé]rale|bbva|caixa ?bank|rabobank"
     r"|intesa ?sanpaolo|uni ?credit",
        ("itau.com.br", "bradesco.com.br", "nubank.com.br", "bb.com.br", "caixa.gov.br", "mercadopago.com",
         "mercadolivre.com", "mercadolivre.com.br", "mercadolibre.com", "sparkasse.de", "volksbank.de", "postbank.de",
         "commerzbank.de", "credit-agricole.fr", "bnpparibas.com", "bnpparibas.net", "socgen.com", "bbva.com",
         "caixabank.es", "caixabank.com", "rabobank.nl", "intesasanpaolo.com", "unicredit.it")),
    (r"american ?express|mastercard|visa card", ("americanexpress.com", "aexp.com", "mastercard.com", "visa.com")),
    (r"coin ?base|binance|meta ?mask|trust ?wallet|blockchain\.com|kraken|ledger (?:live|wallet|support)|opensea",
        ("coinbase.com", "binance.com", "metamask.io", "trustwallet.com", "blockchain.com", "kraken.com", "ledger.com",
         "opensea.io")),
    (r"facebook|instagram|whats ?app|linked ?in|dropbox|ebay|we ?transfer|zoom (?:meeting|video)|slack",
        ("facebook.com", "facebookmail.com", "meta.com", "instagram.com", "whatsapp.com", "linkedin.com", "dropbox.com",
         "dropboxmail.com", "ebay.com", "wetransfer.com", "zoom.us", "slack.com")),
    (r"norton|mc ?afee|geek ?squad|life ?lock|avast|malwarebytes",
        ("norton.com", "nortonlifelock.com", "gendigital.com", "mcafee.com", "geeksquad.com", "bestbuy.com",
         "lifelock.com", "avast.com", "malwarebytes.com")),
    (r"costco|wal-?mart|walgreens|cvs|home ?depot|lowe'?s|kohl'?s|target (?:gift|reward|survey|shopper)|best ?buy"
     r"|ace hardware|harbor freight|sam'?s club|marriott|southwest airlines|delta air",
        ("costco.com", "walmart.com", "walgreens.com", "cvs.com", "homedepot.com", "lowes.com", "kohls.com",
         "target.com", "bestbuy.com", "acehardware.com", "harborfreight.com", "samsclub.com", "marriott.com",
         "southwest.com", "delta.com")),
    (r"t-?mobile|verizon|at ?& ?t|xfinity|comcast|spectrum (?:mobile|internet|billing)|telekom|vodafone",
        ("t-mobile.com", "t-mobileusa.com", "verizon.com", "verizonwireless.com", "att.com", "att-mail.com",
         "xfinity.com", "comcast.com", "comcast.net", "spectrum.com", "spectrum.net", "telekom.de", "vodafone.com",
         "vodafone.de")),
    (r"quick ?books|intuit|turbo ?tax|adp (?:payroll|workforce|portal)|paychex|bill\.com",
        ("intuit.com", "quickbooks.com", "adp.com", "paychex.com", "bill.com")),
)  # fmt: skip

FREE_MAIL = frozenset(
    {
        *("aol.com", "gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "icloud.com"),
        *("inbox.ru", "live.com", "mail.com", "mail.ru", "msn.com", "netscape.net", "outlook.com", "proton.me"),
        *("protonmail.com", "rediffmail.com", "tutanota.com", "web.de", "yahoo.co.uk", "yahoo.com", "yahoo.com.br"),
        *("yahoo.fr", "yandex.com", "yandex.ru", "zoho.com", "zohomail.com"),
    }
)

# Whoever puts a page there need not show who he is. Services where cities and partners keep files are not among them.
FREE_HOSTS = frozenset((
    *("000webhostapp.com", "altervista.org", "appspot.com", "azurewebsites.net", "backblazeb2.com", "blogspot.com"),
    *("cloudfront.net", "codeanyapp.com", "cprapid.com", "duckdns.org", "firebaseapp.com", "fly.dev", "fleek.co"),
    *("framer.app", "gitbook.io", "github.io", "glitch.me", "godaddysites.com", "herokuapp.com", "ipfs.io"),
    *("myftp.org", "myportfolio.com", "netlify.app", "ngrok.io", "ngrok-free.app", "nxcli.io", "on.fleek.co"),
    *("onrender.com", "pages.dev", "plesk.page", "r2.dev", "repl.co", "square.site", "storage.googleapis.com"),
    *("surge.sh", "trycloudflare.com", "typedream.app", "vercel.app", "web.app", "web.core.windows.net"),
    *("webflow.io", "weebly.com", "weeblysite.com", "wixsite.com", "workers.dev", "yolasite.com", "zapto.org"),
    *("blob.core.windows.net", "s3.amazonaws.com", "translate.goog", "translate.google.com"),
))  # fmt: skip
# They hide where a link leads.
SHORTENERS = frozenset((
    *("bit.do", "bit.ly", "cutt.ly", "goo.su", "is.gd", "lnk.ink", "ow.ly", "qrco.de", "rb.gy", "rebrand.ly", "s.id"),
    *("shorturl.at", "t.co", "t.ly", "t2m.io", "tiny.cc", "tinyurl.com", "urlz.fr", "v.gd"),
))  # fmt: skip
