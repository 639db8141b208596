# DRAFT for review by speakers of Nyanja, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

find-group = Pezani gulu
join-group = Lowani gulu
found-group = Yambitsani gulu
join-code = Kodi ya gulu
join-code-help = Anzanu oyandikana nawo amaidziwa, monga KAB-017.
join-household = Dzina la banja lanu
join-pledge-help = Kuyambira { $least_ngwee } mpaka { $most_ngwee }. Simuyenera kulipira lero.
join-button = Lowani gulu ili
join-ask-button = Pemphani kulowa
joined-group = Takulandirani ku { $name }. Nyumba yanu ndi nambala { $number }.
joined-next = Chotsatira: mita ya nyumba yanu. Funsani katswiri wanu.
already-member = Muli m'gulu ili.
verdict-title = Tanthauzo lake kwa inu
verdict-not-promise = Uku ndi kuyerekeza, si lonjezo.
leave-group = Tulukani m'gulu
