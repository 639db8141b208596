//! The messages: a language as a value, its methods made by the build, and texts found by the code of an error.

use std::borrow::Cow;
use std::sync::LazyLock;

use domain::Language;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use quantity::UtcOffset;
use unic_langid::LanguageIdentifier;

use crate::{CalendarDate, CalendarMonth, Kind, number, sms};

/// A reader's language and local time. Small and free to copy.
///
/// Its methods are the messages of the catalogue; the crate's own page tells how to add one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Say {
    language: Language,
    offset: UtcOffset,
}

impl Default for Say {
    /// English, in the time of Lusaka.
    fn default() -> Self {
        Self::new(Language::En)
    }
}

/// The value of one argument, for texts that are found by a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arg<'a> {
    /// Text, taken as it is.
    Text(&'a str),
    /// An integer in the unit that the argument's name says: ngwee, Wh, W, per cent, Unix ms, or a count.
    Number(i64),
    /// A day.
    On(CalendarDate),
    /// A month.
    Month(CalendarMonth),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<CalendarDate> for Arg<'_> {
    fn from(on: CalendarDate) -> Self {
        Self::On(on)
    }
}

impl From<CalendarMonth> for Arg<'_> {
    fn from(month: CalendarMonth) -> Self {
        Self::Month(month)
    }
}

/// One message of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its key, as in the files.
    pub key: &'static str,
    /// Its arguments, in the order of the method: name and kind.
    pub args: &'static [(&'static str, Kind)],
    /// The languages that have it; English is always the first.
    pub languages: &'static [Language],
}

/// Every message, sorted by key.
#[must_use]
pub fn entries() -> &'static [Entry] {
    generated::ENTRIES
}

impl Say {
    /// The language, in the time of Lusaka.
    #[must_use]
    pub const fn new(language: Language) -> Self {
        Self::at(language, UtcOffset::LUSAKA)
    }

    /// The language, where clocks are `offset` ahead of UTC.
    #[must_use]
    pub const fn at(language: Language, offset: UtcOffset) -> Self {
        Self { language, offset }
    }

    /// The language.
    #[must_use]
    pub const fn language(self) -> Language {
        self.language
    }

    /// The language's tag, for the `lang` attribute of a page.
    #[must_use]
    pub const fn lang(self) -> &'static str {
        self.language.as_str()
    }

    /// How far local clocks are ahead of UTC.
    #[must_use]
    pub const fn offset(self) -> UtcOffset {
        self.offset
    }

    /// What the error with this code says to a reader: the message `error-CODE` with its arguments.
    ///
    /// Where an argument of the message is not given or has no such value, the message `error-CODE-short` stands for it. `None` when the
    /// code has no message. Arguments that the message does not name are passed over.
    #[must_use]
    pub fn error(self, code: &str, args: &[(&str, Arg<'_>)]) -> Option<String> {
        self.text(&format!("error-{code}"), args).or_else(|| self.text(&format!("error-{code}-short"), args))
    }

    /// As [`Say::error`], with a general text in place of none: it names the code, so that the reader can tell it to somebody.
    #[must_use]
    pub fn error_or_general(self, code: &str, args: &[(&str, Arg<'_>)]) -> String {
        self.error(code, args).unwrap_or_else(|| self.error_general(code))
    }

    /// The message with this key, found at run time; for keys made of data, such as the codes of errors or kinds of notices.
    ///
    /// `None` when there is no such key, or when an argument is not given or has no such value.
    #[must_use]
    pub fn text(self, key: &str, args: &[(&str, Arg<'_>)]) -> Option<String> {
        let entry = entries().binary_search_by(|e| e.key.cmp(key)).ok().and_then(|i| entries().get(i))?;
        let is_given = |(name, kind): &(&str, Kind)| args.iter().any(|(given, value)| given == name && fits(*kind, value));
        entry.args.iter().all(is_given).then(|| self.format(entry.key, args))
    }

    /// Fills the message in; generated methods have checked its arguments by their types.
    pub(crate) fn format(self, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        let mut values = FluentArgs::with_capacity(args.len());
        for (name, value) in args {
            values.set(Cow::Borrowed(*name), self.value(Kind::of(name), *value));
        }
        let text = format_in(self.language, key, &values).or_else(|| format_in(Language::En, key, &values)).unwrap_or_default();
        if key.starts_with("sms-") { sms::plain(&text) } else { text }
    }

    /// The argument as the message shows it: only a count stays a number, for plural forms.
    fn value<'a>(self, kind: Kind, value: Arg<'a>) -> FluentValue<'a> {
        let n = match value {
            Arg::Text(text) => return FluentValue::String(Cow::Borrowed(text)),
            Arg::On(on) => return FluentValue::from(self.date_short(on)),
            Arg::Month(month) => return FluentValue::from(self.month_long(month)),
            Arg::Number(n) => n,
        };
        let text = match kind {
            Kind::Count => return FluentValue::from(n),
            Kind::Ngwee => number::money(n),
            Kind::Wh => number::kwh(n),
            Kind::W => number::watts(n),
            Kind::Percent => number::percent(n),
            Kind::Ppm => number::percent_from_ppm(n),
            Kind::Grams => number::kilograms(n),
            Kind::Minutes => self.hours_from_minutes(n),
            Kind::Clock => self.clock(n),
            Kind::At => self.weekday_date_clock(n),
            Kind::On | Kind::Month | Kind::Text => number::whole(n),
        };
        FluentValue::from(text)
    }
}

/// Whether a value can stand for an argument of this kind.
fn fits(kind: Kind, value: &Arg<'_>) -> bool {
    match kind {
        Kind::Text => matches!(value, Arg::Text(_)),
        Kind::On => matches!(value, Arg::On(_)),
        Kind::Month => matches!(value, Arg::Month(_)),
        _ => matches!(value, Arg::Number(_)),
    }
}

/// The messages of one language.
type Bundle = FluentBundle<FluentResource>;

/// One bundle for each language, in the order of [`Language::ALL`].
static BUNDLES: LazyLock<Vec<Bundle>> = LazyLock::new(|| Language::ALL.iter().map(|l| bundle(*l)).collect());

/// The language whose plural forms a language follows. Plural rules know English and Bemba; Nyanja and Tonga tell one from
/// many as English does.
///
/// Source: Unicode CLDR, plural rules.
fn plural_tag(language: Language) -> &'static str {
    match language {
        Language::Bem => "bem",
        Language::En | Language::Ny | Language::Toi => "en",
    }
}

fn bundle(language: Language) -> Bundle {
    let tag = plural_tag(language).parse::<LanguageIdentifier>().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    // Names and amounts here are Latin script: the invisible isolation marks would only reach phones that cannot show them.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(|value, _| match value {
        FluentValue::Number(n) => Some(number::whole(n.as_string().parse().ok()?)),
        _ => None,
    }));
    for source in generated::sources(language) {
        // The build has parsed the same files; what does parse of a file that does not is still taken.
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

fn format_in(language: Language, key: &str, values: &FluentArgs<'_>) -> Option<String> {
    let at = Language::ALL.iter().position(|l| *l == language)?;
    let bundle = BUNDLES.get(at)?;
    let pattern = bundle.get_message(key)?.value()?;
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(values), &mut errors).into_owned();
    errors.is_empty().then_some(text)
}

/// What the build makes from the files: a method for each message, and the list of them.
mod generated {
    use super::{Arg, Entry, Say};
    use crate::{Kind, Language};

    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(kind: Kind) -> Arg<'static> {
        match kind {
            Kind::Text => Arg::Text("Mwila"),
            Kind::On => Arg::On(CalendarDate::new(2026, 11, 20).expect("a day")),
            Kind::Month => Arg::Month(CalendarMonth::new(2026, 11).expect("a month")),
            Kind::At | Kind::Clock => Arg::Number(1_795_177_920_000),
            _ => Arg::Number(7),
        }
    }

    #[test]
    fn every_message_of_every_language_can_be_said() {
        for entry in entries() {
            let args: Vec<_> = entry.args.iter().map(|(name, kind)| (*name, sample(*kind))).collect();
            let mut values = FluentArgs::new();
            let say = Say::default();
            for (name, value) in &args {
                values.set(*name, say.value(Kind::of(name), *value));
            }
            assert_eq!(entry.languages.first(), Some(&Language::En), "{}", entry.key);
            for &language in entry.languages {
                let text = format_in(language, entry.key, &values);
                assert!(text.as_ref().is_some_and(|t| !t.trim().is_empty()), "{} in {language}: {text:?}", entry.key);
                assert!(!text.unwrap_or_default().contains(['\u{2068}', '\u{2069}']), "{}: isolation marks", entry.key);
            }
            assert!(say.text(entry.key, &args).is_some(), "{}", entry.key);
        }
    }

    #[test]
    fn a_language_is_a_draft_as_long_as_one_of_its_files_is() {
        for &language in Language::ALL {
            assert_eq!(language.is_draft(), generated::DRAFTS.contains(&language), "{language}: its files and Language::is_draft differ");
        }
    }

    #[test]
    fn an_error_with_values_can_be_said_without_them() {
        let with_values = entries().iter().filter(|e| e.key.starts_with("error-") && e.key != "error-general" && !e.args.is_empty());
        for entry in with_values {
            let code = entry.key.strip_prefix("error-").expect("it begins so");
            assert!(Say::default().error(code, &[]).is_some(), "{}-short is missing", entry.key);
        }
    }

    #[test]
    fn counts_choose_their_form_in_every_language() {
        let plural = |language, n: i64| {
            let source = "m = { $count ->\n    [one] one\n   *[other] { $count } many\n}\n".to_owned();
            let mut bundle = bundle(language);
            bundle.add_resource_overriding(FluentResource::try_new(source).expect("it parses"));
            let mut values = FluentArgs::new();
            values.set("count", n);
            let pattern = bundle.get_message("m").and_then(|m| m.value()).expect("a message");
            bundle.format_pattern(pattern, Some(&values), &mut Vec::new()).into_owned()
        };
        for &language in Language::ALL {
            assert_eq!(plural(language, 1), "one", "{language}");
            assert_eq!(plural(language, 0), "0 many", "{language}");
            assert_eq!(plural(language, 12_640), "12,640 many", "{language}");
        }
    }

    #[test]
    fn an_error_is_found_by_its_code_and_needs_its_arguments() {
        let say = Say::default();
        let until = [("until_clock", Arg::Number(1_795_177_920_000)), ("other", Arg::Text("x"))];
        assert_eq!(say.error("pin_locked", &until).as_deref(), Some("Too many wrong PINs. Wait until 14:32, then try again."));
        let short = Some("Too many wrong PINs. Wait a while, then try again.");
        assert_eq!(say.error("pin_locked", &[]).as_deref(), short);
        assert_eq!(say.error("pin_locked", &[("until_clock", Arg::Text("soon"))]).as_deref(), short);
        assert_eq!(say.text("error-pin_locked", &[]), None);
        assert_eq!(say.error("no_such_code", &[]), None);
        assert_eq!(say.error_or_general("no_such_code", &[]), say.error_general("no_such_code"));
        assert!(say.error_general("no_such_code").contains("no_such_code"));
    }
}
