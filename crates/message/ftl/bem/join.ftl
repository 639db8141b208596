# DRAFT for review by speakers of Bemba, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

find-group = Fwayeni ibumba
join-group = Ingileni mwibumba
found-group = Tampeni ibumba
join-code = Kodi ya ibumba
join-code-help = Abena mupalamano balaishiba, nga KAB-017.
join-household = Ishina lya lupwa lwenu
join-pledge-help = Ukufuma pa { $least_ngwee } ukufika pa { $most_ngwee }. Te kulipila lelo.
join-button = Ingileni muli ili ibumba
join-ask-button = Lombeni ukwingila
joined-group = Mwaiseni muli { $name }. Ing'anda yenu ni namba { $number }.
joined-next = Icakonkapo: mita ya pa ng'anda yenu. Ipusheni bakapanga wenu.
already-member = Muli muli ili ibumba.
verdict-title = Ico cingapilibula kuli imwe
verdict-not-promise = Uku kupenda fye, te kulaya.
leave-group = Fumeni mwibumba
