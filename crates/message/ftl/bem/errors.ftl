# DRAFT for review by speakers of Bemba, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

error-general = Tacabomba. Nga mulefwaya ubwafwilisho, ebeni iyi kodi: { $code }.
error-sign_in_needed = Napapata balileni ukwingila.
error-sign_in_failed = Inamba ya foni nangu PIN te iyine. Esheni na kabili.
error-session_ended = Mwafumishiwa. Ingileni na kabili.
error-pin_locked = Mwaluba PIN imiku iingi. Pembeleni mpaka { $until_clock }, elyo mweshe na kabili.
error-pin_form = PIN yaba na manambala 4 ukufika kuli 6. Saleni imbi.
error-pin_weak = Iyi PIN yayanguka ukwishiba. Saleni imbi.
error-pin_differs = Ama PIN yabili tayapalana. Lembeni na kabili.
error-pin_wrong = Te PIN yenu. Esheni na kabili.
error-phone_form = Te namba ya foni. Imoneka nga 097 123 4567.
error-phone_foreign = Iyi namba te ya kuno. Bomfyeni iya muno calo.
error-phone_not_mobile = Iyi namba taipokelela SMS. Bomfyeni imbi.
error-phone_taken = Iyi namba te kuti ibombe. Ingileni, nangu lombeni PIN ipya.
error-reset_code_wrong = Kodi te iyine nangu ya kale. Lombeni imbi.
error-not_allowed = Tamwasuminishiwa ukucita ici. Ipusheni umukalamba we bumba.
error-too_many_requests = Mwaesha imiku iingi. Pembeleni umunuti, elyo mweshe na kabili.
error-cluster_unknown = Takuli ibumba ili na iyi kodi. Ipusheni abena mupalamano.
error-cluster_full = Ili ibumba lyaisula. Fwayeni limbi, nangu tampeni ilipya.
error-already_member = Muli muli ili ibumba kale.
error-already_asked = Mwalomba kale. Umukalamba akasuka.
error-contribution_out_of_range = Ifyo mulebikamo fifwile ukuba ukufuma pa { $least_ngwee } ukufika pa { $most_ngwee }.
error-balance_owed = Muli na nkongole ya { $owed_ngwee }. Balileni ukulipila, elyo mufume.
error-field_missing = Kuli icishala. Lembeni fyonse.
error-self_payment = Te kuti muilipile. Saleni umbi.
error-exceeds_balance = Mwakwata fye { $balance_ngwee }. Saleni icinono.
error-not_found = Takuli ili ibula.
error-database_busy = Te kuti tubelenge amabuku nomba. Takuli icacitika. Pembeleni umunuti, elyo mweshe na kabili.
code-to-tell = Nga mulefwaya ubwafwilisho, ebeni iyi kodi:
not-found = Takuli ili ibula.
busy = Te kuti tubelenge amabuku nomba.
busy-step = Pembeleni umunuti, elyo mwisule na kabili.
no-money-moved = Takuli indalama shaenda.
