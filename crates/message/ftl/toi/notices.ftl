# DRAFT for review by speakers of Tonga, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

sms-code = Innerlectra: kkodi yanu ni { $code }. Imana a { $until_clock }. Mutaambili muntu pe, naba mupati.
sms-refused = Innerlectra: { $name } tiyamutambula pe. Amubuzye ceyamani.
sms-reset-waits = Innerlectra: mweendelezi wazumina PIN mpya kulindinywe. Kkodi ilaboola mumawoola 24. Tali ndinywe? Amunjile a PIN yanu: cilaleka.
sms-reset-done = Innerlectra: PIN yanu yacincwa. Kuti tali ndinywe pe, amwaambile muyobozi wamali lino.
sms-payment-in = Innerlectra: { $who } wamubbadala { $amount_ngwee }. Lino mujisi { $balance_ngwee }.
sms-account-exists = Innerlectra: nambala eeyi ijisi kale akaunti. Amunjile a PIN yanu. Kuti mwailuba, amubuzye bayobozi bamali bobilo.
notice-welcome = Mwatambulwa ku { $name }. Iinda lyanu ndinambala { $number }.
notice-admitted = { $name } yamutambula.
notice-payment-in = { $who } wamubbadala { $amount_ngwee }.
notice-reset-done = PIN yanu yacincwa. Kuti tali ndinywe pe, amwaambile muyobozi wamali lino.
sms-cash-in = Innerlectra: mwabbadala { $amount_ngwee } mumaanza. Lino mujisi { $balance_ngwee }.
sms-cash-debt = Innerlectra: mwabbadala { $amount_ngwee } mumaanza. { $debt_ngwee } yabbadala cikwelete canu. Lino mujisi { $balance_ngwee }.
sms-payout-asked = Innerlectra: mwalomba { $amount_ngwee } mumaanza, nambala { $number }. Kuti tali ndinywe pe, amugwisye alimwi amucince PIN yanu.
sms-payout-paid = Innerlectra: mwatambula { $amount_ngwee } mumaanza, nambala { $number }. Kuti tamutambwide, amwaambile ceyamani lino.
notice-cash-in = Mwabbadala { $amount_ngwee } mumaanza ku { $name }. Lino mujisi { $balance_ngwee }.
notice-cash-debt = Mwabbadala { $amount_ngwee } mumaanza ku { $name }. { $debt_ngwee } yabbadala cikwelete canu. Lino mujisi { $balance_ngwee }.
notice-payout-paid = { $name } yamupa { $amount_ngwee } mumaanza, nambala { $number }. Kuti tamutambwide, amwaambile ceyamani lino.
