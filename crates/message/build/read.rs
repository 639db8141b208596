//! Reads message files and names their faults. Pure: text in, messages and faults out.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::unicode::unescape_unicode_to_string;

use super::gsm7;

/// One message of one language.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its file, for faults.
    pub file: String,
    /// The names of its arguments, in alphabetical order.
    pub args: BTreeSet<String>,
    /// Its text where it is plain, without arguments.
    #[cfg_attr(test, expect(dead_code, reason = "only the writer asks for it"))]
    pub plain: Option<String>,
    /// Its text with `{$name}` for arguments, for readers of the code.
    pub shown: String,
}

/// Messages by key.
pub type Messages = BTreeMap<String, Message>;

/// What a translation begins with: nobody takes a draft for reviewed.
const HEADS: [&str; 2] = [DRAFT_HEAD, "# REVIEWED"];
const DRAFT_HEAD: &str = "# DRAFT";

/// Whether a file still waits for a review by speakers.
#[cfg_attr(test, expect(dead_code, reason = "the writer asks for it"))]
pub fn is_draft(text: &str) -> bool {
    text.starts_with(DRAFT_HEAD)
}

/// Words of Rust, which cannot be the name of a method.
const RUST_WORDS: &str = " abstract as async await become box break const continue crate do dyn else enum extern false final fn for gen if \
    impl in let loop macro match mod move mut override priv pub ref return self static struct super trait true try type typeof unsafe \
    unsized use virtual where while yield ";

/// The messages of one language's files (name and text), and what is wrong with them.
pub fn read(files: &[(String, String)], is_translation: bool) -> (Messages, Vec<String>) {
    let (mut messages, mut faults) = (Messages::new(), Vec::new());
    let mut methods: BTreeMap<String, String> = BTreeMap::new();
    for (file, text) in files {
        if is_translation && !HEADS.iter().any(|head| text.starts_with(head)) {
            faults.push(format!("{file}: a translation begins with a line `{}` or `{}`", HEADS[0], HEADS[1]));
        }
        let resource = fluent_syntax::parser::parse(text.as_str()).unwrap_or_else(|(resource, errors)| {
            faults.extend(errors.iter().map(|e| format!("{file}:{}: {}", line_of(text, e.pos.start), e.kind)));
            resource
        });
        for entry in &resource.body {
            let Entry::Message(found) = entry else {
                if matches!(entry, Entry::Term(_)) {
                    faults.push(format!("{file}: a term; write its word into each message"));
                }
                continue;
            };
            let key = found.id.name;
            let mut fault = |what: &str| faults.push(format!("{file}: {key}: {what}"));
            let Some(pattern) = found.value.as_ref().filter(|_| found.attributes.is_empty()) else {
                fault("a message has a text and no attributes");
                continue;
            };
            let message = message(file, pattern, &mut fault);
            check_letters(key, &message.shown, is_translation, &mut fault);
            if RUST_WORDS.contains(&format!(" {key} ")) || key.chars().any(|c| c.is_ascii_uppercase()) {
                fault("this key cannot be a method: use another word, in small letters");
            }
            if methods.insert(method(key), key.to_owned()).is_some() {
                fault("another message has this key, or one that differs only in - and _");
            }
            messages.insert(key.to_owned(), message);
        }
    }
    (messages, faults)
}

/// What a translation has that English has not.
pub fn differences(english: &Messages, other: &Messages) -> Vec<String> {
    let mut faults = Vec::new();
    for (key, message) in other {
        match english.get(key) {
            None => faults.push(format!("{}: {key}: English has no such message", message.file)),
            Some(original) if original.args != message.args => {
                let names = |args: &BTreeSet<String>| args.iter().map(|a| format!("${a}")).collect::<Vec<_>>().join(" ");
                let (has, wants) = (names(&message.args), names(&original.args));
                faults.push(format!("{}: {key}: its arguments are [{has}], in English they are [{wants}]", message.file));
            }
            Some(_) => {}
        }
    }
    faults
}

/// The method that says a message.
pub fn method(key: &str) -> String {
    key.replace('-', "_")
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

/// Phones get only letters they can show, and so do the languages that are read there first; units may keep their no-break space.
fn check_letters(key: &str, shown: &str, is_translation: bool, fault: &mut impl FnMut(&str)) {
    let is_sms = key.starts_with("sms-");
    if !is_translation && !is_sms {
        return;
    }
    if let Some(c) = shown.chars().find(|c| gsm7::places(*c).is_none() && (is_sms || *c != '\u{a0}')) {
        fault(&format!("{c:?} cannot be received by every phone: use plain letters"));
    }
}

fn message(file: &str, pattern: &Pattern<&str>, fault: &mut impl FnMut(&str)) -> Message {
    let (mut args, mut shown, mut is_plain) = (BTreeSet::new(), String::new(), true);
    walk(pattern, &mut args, &mut shown, &mut is_plain, fault);
    if !is_plain && args.is_empty() {
        fault("a choice needs an argument to choose by");
    }
    for name in args.iter().filter(|n| n.chars().any(|c| c == '-' || c.is_ascii_uppercase())) {
        fault(&format!("${name}: arguments are small letters with _"));
    }
    Message { file: file.to_owned(), plain: (is_plain && args.is_empty()).then(|| shown.clone()), args, shown }
}

fn walk(pattern: &Pattern<&str>, args: &mut BTreeSet<String>, shown: &mut String, is_plain: &mut bool, fault: &mut impl FnMut(&str)) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => shown.push_str(value),
            PatternElement::Placeable { expression: Expression::Inline(inline) } => walk_inline(inline, args, shown, fault),
            PatternElement::Placeable { expression: Expression::Select { selector, variants } } => {
                *is_plain = false;
                let mut unseen = String::new();
                walk_inline(selector, args, &mut unseen, fault);
                for (i, variant) in variants.iter().enumerate() {
                    shown.push_str(if i == 0 { "[" } else { " | " });
                    walk(&variant.value, args, shown, is_plain, fault);
                }
                shown.push(']');
            }
        }
    }
}

fn walk_inline(inline: &InlineExpression<&str>, args: &mut BTreeSet<String>, shown: &mut String, fault: &mut impl FnMut(&str)) {
    match inline {
        InlineExpression::StringLiteral { value } => shown.push_str(&unescape_unicode_to_string(value)),
        InlineExpression::NumberLiteral { value } => shown.push_str(value),
        InlineExpression::VariableReference { id } => {
            args.insert(id.name.to_owned());
            shown.push_str(&format!("({})", id.name));
        }
        _ => fault("only arguments and choices may stand in braces"),
    }
}
