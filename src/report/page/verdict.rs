//! The suspects of a page: the paragraphs of `suspects`, each with its object, as Python, and with what to cut.

use crate::graph::Object;
use crate::report::words::Words;
use crate::report::{Report, Section, why};
use crate::units::Address;

use super::{PageView, short_sentence};

/// A suspect.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SuspectCard {
    /// What it is and what it holds; names of the program stand in backticks.
    pub headline: String,
    /// Evidence, a line each.
    pub lines: Vec<String>,
    /// The object that it is told by.
    pub object: Option<Address>,
    /// It is one of many that are told together.
    pub is_one_of_many: bool,
    /// Where that is, as Python.
    pub expression: Option<String>,
    /// What must be known of the expression.
    pub expression_notes: Vec<String>,
    /// What to cut, and what that frees.
    pub cut: Vec<String>,
}

/// The object by which a suspect is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// The object; `None` where there is none.
    pub object: Option<Object>,
    /// It is one of many.
    pub is_one_of_many: bool,
}

/// A longer first sentence is no headline.
const LONGEST_HEADLINE: usize = 160;

/// The first sentence, and apart from it the list of containers where that makes it long.
fn headline_and_details(sentence: &str) -> (String, Option<String>) {
    match sentence.split_once("of the heap: ") {
        Some((headline, details)) if sentence.chars().count() > LONGEST_HEADLINE => {
            (format!("{headline}of the heap."), Some(super::super::phrases::capitalised(details)))
        }
        _ => (sentence.to_owned(), None),
    }
}

/// What must be known of an expression, or why there is none.
pub(super) fn expression_notes(told: Vec<String>, is_told: bool) -> Vec<String> {
    let notes = told.into_iter().skip(usize::from(is_told)).map(|line| short_sentence(line.trim().to_owned()));
    // Nothing is imported for what is not written.
    notes.filter(|note| is_told || !note.starts_with("with import ")).collect()
}

/// What else the verdict says, line by line: what is large, what only grew.
pub(super) fn others(report: &Report) -> Vec<Vec<String>> {
    let others = report.sections.iter().filter_map(|section| match section {
        Section::Paragraphs { key, paragraphs } if *key != "paragraphs" => Some(paragraphs),
        _ => None,
    });
    let lines = |paragraph: &String| paragraph.lines().map(|line| short_sentence(line.to_owned())).collect();
    others.flatten().map(lines).collect()
}

/// The suspects of a report, with the object of each.
pub(super) fn suspects(view: &PageView<'_>, report: &Report, told: &[Told]) -> Vec<SuspectCard> {
    let paragraphs = report.sections.iter().find_map(|section| match section {
        Section::Paragraphs { key: "paragraphs", paragraphs } => Some(paragraphs.as_slice()),
        _ => None,
    });
    let heap = view.heap;
    let words = Words::new(heap.graph, told.iter().filter_map(|told| told.object), true);
    let card = |(number, paragraph): (usize, &String)| {
        let mut lines = paragraph.lines().map(|line| short_sentence(line.trim_start().to_owned()));
        let headline = lines.next().unwrap_or_default();
        // The number stands there already.
        let headline = headline.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(". ");
        let (headline, details) = headline_and_details(headline);
        let lines = details.into_iter().chain(lines).collect();
        let mut card = SuspectCard { headline, lines, ..SuspectCard::default() };
        let Some(Told { object: Some(object), is_one_of_many }) = told.get(number).copied() else { return card };
        card.is_one_of_many = is_one_of_many;
        card.object = Some(heap.graph.address(object));
        if let Some(path) = heap.path(object) {
            let (told, whole) = why::expression_words(heap, &path);
            card.expression = whole.filter(|whole| told.first() == Some(whole));
            card.expression_notes = expression_notes(told, card.expression.is_some());
        }
        let cut = why::cut_sentences(heap, &words, object, &heap.cut_places(object));
        card.cut = cut.into_iter().map(short_sentence).collect();
        card
    };
    paragraphs.unwrap_or_default().iter().enumerate().map(card).collect()
}
