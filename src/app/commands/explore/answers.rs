//! What the heap says to a question.

use crate::analysis::around::{Around, path_around};
use crate::render::page::{self, Limits};
use crate::render::{PictureFormat, PictureOptions, picture};
use crate::report::page::{Cards, Found, Page, Wanted, backrefs_diagram};
use crate::report::path_diagram;
use crate::units::Address;

use super::gate::{Question, RowsOf};

/// So many rows of each kind come with an object, and so many more at a time.
const ROWS: usize = 20;
const MORE_ROWS: usize = 200;
/// So many objects are looked at for another path.
const MOST_LOOKED_AT: usize = 300_000;

/// An answer as the bytes of a body.
pub enum Answer {
    Page(Vec<u8>),
    Json(Vec<u8>),
    Text(String),
}

/// A heap that can be asked.
pub struct Answers<'a> {
    cards: &'a Cards<'a>,
    page: Vec<u8>,
    places: Vec<String>,
}

impl<'a> Answers<'a> {
    /// Puts the page together, and what a search looks at; also all that a first question would have to wait for.
    pub fn new(page: &Page, cards: &'a Cards<'a>) -> Answers<'a> {
        let heap = cards.heap();
        let first = page.suspects.iter().filter_map(|suspect| suspect.object);
        let first = first.filter_map(|address| Some((address, cards.card(heap.graph.object_at(address)?, ROWS))));
        let page = page::write(page, first, std::iter::empty(), Limits::default());
        Answers { cards, page, places: cards.place_texts() }
    }

    /// The answer; `None` when there is no such object.
    pub fn to(&self, question: &Question) -> Option<Answer> {
        let heap = self.cards.heap();
        let object = |address: &Address| heap.graph.object_at(*address);
        let drawn = |diagram| {
            let drawn = picture(diagram, PictureFormat::Svg, &PictureOptions::default()).ok()?;
            Some(Answer::Text(String::from_utf8(drawn.bytes).ok()?))
        };
        match question {
            Question::Page => Some(Answer::Page(self.page.clone())),
            Question::Object(address) => json(&self.cards.card(object(address)?, ROWS)),
            Question::Backrefs(address) => drawn(&backrefs_diagram(heap, object(address)?)),
            Question::Path(address) => drawn(&path_diagram(heap, &heap.path(object(address)?)?, false)),
            Question::Rows(of, address, from) => {
                let object = object(address)?;
                json(&match of {
                    RowsOf::Slots => self.cards.slots(object, *from, MORE_ROWS),
                    RowsOf::Holders => self.cards.holders(object, *from, MORE_ROWS),
                    RowsOf::Dominated => self.cards.dominated(object, *from, MORE_ROWS),
                })
            }
            Question::Around(address, without) => {
                let object = object(address)?;
                let without: Vec<_> = without.iter().filter_map(|one| heap.graph.object_at(*one)).collect();
                let around = path_around(heap, object, &without, MOST_LOOKED_AT);
                json(&match around {
                    Around::Path(path) => self.cards.around(Some(&path), None),
                    Around::Nothing => self.cards.around(None, None),
                    Around::Unknown(looked_at) => self.cards.around(None, Some(looked_at)),
                })
            }
            Question::Search(search) => {
                let wanted = Wanted {
                    type_name: &search.type_name,
                    place: &search.place,
                    text: &search.text,
                    bytes: search.bytes,
                    elements: search.elements,
                };
                let found: Found = self.cards.search(&wanted, &self.places, search.from, MORE_ROWS);
                json(&found)
            }
        }
    }
}

fn json(value: &impl serde::Serialize) -> Option<Answer> {
    serde_json::to_vec(value).ok().map(Answer::Json)
}
