# What is told without being asked: the inbox (notice-…) and text messages (sms-…).
# A text message has 160 plain letters with the longest names and amounts.

### Inbox

notice-welcome = Welcome to { $name }. Your book has number { $number }.
notice-joined = { $who } has joined { $name }.
notice-asked = { $who } asks to join { $name }.
notice-admitted = { $name } has taken you in.
notice-refused = { $name } has not taken you in. Ask its chair why.
notice-left = { $who } has left { $name }.
notice-month-closed = { $month } is closed in { $name }. Your receipt is ready.
notice-reset-asked = { $who } asks for a new PIN. Confirm only if you know that it is really them.
# To the person whose PIN it is, after the first of two officers agreed.
notice-reset-begun = An officer of { $name } agreed to a new PIN for you. If you did not ask for it, tell your chair.
# To the person and to both officers.
notice-reset-code-sent = Two officers of { $name } agreed to a new PIN for { $who }. The code went to the phone of { $who }.
notice-reset-done = Your PIN was set anew. If it was not you, tell your treasurer now.
notice-signed-in = Your account was opened on another phone, { $at }. If it was not you, change your PIN.
notice-payment-in = { $who } paid you { $amount_ngwee }.
notice-payment-out = You paid { $amount_ngwee } to { $who }.
notice-meter-assigned = Meter { $meter } is yours from { $from_on }.
notice-role-given = You are now { $role } of { $name }.

### Text messages

sms-code = Innerlectra: your code is { $code }. It ends at { $until_clock }. Tell it to nobody, not even to an officer.
# To a number that asks for an account and has one.
sms-account-exists = Innerlectra: this number has an account already. Sign in with your PIN. If you forgot it, ask two treasurers of your group.
sms-welcome = Innerlectra: welcome to { $name }. Your book has number { $number }. Code for your neighbours: { $code }
sms-asked = Innerlectra: { $who } asks to join { $name }. Sign in to answer.
sms-admitted = Innerlectra: { $name } has taken you in.
sms-refused = Innerlectra: { $name } has not taken you in. Ask its chair why.
sms-reset-asked = Innerlectra: { $who } asks for a new PIN. Say yes only if you know that it is really them.
sms-reset-done = Innerlectra: your PIN was set anew. If it was not you, tell your treasurer now.
sms-payment-in = Innerlectra: { $who } paid you { $amount_ngwee }. You now have { $balance_ngwee }.
sms-payment-out = Innerlectra: you paid { $amount_ngwee } to { $who }. You now have { $balance_ngwee }.
sms-month-closed = Innerlectra: { $month } is closed. You used { $used_wh }, to pay: { $total_ngwee }.
sms-month-earned = Innerlectra: { $month } is closed. You used { $used_wh }, earned: { $total_ngwee }.
