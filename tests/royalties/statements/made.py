# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements that the tests make: real headers, invented rows. Each has two sales, and what it says of them."""

import csv
import io
from decimal import Decimal as D
from typing import NamedTuple


class Made(NamedTuple):
    """`rows` are the cells below the header; `says` what the first sale must be read as."""

    header: str
    rows: tuple[str, ...]
    says: dict
    delimiter: str = ","
    before: tuple[str, ...] = ()

    def bytes(self, encoding="utf-8", end="\r\n", rows=None, header=None, quote=csv.QUOTE_MINIMAL):
        out = io.StringIO()
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator=end, quoting=quote)
        for line in (*self.before, header or self.header, *(self.rows if rows is None else rows)):
            writer.writerow(line.split("|"))
        return out.getvalue().encode(encoding)


TUNECORE = Made(
    "Sales Period|Posted Date|Store Name|Country Of Sale|Artist|Release Type|Release Title|Song Title|Label|UPC|"
    "Optional UPC|TC Song ID|Optional ISRC|Sales Type|# Units Sold|Per Unit Price|Net Sales|Net Sales Currency|"
    "Exchange Rate|Total Earned|Currency",
    (
        "2024-03|2024-05-01|Spotify|DE|Anna|Album|First|One|Own|602527121956||QZABC2400001||Streaming|\"1,200\"|"
        "0.002|2.4|EUR|1.1|2.64|USD".replace('"', ""),
        "2024-03|2024-05-01|Spotify|DE|Anna|Album|First|Two|Own|602527121956||TC1|QZABC2400002|Streaming|10|"
        "0.003|0.03|EUR|1.1|0.033|USD",
    ),
    {
        "month": "2024-03", "reported": "2024-05-01", "isrc": "QZABC2400001", "quantity": 1200, "net": D("2.4"),
        "sale_currency": "EUR", "exchange_rate": D("1.1"), "amount": D("2.64"), "currency": "USD", "title": "One",
    },
)  # fmt: skip
CDBABY = Made(
    "Report Date|Sales Date|Quantity|Price|Subtotal|Isrc|Barcode|CDBabySku|Album Name|Artist Name|Track Name|"
    "Partner Name|Transaction Type|Delivery Country",
    (
        "12/1/2023 12:00:00 AM|10/15/2023 12:00:00 AM|3|0.004|0.012|qzabc2300001|602527121956|sku|First|Anna|One|"
        "Spotify|Stream|US",
        "12/1/2023 12:00:00 AM|10/15/2023 12:00:00 AM|-1|0.7|-0.7|qzabc2300002|602527121956|sku|First|Anna|Two|"
        "Apple|Download|US",
    ),
    {"month": "2023-10", "isrc": "QZABC2300001", "amount": D("0.012"), "currency": "XXX", "unit_price": D("0.004")},
    delimiter="\t",
)  # fmt: skip
BANDCAMP = Made(
    "date|paid to|item type|item name|artist|currency|item price|quantity|discount code|sub total|seller tax|shipping|"
    "ship from country name|transaction fee|fee type|item total|amount you received|bandcamp transaction id|"
    "paypal transaction id|assessed revenue share|collected revenue share|balance of revenue share|"
    "change to payout balance|payout balance|net amount|package|option|item url|sku|catalog number|upc|isrc|"
    "buyer name|buyer email|buyer note|ship to name|ship to street|country|country code|region/state|city|referer|"
    "referer url",
    (
        "1/2/20 4:49am|payee@example.org|album|First|Anna|USD|7|1||7|0|0||0.5|cc|7|6.5|1234|P-99|1.05|1.05|0|0|0|"
        "5.45|digital||https://x.example|||602527121956||Bo Buyer|bo@example.org|hello|Bo|Street 1|Sweden|SE|Skane|"
        "Lund|Search|https://x.example",
        "1/3/20 4:49am|payee@example.org|payout||Anna|USD|0|1||0|0|0||0||0|0|||0|0|0|-5.45|0|-5.45||||||||||||||||||",
        "1/4/20 11:00pm|payee@example.org|track|One|Anna|USD|1|2||2|0|0||0.2|cc|2|1.8|1235|P-98|0.3|0.3|0|0|0|1.5|"
        "digital||https://x.example||||QZABC2000001|Ca Buyer|ca@example.org||||Norway|NO|Oslo|Oslo||",
    ),
    {"month": "2020-01", "amount": D("5.45"), "fee": D("1.55"), "gross": D("7"), "territory": "SE", "kind": "album"},
)  # fmt: skip
BELIEVE = Made(
    "Reporting month|Sales Month|Platform|Country / Region|Label Name|Artist Name|Release title|Track title|UPC|ISRC|"
    "Release Catalog nb|Streaming Subscription Type|Release type|Sales Type|Quantity|Client Payment Currency|"
    "Unit Price|Mechanical Fee|Gross Revenue|Client share rate|Net Revenue",
    (
        "2024/05/01|2024/03/01|Spotify|France|Own|Anna|First|One|602527121956|FRABC2400001|C1|Premium|Music|Stream|"
        "1\u00a0200|EUR|0,004|0|4,8|85,00%|4,08",
        "2024/05/01|2024/03/01|Spotify|France|Own|Anna|First|Two|602527121956|FRABC2400002|C1|Free|Music|Stream|"
        "10|EUR|0,0005|0|0,005|85,00%|0,00425",
    ),
    {
        "month": "2024-03", "reported": "2024/05/01", "tier": "Premium", "quantity": 1200, "unit_price": D("0.004"),
        "gross": D("4.8"), "share": D("85"), "amount": D("4.08"), "currency": "EUR",
    },
    delimiter=";",
)  # fmt: skip
BELIEVE_INDONESIAN = BELIEVE._replace(
    header="Bulan laporan|Bulan Penjualan|Platform|Negara|Nama Label|Nama Artis|Judul rilis|Judul track|UPC|ISRC|"
    "Referensi Katalog Rilis|Jenis Langganan Streaming|Jenis rilis|Jenis penjualan|Kuantias|"
    "Mata Uang Pembayaran Klien|Harga Unit|Biaya Mekanis|Pendapatan Kotor|Tingkat pembagian klien|Pendapatan Bersih"
)
FUGA_A = Made(
    "Royalty ID|Asset ISRC|Asset Title|Asset Artist|Product Title|Product UPC|Product Label|"
    "Sale net receipts calculation|Sale net receipts|Contract deal term|Reported Royalty|Asset/Product|Territory|"
    "Quantity|Sale Type|Sale User Type|Sale Start date|Sale End date|Sale Store Name|DSP|Exchange Rate|Currency|"
    "Sale ID",
    (
        "1|GBABC2300001|One|Anna|First|602527121956|Own|a*b|0.00164130103450794|85%|0.00139510587933175|Asset|GB|4|"
        "Stream|Family plan|2023-03-01|2023-03-31|Spotify|Spotify|1|EUR|s1",
        "2|GBABC2300002|Two|Anna|First|602527121956|Own|a*b|0.001|85%|0.00085|Asset|GB|1|Stream|Premium|2023-01-01|"
        "2023-03-31|Spotify|Spotify|1|EUR|s2",
    ),
    {
        "month": "2023-03", "period": "", "tier": "Family plan", "share": D("85"), "net": D("0.00164130103450794"),
        "amount": D("0.00139510587933175"), "isrc": "GBABC2300001", "service": "Spotify",
    },
)  # fmt: skip
FUGA_B = Made(
    "Sale ID|Sale Start date|Sale End date|DSP|Sale Store Name|Sale Type|Sale User Type|Territory|Product UPC|"
    "Product Title|Product Artist|Asset ISRC|Asset Title|Asset Artist|Product Quantity|Asset Quantity|"
    "Original Gross Income|Original currency|Exchange Rate|Converted Gross Income|Contract deal term|Reported Royalty|"
    "Currency|Report Run ID|Report ID",
    (
        "s1|2024-06-01|2024-06-30|Deezer|Deezer|Stream|Premium|FR|602527121956|First|Anna|GBABC2300001|One|Anna|0|10|"
        "0.05|GBP|1.2|0.06|80%|0.048|EUR|r|p",
        "s2|2024-06-01|2024-06-30|Deezer|Deezer|Stream|Premium|FR|602527121956|First|Anna|GBABC2300002|Two|Anna|0|10|"
        "0.10|GBP|1.2|0.12|80%|0.096|EUR|r|p",
    ),
    {"month": "2024-06", "gross": D("0.05"), "sale_currency": "GBP", "net": D("0.06"), "amount": D("0.048"),
     "quantity": 10, "currency": "EUR"},
)  # fmt: skip
ORCHARD = Made(
    "STATEMENT PERIOD|TRANSACTION DATE|STORE|SERVICE DETAIL|SALE COUNTRY|PRODUCT ARTIST|PRODUCT|TRACK ARTIST|TRACK|"
    "TRACK VERSION|ISRC|DISPLAY UPC|LABEL IMPRINT|ACCOUNT NAME|TRANSACTION TYPE|TRANSACTION SUBTYPE|QUANTITY|"
    "GROSS REVENUE ACCOUNT CURRENCY|NET SHARE ACCOUNT CURRENCY|ACCOUNT CURRENCY|SALE CURRENCY",
    (
        "June 2025|2025-04-30|Apple Music|Family|US|Anna|First|Anna|One||USABC2500001|empty:602527121956|Own|Acc|"
        "Stream|Paid|7|0.07|0.05|USD|USD",
        "June 2025|2025-04-30|Apple Music|Family|US|Anna|First|Anna|Two||USABC2500002|empty:602527121956|Own|Acc|"
        "Stream|Paid|1|0.01|0.007|USD|USD",
    ),
    {"month": "2025-04", "reported": "June 2025", "tier": "Family", "upc": "602527121956", "gross": D("0.07"),
     "amount": D("0.05"), "title": "One"},
)  # fmt: skip
SYMPHONIC = Made(
    "Reporting Period|Label|Release Name|Release Version|Release Artists|UPC Code|Catalogue|Track Title|Mix Version|"
    "ISRC Code|Track Artists|Digital Service Provider|Activity Period|Territory|Delivery|Content Type|Sale or Void|"
    "Count|Royalty ($US)",
    (
        "JUN-26|Own|First||Anna|602527121956||One||USABC2600001|Anna|Spotify|APR-26|US|Streaming|Track|Void|5|0.02",
        "JUN-26|Own|First||Anna|602527121956||One||USABC2600001|Anna|Spotify|APR-26|US|Streaming|Track|Sale|900|3.41",
    ),
    {"month": "2026-04", "quantity": -5, "amount": D("-0.02"), "sign": -1, "currency": "USD"},
)
IMUSICIAN = Made(
    "Sales date|Statement date|Release title|Barcode|Label|ISRC|Track title|Track version|Shop|Transaction type|"
    "Country|Quantity|Revenue EUR",
    (
        "2025-01|2025-03|First|602527121956|Own|CHABC2500001|One||Spotify|Stream|CH|11|0.033",
        "2025-01|2025-03|First|602527121956|Own|CHABC2500001|One||Spotify|Stream|CH|11|0.033",
    ),
    {"month": "2025-01", "reported": "2025-03", "currency": "EUR", "amount": D("0.033")},
)
IMUSICIAN_SUMMARY = Made(
    "Release title|Barcode|Track streams|Total revenue EUR",
    ("First|602527121956|1100|3.3", "Second|602527121957|10|0.03"),
    {"month": "", "quantity": 1100, "amount": D("3.3"), "currency": "EUR"},
)
SOUNDCLOUD = Made(
    "Track|Artist(s)|Partner|UPC|ISRC|Type|Country|Reporting Period|Units|Revenue (USD)|Revenue Share (%)|"
    "Split Pay Share (%)",
    (
        "One|Anna|Spotify|602527121956|USABC2500001|Stream|US|2025-02|9|0.03|100|50",
        "Two|Anna|Spotify|602527121956|USABC2500002|Stream|US|2025-02|1|0.003|100|50",
    ),
    {"month": "2025-02", "share": D(50), "currency": "USD", "amount": D("0.03"), "artist": "Anna", "row": 4},
    before=("Account ID", "6a1e2b1c-0000-4000-8000-000000000000"),
)
DITTO = Made(
    "isrc|tracktitle|artistname|storename|startdate|enddate|releasetitle|earnings (£)|netearnings (£)|commission %|"
    "splits %|commissiontype",
    (
        "GBABC2400001|One|Anna|Spotify|2024-07-01|2024-07-31|First|1.00|0.90|10|100|stream",
        "GBABC2400001||||||||0.90|||",
        "GBABC2400002|Two|Anna|Spotify|2024-07-01|2024-07-31|First|0.10|0.09|10|100|stream",
    ),
    {"month": "2024-07", "gross": D("1.00"), "amount": D("0.90"), "currency": "GBP", "quantity": 0},
)
SONOSUITE = Made(
    "id|start_date|end_date|confirmation_report_date|country|currency|type|units|unit_price|gross_total|other_costs|"
    "channel_costs|taxes|net_total|currency_rate|net_total_client_currency|user_email|channel|label|artist|release|upc|"
    "track_title|isrc",
    (
        "1|2025-01-01|2025-01-31|2025-03-01|ES|EUR|stream|100|0.004|0.4|0.01|0.02|0.03|0.34|1|0.34|me@example.org|"
        "Spotify|Own|Anna|First|602527121956|One|ESABC2500001",
        "2|2025-01-01|2025-01-31|2025-03-01|ES|EUR|stream|10|0.004|0.04|0|0|0|0.04|1|0.04|me@example.org|"
        "Spotify|Own|Anna|First|602527121956|Two|ESABC2500002",
    ),
    {"month": "2025-01", "gross": D("0.4"), "fee": D("0.06"), "amount": D("0.34"), "unit_price": D("0.004")},
)  # fmt: skip
SECRETLY = Made(
    "Internal Invoice Number|Internal Serial Number|Invoice_Description|Catalog Number|UPC|Product ID|Artist|"
    "Product Title|Title_Description|Format|Customer|Digital Service Provider_Subdescription|Country Code|"
    "Transaction Type|Quantity|Gross Unit Price|Total Gross Income|Distribution Fee Total|Label Net Unit Price|"
    "Label Net Total|datePaidlast",
    (
        "1|1|x|C1|602527121956|USABC2300001|Anna|First|One|Digital|Spotify|Premium|US|Stream|4|0.00321594130825|"
        "0.012863765233|0.00192956478495|0.0027335501|0.01093420044805|2023-06-30",
        "2|2|x|C1|602527121956|USABC2300002|Anna|First|Two|Digital|Spotify|Premium|US|Stream|1|0|-|-|0|-|2023-06-30",
    ),
    {"month": "2023-06", "gross": D("0.012863765233"), "fee": D("0.00192956478495"),
     "amount": D("0.01093420044805"), "tier": "Premium", "currency": "XXX"},
)  # fmt: skip
YOUTUBE = Made(
    "Adjustment Type|Day|Country|Asset ID|Asset Title|Asset Labels|Asset Channel ID|Asset Type|Custom ID|ISRC|UPC|"
    "GRid|Artist|Album|Label|Owned Views|YouTube Revenue Split|Partner Revenue",
    (
        "None|20250301|US|A1|One|||Sound Recording||USABC2500001|602527121956||Anna|First|Own|1000|0.4|0.6",
        "None|20250302|US|A1|One|||Sound Recording||USABC2500001|602527121956||Anna|First|Own|10|0.004|0.006",
    ),
    {"month": "2025-03", "quantity": 1000, "amount": D("0.6"), "isrc": "USABC2500001", "row": 3},
    before=("YouTube report",),
)
YOUTUBE_SUBSCRIPTIONS = Made(
    "Adjustment Type|Month|Country|Asset ID|Asset Title|Asset Type|ISRC|Artist|Owned Views|"
    "Partner Revenue : Pro Rata|Partner Revenue : Per Sub Min",
    ("None|2025-03|US|A1|One|Sound Recording|USABC2500001|Anna|10|0.06|0.02",
     "None|2025-03|US|A1|One|Sound Recording|USABC2500001|Anna|10|0.06|"),
    {"month": "2025-03", "amount": D("0.08"), "quantity": 10},
)  # fmt: skip
PRS = Made(
    "Record Number|CAE Number|Work Title|Amount (performance revenue)|IP1",
    ("1|00123456789|One|0000000012.34|ANNA A", "2|00123456789|Two|0000000000.05|ANNA A"),
    {"month": "", "amount": D("12.34"), "right": "work", "title": "One", "currency": "XXX"},
)
ASCAP = Made(
    "DistributionYear|Distribution Quarter|Statement Recipient ID|Statement Recipient Name|Party ID|Party Name|"
    "Performance Source/Broadcast Medium|Music User Genre|Music User|Work ID|Work Title|Number of Plays|"
    "Performance Type (Usage)|Credits|Dollars|Performance Quarter",
    ("2025|4|1|Anna|1|Anna|Streaming|Digital|Spotify|W1|One|10|Feature|1.23|4.56|2Q2025",
     "2025|4|1|Anna|1|Anna|Streaming|Digital|Spotify|W2|Two|1|Feature|0.1|0.4|2Q2025"),
    {"month": "2025-06", "period": "2025-Q2", "amount": D("4.56"), "currency": "USD", "right": "work", "work": "W1"},
)  # fmt: skip
ASCAP_ABROAD = Made(
    "File Type|Statement Recipient Name|Statement Recipient ID|Party Name|Party ID|Distribution Date|Country Name|"
    "Performance Start Date|Performance End Date|Licensor|Work Title|Work ID|Revenue Class Code|"
    "Revenue Class Description| $ Amount|Role Type|Type Of Right|Territory",
    ("R|Anna|1|Anna|1|01-31-2026|SWEDEN|04-01-2025|06-30-2025|STIM|One|W1|C|Online|0000004.56|Writer|Perf|SE",
     "R|Anna|1|Anna|1|01-31-2026|SWEDEN|06-01-2025|06-30-2025|STIM|Two|W2|C|Online|0000000.40|Writer|Perf|SE"),
    {"month": "2025-06", "period": "2025-04/2025-06", "amount": D("4.56"), "service": "STIM", "territory": "SE"},
)  # fmt: skip

#: By the name of the reader, then the generation.
MADE = {
    "tunecore": {"": TUNECORE},
    "cdbaby": {"": CDBABY},
    "bandcamp": {"": BANDCAMP},
    "believe": {"english": BELIEVE, "indonesian": BELIEVE_INDONESIAN},
    "fuga": {"A": FUGA_A, "B": FUGA_B},
    "orchard": {"": ORCHARD},
    "symphonic": {"": SYMPHONIC},
    "imusician": {"detail": IMUSICIAN, "summary": IMUSICIAN_SUMMARY},
    "soundcloud": {"": SOUNDCLOUD},
    "ditto": {"": DITTO},
    "sonosuite": {"": SONOSUITE},
    "secretly": {"": SECRETLY},
    "youtube": {"assets": YOUTUBE, "subscriptions": YOUTUBE_SUBSCRIPTIONS},
    "prs": {"": PRS},
    "ascap": {"domestic": ASCAP, "abroad": ASCAP_ABROAD},
}

DSR_HEAD = "HEAD\tdsrf/30\tBasicAudioProfile\t1.4\tM1\t2026-03-10T00:00:00Z\t1\t1\t2026-02-01\t2026-02-28\tPADPIDA1\tMelody\tAll\tPADPIDA2\tOwn\tAll"  # noqa: E501
#: A block of a summary record (pool 1,000 EUR of 100,000 uses, ours 2,000 of them), a track, its streams.
DSR = "\n".join(
    [
        DSR_HEAD,
        "#SU02.02\tBlockId\tSummaryRecordId\tSalesTransactionId\tTransactedRelease\tTransactedResource\t"
        "IsRoyaltyBearing\tNumberOfStreams\tPriceConsumerPaidExcSalesTax\tPromotionalActivity\tUseType",
        "SY03.01\tS1\t\t\tSubscriptionModel\tOnDemandStream\tSE\tMelody Premium\t100000\t500\tEUR\t1000\tOwn\t\t2000\t"
        "14\t20\t0.02\t\t\t\t\tIndividual",
        "AS01.02\tB1\tR1\tD1\tSEABC2600001\tOne\\|Two\t\tAnna\t\tPT3M0S\tSoundRecording",
        "SU02.02\tB1\tS1\tT1\t\tR1\ttrue\t1500\t\t\tStream",
        "SU02.02\tB1\tS1\tT2\t\tR1\tfalse\t500\t\t\tStream",
        "FOOT\t7\t7\t1\t1\t1\n",
    ]
).encode()
DSR_SRB = "\n".join(
    [
        "SRHE\tdsrf/30\tFinancialReportingToRecordCompaniesProfileSRB\t1.0\tM1\t2026-03-10T00:00:00Z\t1\t1\t2026-02-01\t"
        "2026-02-28\tPADPIDA1\tMelody\tAll\tPADPIDA2\tOwn\tAll",
        "#SY10.01\tSummaryRecordId\tCommercialModel\tTerritory\tUsages\tAllocatedUsages\tCurrencyOfAccounting\t"
        "NetRevenueInCurrencyOfAccounting\tAllocatedNetRevenueInCurrencyOfAccounting",
        "#SR08.01\tSalesTransactionId\tReleaseICPN\tReleaseTitle\tResourceISRC\tResourceTitle\t"
        "ResourceDisplayArtistName\tSummaryRecordId\tTotalUsages\tReturns\t"
        "CalculatedUnitPriceInCurrencyOfAccounting\tAllocatedRevenueInCurrencyOfAccounting\t"
        "AllocatedNetRevenueInCurrencyOfAccounting",
        "SY10.01\tS1\tSubscriptionModel\tSE\t1000\t10\tSEK\t500\t5",
        "SR08.01\tT1\t602527121956\tFirst\tSEABC2600001\tOne\tAnna\tS1\t12\t2\t0.6\t6\t5",
        "SRFO\t6\t1\n",
    ]
).encode()
