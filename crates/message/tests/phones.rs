//! Texts for phones: one message each, with the longest names and amounts that are likely.

use message::{Arg, CalendarDate, CalendarMonth, Kind, Language, Say, entries, sms};

/// A text for an argument of this name, as long as it gets in life.
fn longest(name: &str) -> &'static str {
    match name {
        "code" => "KAB-CHOWA-12",
        "number" => "1000",
        "meter" => "ZM-KAB-0000-1234",
        "role" => "key keeper",
        _ => "Chipo Mwansa-Kapambwe",
    }
}

fn longest_value(name: &str, kind: Kind) -> Arg<'static> {
    match kind {
        Kind::Text => Arg::Text(longest(name)),
        Kind::On => Arg::On(CalendarDate::new(2026, 11, 20).expect("a day")),
        Kind::Month => Arg::Month(CalendarMonth::new(2026, 9).expect("a month")),
        Kind::At | Kind::Clock => Arg::Number(1_795_177_920_000),
        Kind::Ngwee => Arg::Number(-10_000_000),
        Kind::Wh => Arg::Number(9_999_900),
        Kind::Percent => Arg::Number(100),
        _ => Arg::Number(1_000),
    }
}

#[test]
fn every_text_message_is_one_message() {
    let texts: Vec<_> = entries().iter().filter(|e| e.key.starts_with("sms-")).collect();
    assert!(texts.len() >= 10);
    let mut faults = Vec::new();
    for entry in texts {
        let args: Vec<_> = entry.args.iter().map(|(name, kind)| (*name, longest_value(name, *kind))).collect();
        for &language in entry.languages {
            let text = Say::new(language).text(entry.key, &args).expect("it can be said");
            match sms::length(&text) {
                Some(length) if length <= sms::LENGTH_MAX => {}
                length => faults.push(format!("{} in {language}: {length:?} letters: {text}", entry.key)),
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_name_from_anywhere_still_fits_a_phone() {
    let say = Say::new(Language::En);
    let text = say.sms_payment_in(123_450, -50, "\u{1f600} Ng\u{2019}andu \u{14b}");
    assert_eq!(text, "Innerlectra: ? Ng'andu ? paid you K1,234.50. You now have -K0.50.");
    assert!(sms::length(&text).is_some());
}

#[test]
fn what_a_member_meets_first_is_in_every_language() {
    for key in [
        "sign-in",
        "phone",
        "pin",
        "pin-new",
        "join-code",
        "you-owe-amount",
        "sun-carries",
        "sms-code",
        "error-pin_wrong",
        "error-general",
        "language-draft",
    ] {
        let entry = entries().iter().find(|e| e.key == key).expect("a message");
        assert_eq!(entry.languages, Language::ALL, "{key}");
    }
}

#[test]
fn what_a_draft_lacks_is_said_in_english() {
    let only_english = entries().iter().find(|e| e.languages == [Language::En] && e.args.is_empty()).expect("drafts are not complete");
    let text = |language| Say::new(language).text(only_english.key, &[]);
    assert_eq!(text(Language::Bem), text(Language::En));
    assert_ne!(Say::new(Language::Bem).sign_in(), Say::new(Language::En).sign_in());
    assert_eq!(Say::new(Language::Toi).you_owe_amount(4_400), "Mujisi cikwelete ca K44.00.");
}
