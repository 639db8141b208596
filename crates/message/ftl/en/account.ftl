# Language, phone, PIN, sessions.

### First page for somebody who is not signed in

welcome = Energy we own together
welcome-say = Start a group, or join the one of your neighbours.
sign-in = Sign in
sign-out = Sign out
sign-up = Begin here
have-account = I have a PIN
no-account = I am new here
choose-language = Choose your language

### Signing in

phone = Phone number
phone-help = As you dial it, such as 097 123 4567.
pin = PIN
pin-forgotten = I forgot my PIN
your-name = Your name
your-name-help = As your neighbours call you.
stay-signed-in = You stay signed in on this device for 30 days.

### Signing up

sign-up-title = Your phone and your PIN
sign-up-button = Make my account
pin-first = Your PIN
pin-first-again = Your PIN again
pin-new = New PIN
pin-again = New PIN again
pin-rule = 4 to 6 digits, not a row such as 1234 and not all alike.

### A new PIN

reset-title = A new PIN
reset-say = Two treasurers of your group must say yes. Then a code comes by SMS. Without two, an operator helps, and it takes a day.
reset-code = Code from the SMS
reset-set = Set the new PIN
reset-done = Your PIN is new. All phones are signed out.
reset-confirm = I know this person. Allow a new PIN
reset-confirmed = One more treasurer must say yes.
reset-code-sent = Both said yes. A code is on its way by SMS.
pin-change = Change my PIN
pin-old = PIN until now
pin-changed = Your PIN is changed.

### Sessions

sessions = Where you are signed in
session-this = this device
back-to-my-page = Back to my page
session-since = Since { $since_at }
session-used = Last used { $used_at }
session-end = Sign out there
session-end-all = Sign out everywhere
signed-out = You are signed out.
session-device = Device
