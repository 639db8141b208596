//! Forms as shown: text already in the reader's language, what was typed kept, what is wrong beside its field.

use std::fmt::Write as _;

use askama::Template;
use message::{Arg, Say};

use super::fields::Fields;

/// What is wrong, with the code that stays the same in every language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// In words.
    pub text: String,
    /// To tell somebody who helps.
    pub code: String,
}

impl Fault {
    /// The fault with this code, in words of the catalogue.
    #[must_use]
    pub fn of(say: Say, code: &str, args: &[(&str, Arg<'_>)]) -> Self {
        Self { text: say.error_or_general(code, args), code: code.to_owned() }
    }
}

/// Faults by the name of their field; those without a field go above the form.
#[derive(Debug, Clone, Default)]
pub struct Faults(Vec<(&'static str, Fault)>);

impl Faults {
    /// The first thing that is wrong.
    #[must_use]
    pub fn first(&self) -> Option<&Fault> {
        self.0.first().map(|(_, fault)| fault)
    }

    /// Adds a fault; `field` is empty when no field is at fault.
    pub fn add(&mut self, field: &'static str, fault: Fault) {
        self.0.push((field, fault));
    }

    /// The first fault of a field.
    #[must_use]
    pub fn at(&self, field: &str) -> Option<&Fault> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, fault)| fault)
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The field that gets the cursor.
    fn first_field(&self) -> &'static str {
        self.0.iter().map(|(name, _)| *name).find(|name| !name.is_empty()).unwrap_or_default()
    }
}

/// A field to type into.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// Its name in the form.
    pub name: &'static str,
    /// The words above it.
    pub label: String,
    /// A few words below, or empty.
    pub hint: String,
    /// What is in it.
    pub value: String,
    /// `text`, `tel`, `password`, `date`.
    pub kind: &'static str,
    /// `inputmode`, `autocomplete`, `maxlength` and the like, as markup of our own.
    pub attributes: String,
    /// Class, or empty.
    pub class: &'static str,
    /// Whether it may stay empty.
    pub is_optional: bool,
    /// The unit before and after the field, or empty.
    pub units: (&'static str, &'static str),
}

impl Input {
    /// A field for text.
    #[must_use]
    pub fn text(name: &'static str, label: impl Into<String>) -> Self {
        Self { name, label: label.into(), kind: "text", ..Self::default() }
    }

    /// A field for a phone number of this country.
    #[must_use]
    pub fn phone(name: &'static str, label: impl Into<String>) -> Self {
        Self { kind: "tel", ..Self::text(name, label) }.with("autocomplete", "tel").with("maxlength", "20")
    }

    /// A field for a PIN: digits on a phone's keyboard, pasting allowed, its content never sent back. `is_new` tells a keeper of
    /// passwords to offer one.
    #[must_use]
    pub fn pin(name: &'static str, label: impl Into<String>, is_new: bool) -> Self {
        let complete = if is_new { "new-password" } else { "current-password" };
        Self { kind: "password", class: "pin", ..Self::text(name, label) }.digits(6).with("autocomplete", complete)
    }

    /// A field for whole numbers.
    #[must_use]
    pub fn digits(self, most: u32) -> Self {
        self.with("inputmode", "numeric").with("maxlength", &most.to_string())
    }

    /// A field for amounts with a point.
    #[must_use]
    pub fn decimal(self) -> Self {
        self.with("inputmode", "decimal").with("maxlength", "16")
    }

    /// A field for a day.
    #[must_use]
    pub fn date(name: &'static str, label: impl Into<String>) -> Self {
        Self { kind: "date", ..Self::text(name, label) }
    }

    /// One more attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.attributes, r#" {name}="{}""#, crate::chart::escape(value));
        self
    }

    /// Words below the field.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = text.into();
        self
    }

    /// What stands in the field at first.
    #[must_use]
    pub fn value(mut self, text: impl Into<String>) -> Self {
        self.value = text.into();
        self
    }

    /// Its class.
    #[must_use]
    pub const fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// The unit before and after the field.
    #[must_use]
    pub const fn units(mut self, before: &'static str, after: &'static str) -> Self {
        self.units = (before, after);
        self
    }

    /// May stay empty.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }
}

/// One thing to choose.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// The word.
    pub label: String,
    /// A small second line, or empty.
    pub note: String,
    /// Icon, or empty.
    pub icon: &'static str,
    /// Language of the word, where it is not the page's, or empty.
    pub lang: &'static str,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

impl Choice {
    /// A choice with its word.
    #[must_use]
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), ..Self::default() }
    }

    /// A small second line.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.note = text.into();
        self
    }

    /// An icon.
    #[must_use]
    pub const fn icon(mut self, icon: &'static str) -> Self {
        self.icon = icon;
        self
    }

    /// Chosen or not.
    #[must_use]
    pub const fn chosen(mut self, is_chosen: bool) -> Self {
        self.is_chosen = is_chosen;
        self
    }
}

/// Choices as tiles to touch (`radio`, `checkbox`) or as a list to open (`select`).
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// Its name in the form.
    pub name: &'static str,
    /// The words above.
    pub label: String,
    /// A few words below, or empty.
    pub hint: String,
    /// `radio`, `checkbox` or `select`.
    pub kind: &'static str,
    /// Class of the tiles, or empty.
    pub class: &'static str,
    /// What there is.
    pub choices: Vec<Choice>,
}

impl Choices {
    /// Tiles of which one is chosen.
    #[must_use]
    pub fn one(name: &'static str, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self { name, label: label.into(), kind: "radio", choices, ..Self::default() }
    }

    /// Tiles of which any are chosen.
    #[must_use]
    pub fn any(name: &'static str, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self { kind: "checkbox", ..Self::one(name, label, choices) }
    }

    /// A list to open.
    #[must_use]
    pub fn list(name: &'static str, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self { kind: "select", ..Self::one(name, label, choices) }
    }

    /// Class of the tiles.
    #[must_use]
    pub const fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// Words below.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = text.into();
        self
    }
}

/// Something that is on or off.
#[derive(Debug, Clone, Default)]
pub struct Switch {
    /// Its name in the form; it is sent as `1` when on.
    pub name: &'static str,
    /// The words.
    pub label: String,
    /// A small second line, or empty.
    pub note: String,
    /// Whether it is on.
    pub is_on: bool,
}

/// A part of a form.
#[derive(Debug, Clone)]
pub enum Part {
    /// On or off.
    Switch(Switch),
    /// The fields that follow stand side by side where there is room, until [`Part::PairEnd`].
    Pair,
    /// The end of a pair.
    PairEnd,
    /// A field.
    Input(Input),
    /// Choices.
    Choices(Choices),
    /// A sentence between the fields.
    Say(String),
    /// A heading between the fields.
    Heading(String),
    /// What follows is folded away under these words until [`Part::FoldEnd`]; it is open when something in the form is wrong.
    Fold(String),
    /// The end of what is folded.
    FoldEnd,
}

impl From<Input> for Part {
    fn from(input: Input) -> Self {
        Self::Input(input)
    }
}

impl From<Switch> for Part {
    fn from(switch: Switch) -> Self {
        Self::Switch(switch)
    }
}

impl From<Choices> for Part {
    fn from(choices: Choices) -> Self {
        Self::Choices(choices)
    }
}

/// What every form of a page carries: the reader's token and a one-time key.
#[derive(Debug, Clone, Default)]
pub struct Seal {
    /// Proves, to a server whose browser says nothing, that our page sent the form.
    pub token: String,
    /// Makes a second press the same request.
    pub key: String,
}

/// Seals for the forms of one page: each has a key of its own, so that two forms are never one request.
#[derive(Debug, Clone, Default)]
pub struct Seals {
    first: Seal,
    given: u32,
}

impl Seals {
    /// Seals after this one.
    #[must_use]
    pub const fn new(first: Seal) -> Self {
        Self { first, given: 0 }
    }

    /// The next one.
    pub fn next(&mut self) -> Seal {
        self.given += 1;
        Seal { token: self.first.token.clone(), key: format!("{}-{}", self.first.key, self.given) }
    }
}

/// A form.
#[derive(Debug, Clone, Template)]
#[template(path = "form/form.html")]
pub struct Form {
    say: Say,
    seal: Seal,
    action: String,
    class: &'static str,
    parts: Vec<Part>,
    hidden: Vec<(&'static str, String)>,
    submit: String,
    submit_class: &'static str,
    links: Vec<(String, String)>,
    note: String,
    is_money: bool,
    is_question: bool,
    faults: Faults,
    prefix: String,
}

impl Form {
    /// A form that is sent to `action` with the button `submit`.
    #[must_use]
    pub fn new(say: Say, seal: &Seal, action: impl Into<String>, submit: impl Into<String>) -> Self {
        Self {
            say,
            seal: seal.clone(),
            action: action.into(),
            class: "form",
            parts: Vec::new(),
            hidden: Vec::new(),
            submit: submit.into(),
            submit_class: "btn",
            links: Vec::new(),
            note: String::new(),
            is_money: false,
            is_question: false,
            faults: Faults::default(),
            prefix: "f".to_owned(),
        }
    }

    /// A form that is one button among rows.
    #[must_use]
    pub fn button(say: Say, seal: &Seal, action: impl Into<String>, submit: impl Into<String>) -> Self {
        Self { class: "form--plain", submit_class: "btn btn--line btn--small", ..Self::new(say, seal, action, submit) }
    }

    /// A form that only asks for another page (`GET`): it changes nothing and carries no seal.
    #[must_use]
    pub fn question(say: Say, action: impl Into<String>, submit: impl Into<String>) -> Self {
        Self { is_question: true, ..Self::new(say, &Seal::default(), action, submit) }
    }

    /// One more part.
    #[must_use]
    pub fn part(mut self, part: impl Into<Part>) -> Self {
        self.parts.push(part.into());
        self
    }

    /// A sentence between the fields.
    #[must_use]
    pub fn sentence(self, text: impl Into<String>) -> Self {
        self.part(Part::Say(text.into()))
    }

    /// A value that is sent without being shown.
    #[must_use]
    pub fn hidden(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.hidden.push((name, value.into()));
        self
    }

    /// A link beside the button.
    #[must_use]
    pub fn link(mut self, href: impl Into<String>, label: impl Into<String>) -> Self {
        self.links.push((href.into(), label.into()));
        self
    }

    /// Words below the button.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.note = text.into();
        self
    }

    /// Class of the form.
    #[must_use]
    pub const fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// Class of the button.
    #[must_use]
    pub const fn submit_class(mut self, class: &'static str) -> Self {
        self.submit_class = class;
        self
    }

    /// Says, when it goes wrong, that no money has moved.
    #[must_use]
    pub const fn about_money(mut self) -> Self {
        self.is_money = true;
        self
    }

    /// Ids of the fields begin so, where a page has more than one form with fields.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// What was typed before stands in the fields again, never a PIN; what was wrong stands beside them.
    #[must_use]
    pub fn filled(mut self, fields: &Fields, faults: &Faults) -> Self {
        for part in &mut self.parts {
            match part {
                Part::Input(input) if input.kind != "password" && fields.has(input.name) => input.value = fields.get(input.name).to_owned(),
                // A box that is off is not sent: whether the form was sent is told by its key.
                Part::Switch(switch) if fields.has("key") => switch.is_on = fields.has(switch.name),
                Part::Choices(choices) if fields.has(choices.name) => {
                    for choice in &mut choices.choices {
                        choice.is_chosen = fields.all(choices.name).any(|value| value == choice.value);
                    }
                }
                _ => {}
            }
        }
        self.faults = faults.clone();
        self
    }

    fn id(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    fn fault(&self, name: &str) -> Option<&Fault> {
        self.faults.at(name)
    }

    /// The fault above the form: one without a field, or with a field that the form does not show.
    fn fault_above(&self) -> Option<&Fault> {
        let is_shown = |name: &str| {
            self.parts.iter().any(|part| match part {
                Part::Input(input) => input.name == name,
                Part::Choices(choices) => choices.name == name,
                Part::Say(_) | Part::Heading(_) | Part::Fold(_) | Part::FoldEnd | Part::Switch(_) | Part::Pair | Part::PairEnd => false,
            })
        };
        self.faults.0.iter().find(|(name, _)| !is_shown(name)).map(|(_, fault)| fault)
    }

    /// Whether something is wrong between the fold at `at` and its end.
    fn is_open(&self, at: usize) -> bool {
        let folded = self.parts.iter().skip(at + 1).take_while(|part| !matches!(part, Part::FoldEnd));
        folded.into_iter().any(|part| match part {
            Part::Input(input) => self.fault(input.name).is_some(),
            Part::Choices(choices) => self.fault(choices.name).is_some(),
            _ => false,
        })
    }

    fn has_units(&self, input: &Input) -> bool {
        input.units != ("", "")
    }

    fn describes(&self, name: &str, hint: &str) -> String {
        let id = self.id(name);
        let hint = (!hint.is_empty()).then(|| format!("{id}-hint"));
        let fault = self.fault(name).map(|_| format!("{id}-fault"));
        let ids: Vec<String> = hint.into_iter().chain(fault).collect();
        if ids.is_empty() { String::new() } else { format!(r#" aria-describedby="{}""#, ids.join(" ")) }
    }

    fn state(&self, name: &str) -> String {
        let mut out = if self.fault(name).is_some() { r#" aria-invalid="true""#.to_owned() } else { String::new() };
        if !name.is_empty() && self.faults.first_field() == name {
            out.push_str(" autofocus");
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        let seal = Seal { token: "t0".to_owned(), key: "k0".to_owned() };
        let kinds = vec![Choice::new("a", "A").chosen(true), Choice::new("b", "B")];
        Form::new(Say::default(), &seal, "/app/x", "Send")
            .part(Input::text("name", "Name").hint("as called"))
            .part(Input::pin("pin", "PIN", false))
            .part(Choices::one("kind", "Kind", kinds))
            .about_money()
    }

    fn fields(text: &str) -> Fields {
        Fields::parse(text.as_bytes()).expect("a form")
    }

    #[test]
    fn what_was_typed_comes_back_and_the_pin_does_not() {
        let mut faults = Faults::default();
        faults.add("name", Fault { text: "Too long.".to_owned(), code: "name_invalid".to_owned() });
        let html = form().filled(&fields("name=%3Cb%3E&pin=73951&kind=b"), &faults).render().expect("it renders");
        assert!(html.contains("&#60;b&#62;") || html.contains("&lt;b&gt;"), "{html}");
        assert!(!html.contains("73951"));
        assert!(html.contains(r#"value="b" checked"#) && !html.contains(r#"value="a" checked"#));
        assert!(html.contains(r#"aria-invalid="true" autofocus"#) && html.contains("name_invalid"));
        assert!(html.contains(r#"aria-describedby="f-name-hint f-name-fault""#));
        assert!(html.contains(r#"name="key" value="k0""#) && html.contains(r#"name="token" value="t0""#));
    }

    #[test]
    fn a_fault_without_a_field_is_told_above_with_the_money() {
        let mut faults = Faults::default();
        faults.add("elsewhere", Fault { text: "No.".to_owned(), code: "balance_owed".to_owned() });
        let html = form().filled(&Fields::default(), &faults).render().expect("it renders");
        assert!(html.contains(r#"role="alert""#) && html.contains("balance_owed"));
        assert!(html.contains(Say::default().no_money_moved()));
    }
}
