//! The same pages in every language: the reader's words, and the same numbers.

use askama::Template;
use message::{Language, Say};
use web::reader::Reader;
use web::view::{clusters, dashboard, day, members, problem, statement};

mod fixture;

fn reader(language: Language) -> Reader {
    Reader { say: Say::new(language), ..Reader::default() }
}

/// Every page of the fixtures in a language.
fn pages(language: Language) -> Vec<String> {
    let reader = reader(language);
    let html = |view: &dyn askama::DynTemplate| view.dyn_render().expect("it renders");
    let mut out: Vec<String> = fixture::dashboards().iter().map(|input| html(&dashboard::dashboard(input, &reader).expect("it adds up"))).collect();
    for input in [fixture::cheaper(), fixture::dearer(), fixture::unsettled(), fixture::earning()] {
        out.push(html(&statement::statement(&input, &reader).expect("it adds up")));
    }
    out.push(html(&day::day(&fixture::day(), &reader).expect("it adds up")));
    out.push(html(&members::members(&fixture::members(), &reader)));
    out.push(html(&clusters::clusters(&fixture::clusters(), &reader)));
    out
}

/// Amounts of money of a page, in order; a language may move them within a sentence.
fn amounts(html: &str) -> Vec<String> {
    let body = html.split_once("<main").map_or("", |(_, body)| body);
    let mut out: Vec<String> = body
        .match_indices('K')
        .map(|(at, _)| body[at + 1..].chars().take_while(|c| c.is_ascii_digit() || ",.".contains(*c)).collect::<String>())
        .map(|amount| amount.trim_end_matches(['.', ',']).to_owned())
        .filter(|amount| amount.contains('.'))
        .collect();
    out.sort();
    out
}

#[test]
fn every_page_is_in_the_readers_language_with_the_same_money() {
    let english = pages(Language::En);
    assert!(english.iter().map(|page| amounts(page).len()).sum::<usize>() > 100);
    for &language in Language::ALL {
        let pages = pages(language);
        assert_eq!(pages.len(), english.len());
        for (page, original) in pages.iter().zip(&english) {
            assert!(page.contains(&format!("<html lang=\"{language}\"")), "{language}");
            assert_eq!(
                page.contains(&Say::new(language).language_draft().replace('\'', "&#39;")),
                language.is_draft(),
                "{language}: the note of a draft"
            );
            assert_eq!(amounts(page), amounts(original), "{language}");
            for choice in Language::ALL {
                assert!(page.contains(choice.own_name()), "{language}: {choice} can be chosen");
            }
        }
    }
}

#[test]
fn the_first_words_are_the_readers_own() {
    let say = |language| {
        let view = dashboard::dashboard(&fixture::sunny(), &reader(language)).expect("it adds up");
        (view.headline, view.glance.into_iter().map(|g| g.label).collect::<Vec<_>>())
    };
    assert_eq!(say(Language::Bem).0, "Akasuba kalekumanina bonse, kaleisusha batri, ifyashala tulashitisha.");
    assert_eq!(say(Language::Ny).1, ["Zagwira ntchito lero", "Batire", "Mtengo"]);
    let standing = statement::statement(&fixture::cheaper(), &reader(Language::Toi)).expect("it adds up").headline;
    assert_eq!(standing, "Mujisi K120.66.");
    assert_ne!(say(Language::Toi), say(Language::En));
}

#[test]
fn what_cannot_be_shown_is_said_in_the_readers_language() {
    let reader = reader(Language::Ny);
    let page = problem::problem(&reader, reader.say.not_found(), reader.say.not_found_step(), "", "not_found").render().expect("it renders");
    assert!(page.contains("Palibe tsamba ili.") && page.contains("not_found"));
}
