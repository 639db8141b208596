# DRAFT for review by speakers of Nyanja, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

sms-code = Innerlectra: kodi yanu ndi { $code }. Itha pa { $until_clock }. Musauze munthu, ngakhale woyang'anira.
sms-refused = Innerlectra: { $name } silinakulandireni. Funsani wapampando.
sms-reset-waits = Innerlectra: woyendetsa wavomera PIN yatsopano yanu. Kodi ibwera m'maola 24. Si inu? Lowani ndi PIN yanu: izi zidzaleka.
sms-reset-done = Innerlectra: PIN yanu yasinthidwa. Ngati si inu, uzani wosunga ndalama tsopano.
sms-payment-in = Innerlectra: { $who } wakulipirani { $amount_ngwee }. Tsopano muli ndi { $balance_ngwee }.
sms-account-exists = Innerlectra: nambala iyi ili kale ndi akaunti. Lowani ndi PIN yanu. Ngati mwaiiwala, funsani osunga ndalama awiri a gulu lanu.
notice-welcome = Takulandirani ku { $name }. Nyumba yanu ndi nambala { $number }.
notice-admitted = { $name } lakulandirani.
notice-payment-in = { $who } wakulipirani { $amount_ngwee }.
notice-reset-done = PIN yanu yasinthidwa. Ngati si inu, uzani wosunga ndalama tsopano.
sms-cash-in = Innerlectra: mwalipira { $amount_ngwee } ndalama za m'manja. Tsopano muli ndi { $balance_ngwee }.
sms-cash-debt = Innerlectra: mwalipira { $amount_ngwee } m'manja. { $debt_ngwee } yalipira ngongole yanu. Tsopano muli ndi { $balance_ngwee }.
sms-payout-asked = Innerlectra: mwapempha { $amount_ngwee } m'manja, nambala { $number }. Ngati si inu, fufutani ndi kusintha PIN yanu.
sms-payout-paid = Innerlectra: mwalandira { $amount_ngwee } m'manja, nambala { $number }. Ngati simunalandire, uzani wapampando tsopano.
notice-cash-in = Mwalipira { $amount_ngwee } m'manja ku { $name }. Tsopano muli ndi { $balance_ngwee }.
notice-cash-debt = Mwalipira { $amount_ngwee } m'manja ku { $name }. { $debt_ngwee } yalipira ngongole yanu. Tsopano muli ndi { $balance_ngwee }.
notice-payout-paid = { $name } yakupatsani { $amount_ngwee } m'manja, nambala { $number }. Ngati simunalandire, uzani wapampando tsopano.
