# DRAFT for review by speakers of Tonga, not yet checked. Plain letters only, so that every phone shows them.
# What is missing here is said in English.

error-general = Tazyacitika pe. Kuti muyanda lugwasyo, amwaambe kkodi eeyi: { $code }.
error-sign_in_needed = Amunjile kusaanguna.
error-sign_in_failed = Nambala yafoni naa PIN taili yancobeni pe. Amusole alimwi.
error-session_ended = Mwazwisyigwa. Amunjile alimwi.
error-pin_locked = Mwalubizya PIN ziindi zinji. Amulindile kusikila { $until_clock }, mpoonya amusole alimwi.
error-pin_form = PIN ijisi manambala 4 kusika ku 6. Amusale iimwi.
error-pin_weak = PIN eeyi ilauba kuzyiba. Amusale iimwi.
error-pin_differs = Ma PIN obilo taakozyanyi pe. Amulembe alimwi.
error-pin_wrong = Taili PIN yanu pe. Amusole alimwi.
error-phone_form = Taili nambala yafoni pe. Ilibonya mbuli 097 123 4567.
error-phone_foreign = Nambala eeyi taili yakuno pe. Amubelesye yamunyika eeyi.
error-phone_not_mobile = Nambala eeyi taitambuli SMS pe. Amubelesye iimwi.
error-phone_taken = Nambala eeyi taikonzyi kubelesyegwa pe. Amunjile, naa amulombe PIN mpya.
error-reset_code_wrong = Kkodi taili yancobeni naa yaindilila. Amulombe iimwi.
error-not_allowed = Tamuzumizyigwi kucita eeci pe. Amubuzye mupati wankamu.
error-too_many_requests = Mwasola ziindi zinji. Amulindile minuti yomwe, mpoonya amusole alimwi.
error-cluster_unknown = Taku nkamu ijisi kkodi eeyi pe. Amubuzye bamukkala aambali.
error-cluster_full = Nkamu eeyi yazula. Amuyandaule iimwi, naa amutalike impya.
error-already_member = Mulimo kale munkamu eeyi.
error-already_asked = Mwalomba kale. Mupati uyoovwiila.
error-contribution_out_of_range = Nzyomubikkamo zyeelede kuba kuzwa ku { $least_ngwee } kusika ku { $most_ngwee }.
error-balance_owed = Mujisi cikwelete ca { $owed_ngwee }. Amubbadale kusaanguna, mpoonya amuzwe.
error-field_missing = Kuli cisyeede. Amulembe zyoonse.
error-self_payment = Tamukonzyi kulibbadala pe. Amusale uumwi.
error-exceeds_balance = Mujisi buyo { $balance_ngwee }. Amusale ziceya.
error-not_found = Taku peeji eeli pe.
error-database_busy = Tatukonzyi kubala mabbuku lino pe. Taku cacitika. Amulindile minuti yomwe, mpoonya amusole alimwi.
code-to-tell = Kuti muyanda lugwasyo, amwaambe kkodi eeyi:
not-found = Taku peeji eeli pe.
busy = Tatukonzyi kubala mabbuku lino pe.
busy-step = Amulindile minuti yomwe, mpoonya amujule alimwi.
no-money-moved = Taku mali aakeenda pe.
