# DRAFT for review by speakers of Nyanja, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

error-general = Sizinatheke. Ngati mukufuna thandizo, nenani kodi iyi: { $code }.
error-sign_in_needed = Chonde lowani kaye.
error-sign_in_failed = Nambala ya foni kapena PIN siyolondola. Yesaninso.
error-session_ended = Mwatulutsidwa. Lowaninso.
error-pin_locked = Mwalakwitsa PIN kambiri. Dikirani mpaka { $until_clock }, kenako yesaninso.
error-pin_form = PIN imakhala ndi manambala 4 mpaka 6. Sankhani ina.
error-pin_weak = PIN iyi ndi yosavuta kudziwa. Sankhani ina.
error-pin_differs = Ma PIN awiri sakufanana. Lembaninso.
error-pin_wrong = Si PIN yanu. Yesaninso.
error-phone_form = Si nambala ya foni. Imaoneka ngati 097 123 4567.
error-phone_foreign = Nambala iyi si ya kuno. Gwiritsani ntchito ya dziko lino.
error-phone_not_mobile = Nambala iyi silandira SMS. Gwiritsani ntchito ina.
error-phone_taken = Nambala iyi singagwiritsidwe ntchito. Lowani, kapena pemphani PIN yatsopano.
error-reset_code_wrong = Kodi siyolondola kapena yatha. Pemphani ina.
error-not_allowed = Simuloledwa kuchita ichi. Funsani woyang'anira gulu.
error-too_many_requests = Mwayesa kambiri. Dikirani mphindi imodzi, kenako yesaninso.
error-cluster_unknown = Palibe gulu la kodi iyi. Funsani anzanu oyandikana nawo.
error-cluster_full = Gulu ili ladzaza. Pezani lina, kapena yambitsani latsopano.
error-already_member = Muli kale m'gulu ili.
error-already_asked = Mwapempha kale. Woyang'anira adzayankha.
error-contribution_out_of_range = Zimene muikamo zikhale kuyambira { $least_ngwee } mpaka { $most_ngwee }.
error-balance_owed = Muli ndi ngongole ya { $owed_ngwee }. Lipirani kaye, kenako mutuluke.
error-field_missing = Pali chosowa. Lembani zonse.
error-self_payment = Simungadzilipire nokha. Sankhani wina.
error-exceeds_balance = Muli ndi { $balance_ngwee } basi. Sankhani zochepa.
error-not_found = Palibe tsamba ili.
error-database_busy = Sitingawerenge mabuku tsopano. Palibe chachitika. Dikirani mphindi imodzi, kenako yesaninso.
code-to-tell = Ngati mukufuna thandizo, nenani kodi iyi:
not-found = Palibe tsamba ili.
busy = Sitingawerenge mabuku tsopano.
busy-step = Dikirani mphindi imodzi, kenako tsegulaninso.
no-money-moved = Palibe ndalama zimene zayenda.
