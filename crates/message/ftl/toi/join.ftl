# DRAFT for review by speakers of Tonga, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

find-group = Amuyandaule nkamu
join-group = Amunjile nkamu
found-group = Amutalike nkamu
join-code = Kkodi yankamu
join-code-help = Bamukkala aambali balizyi, mbuli KAB-017.
join-household = Zina lyamukwasyi wanu
join-pledge-help = Kuzwa ku { $least_ngwee } kusika ku { $most_ngwee }. Tamweelede kubbadala sunu pe.
join-button = Amunjile nkamu eeyi
join-ask-button = Amulombe kunjila
joined-group = Mwatambulwa ku { $name }. Iinda lyanu ndinambala { $number }.
joined-next = Citobela: mita yaanda lyanu. Amubuzye sikubamba wanu.
already-member = Muli munkamu eeyi.
verdict-title = Nzyocaamba kulindinywe
verdict-not-promise = Ooku nkuyeeyela, tacili cisyomezyo pe.
leave-group = Amuzwe munkamu
