//! A page made of sheets: a sentence on top, then sheets of sentences, figures, rows and forms. Most pages of people are one.

use askama::Template;

use super::frame::Frame;
use super::parts::{Glance, Table};
use crate::chart::Svg;
use crate::form::Form;

/// The page.
#[derive(Debug, Template)]
#[template(path = "sheets.html")]
pub struct SheetsView {
    /// Around.
    pub frame: Frame,
    /// The headline.
    pub headline: String,
    /// A sentence below it, or empty.
    pub lead: String,
    /// Figures beside the headline, or none.
    pub glance: Vec<Glance>,
    /// What was just done, or empty.
    pub done: String,
    /// Steps of the first run.
    pub steps: Option<Steps>,
    /// Class of the columns: `cols` (7 and 5), `cols cols--even`, or `stack mid` for one.
    pub columns: &'static str,
    /// First column.
    pub left: Vec<Sheet>,
    /// Second column, or nothing.
    pub right: Vec<Sheet>,
}

/// Where a reader is in several steps.
#[derive(Debug)]
pub struct Steps {
    /// "Step 2 of 5", for screen readers.
    pub label: String,
    /// A word for each.
    pub words: Vec<&'static str>,
    /// The present one, counted from 0.
    pub now: usize,
}

impl SheetsView {
    /// A page of one column.
    #[must_use]
    pub fn new(frame: Frame, headline: impl Into<String>) -> Self {
        Self {
            frame,
            headline: headline.into(),
            lead: String::new(),
            glance: Vec::new(),
            done: String::new(),
            steps: None,
            columns: "stack mid",
            left: Vec::new(),
            right: Vec::new(),
        }
    }

    /// A sentence below the headline.
    #[must_use]
    pub fn lead(mut self, text: impl Into<String>) -> Self {
        self.lead = text.into();
        self
    }

    /// What was just done.
    #[must_use]
    pub fn done(mut self, text: impl Into<String>) -> Self {
        self.done = text.into();
        self
    }

    /// A sheet in the first column.
    #[must_use]
    pub fn sheet(mut self, sheet: Sheet) -> Self {
        self.left.push(sheet);
        self
    }

    /// A sheet in the second column.
    #[must_use]
    pub fn beside(mut self, sheet: Sheet) -> Self {
        if self.columns == "stack mid" {
            self.columns = "cols";
        }
        self.right.push(sheet);
        self
    }
}

/// One sheet.
#[derive(Debug, Default)]
pub struct Sheet {
    /// Id, or empty.
    pub id: &'static str,
    /// Title.
    pub title: String,
    /// Words beside the title, or empty.
    pub aside: String,
    /// Where those lead, or empty.
    pub aside_href: String,
    /// Whether it is the reader's own.
    pub is_mine: bool,
    /// What it holds.
    pub blocks: Vec<Block>,
}

impl Sheet {
    /// A sheet with a title.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// The reader's own.
    #[must_use]
    pub const fn mine(mut self) -> Self {
        self.is_mine = true;
        self
    }

    /// Its id.
    #[must_use]
    pub const fn id(mut self, id: &'static str) -> Self {
        self.id = id;
        self
    }

    /// Words beside the title, with or without a link.
    #[must_use]
    pub fn aside(mut self, text: impl Into<String>, href: impl Into<String>) -> Self {
        (self.aside, self.aside_href) = (text.into(), href.into());
        self
    }

    /// One more block.
    #[must_use]
    pub fn with(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// A sentence.
    #[must_use]
    pub fn say(self, text: impl Into<String>) -> Self {
        self.with(Block::Say(text.into()))
    }

    /// A form.
    #[must_use]
    pub fn form(self, form: Form) -> Self {
        self.with(Block::Form(Box::new(form)))
    }
}

/// A piece of a sheet.
#[derive(Debug)]
pub enum Block {
    /// A sentence.
    Say(String),
    /// A sentence that live figures replace: its name in the page.
    Live(&'static str, String),
    /// A sentence that stands out.
    Strong(String),
    /// A small note.
    Quiet(String),
    /// One figure: the value, and what it is.
    Figure(String, String),
    /// A heading within the sheet.
    Heading(String),
    /// A form.
    Form(Box<Form>),
    /// A table.
    Table(Table),
    /// A picture.
    Picture(Svg),
    /// What the signs of a picture mean.
    Key(Vec<(Svg, &'static str)>),
    /// A sum: its lines, each with an amount, and the line that they add up to.
    Total(Vec<(String, String)>, (String, String)),
    /// Named values: name, value, small note.
    Facts(Vec<(String, String, String)>),
    /// Rows.
    Rows(Vec<Row>),
    /// A note with a state: class and sentences, the first of which stands out.
    Note(&'static str, Vec<String>),
    /// Something is missing: icon, what, and the next step.
    Blank(&'static str, String, String),
    /// Buttons that lead somewhere: class, address, words.
    Buttons(Vec<(&'static str, String, String)>),
    /// What can be expected and what cannot.
    Expect(Vec<(bool, String)>),
    /// Steps of a tour: icon, what, how.
    Tour(Vec<(&'static str, String, String)>),
    /// Something that opens: summary and what is in it.
    More(String, Vec<Block>),
    /// A button that prints, where there is a script.
    Print(String),
    /// Rows of an inline list of forms and links.
    Actions(Vec<Form>),
}

/// A row of a list.
#[derive(Debug, Default)]
pub struct Row {
    /// Class, or empty.
    pub class: &'static str,
    /// The words that name it.
    pub title: String,
    /// Where they lead, or empty.
    pub href: String,
    /// Small lines below.
    pub notes: Vec<String>,
    /// Monospaced text below, or empty.
    pub code: String,
    /// What it is, in colour, shape and word.
    pub chips: Vec<Chip>,
    /// An amount or a state at the right, or empty.
    pub amount: String,
    /// A picture below, or nothing.
    pub picture: Option<Svg>,
    /// Links below: address and words.
    pub links: Vec<(String, String)>,
    /// Buttons.
    pub forms: Vec<Form>,
}

impl Row {
    /// A row with its name.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Where it leads.
    #[must_use]
    pub fn href(mut self, href: impl Into<String>) -> Self {
        self.href = href.into();
        self
    }

    /// A small line; nothing when it is empty.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.notes.push(text);
        }
        self
    }

    /// A chip.
    #[must_use]
    pub fn chip(mut self, class: &'static str, icon: &'static str, text: impl Into<String>) -> Self {
        self.chips.push(Chip { class, icon, text: text.into() });
        self
    }

    /// A button.
    #[must_use]
    pub fn form(mut self, form: Form) -> Self {
        self.forms.push(form);
        self
    }

    /// A link among the buttons.
    #[must_use]
    pub fn link(mut self, href: impl Into<String>, words: impl Into<String>) -> Self {
        self.links.push((href.into(), words.into()));
        self
    }

    /// A picture.
    #[must_use]
    pub fn picture(mut self, svg: Svg) -> Self {
        self.picture = Some(svg);
        self
    }

    /// The amount.
    #[must_use]
    pub fn amount(mut self, text: impl Into<String>) -> Self {
        self.amount = text.into();
        self
    }
}

/// A state in colour, shape and word.
#[derive(Debug)]
pub struct Chip {
    /// `is-good`, `is-watch`, `is-bad`, `is-info`, `is-flat`.
    pub class: &'static str,
    /// Icon, or empty.
    pub icon: &'static str,
    /// The word.
    pub text: String,
}

/// Blocks one after another.
#[derive(Debug, Template)]
#[template(path = "blocks.html")]
pub struct Blocks<'a> {
    /// The blocks.
    pub blocks: &'a [Block],
}

impl<'a> Blocks<'a> {
    /// These blocks.
    #[must_use]
    pub const fn of(blocks: &'a [Block]) -> Self {
        Self { blocks }
    }
}
