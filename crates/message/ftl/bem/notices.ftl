# DRAFT for review by speakers of Bemba, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

sms-code = Innerlectra: kodi yenu ni { $code }. Ikapwa pa { $until_clock }. Mwilaeba umuntu, nangu umukalamba we bumba.
sms-refused = Innerlectra: { $name } talimusumine. Ipusheni cheyamani.
sms-reset-waits = Innerlectra: kangalila asumina PIN ipya kuli imwe. Kodi ikesa mu maawala 24. Nga te imwe, ingileni na PIN yenu: cilaleka.
sms-reset-done = Innerlectra: PIN yenu yaalulwa. Nga te imwe, ebeni kasunga wa ndalama nomba.
sms-payment-in = Innerlectra: { $who } amulipila { $amount_ngwee }. Nomba mwakwata { $balance_ngwee }.
sms-account-exists = Innerlectra: iyi namba yakwata kale akaunti. Ingileni na PIN yenu. Nga mwailaba, ipusheni bakasunga wa ndalama babili.
notice-welcome = Mwaiseni muli { $name }. Ing'anda yenu ni namba { $number }.
notice-admitted = { $name } lyamusumina.
notice-payment-in = { $who } amulipila { $amount_ngwee }.
notice-reset-done = PIN yenu yaalulwa. Nga te imwe, ebeni kasunga wa ndalama nomba.
sms-cash-in = Innerlectra: mwalipila { $amount_ngwee } ulupiya. Nomba mwakwata { $balance_ngwee }.
sms-cash-debt = Innerlectra: mwalipila { $amount_ngwee } ulupiya. { $debt_ngwee } yalipila inkongole yenu. Nomba mwakwata { $balance_ngwee }.
sms-payout-asked = Innerlectra: mwalomba { $amount_ngwee } ulupiya, namba { $number }. Nga te imwe, fufuteni kabili cinjeni PIN yenu.
sms-payout-paid = Innerlectra: mwapoka { $amount_ngwee } ulupiya, namba { $number }. Nga tamupokele, ebeni cheyamani nomba.
notice-cash-in = Mwalipila { $amount_ngwee } ulupiya kuli { $name }. Nomba mwakwata { $balance_ngwee }.
notice-cash-debt = Mwalipila { $amount_ngwee } ulupiya kuli { $name }. { $debt_ngwee } yalipila inkongole yenu. Nomba mwakwata { $balance_ngwee }.
notice-payout-paid = { $name } yamupeela { $amount_ngwee } ulupiya, namba { $number }. Nga tamupokele, ebeni cheyamani nomba.
