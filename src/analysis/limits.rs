//! Limits of a build: how many objects, how much growth, how many bytes a type or a place may have.

use std::collections::BTreeSet;

use crate::graph::{SelectError, TypePattern};

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Objects of a type; elements of the containers at a place.
    Count,
    /// The same in the last snapshot, less that in the first.
    Growth,
    /// Bytes: what the objects of a type retain, what is at a place and below.
    Bytes,
}

/// A limit.
#[derive(Debug, Clone)]
pub struct Limit {
    /// What is limited.
    pub measure: Measure,
    /// The most that is allowed.
    pub most: u64,
    /// Which types and places.
    pattern: TypePattern,
    /// The same for places, in which brackets are themselves.
    place: TypePattern,
}

/// A type or a place with its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Full name of the type, or the place in words.
    pub name: String,
    /// Whether it is a place.
    pub is_place: bool,
    /// Of a place, whether containers are there: a pattern with `*` counts no others.
    pub is_container: bool,
    /// Objects or elements in the first snapshot; `None` with only one.
    pub count_before: Option<u64>,
    /// Objects or elements in the last.
    pub count: u64,
    /// Bytes in the last.
    pub bytes: u64,
}

/// How a limit was kept.
#[derive(Debug, Clone)]
pub struct Verdict<'l> {
    /// The limit.
    pub limit: &'l Limit,
    /// How many types and places it is for: with none it limits nothing.
    pub subjects: u64,
    /// Those beyond it with what was found, most first, then by name.
    pub beyond: Vec<(&'l Subject, u64)>,
}

impl Limit {
    /// A limit for types by short or full name, for places by their words; `*` and `?` stand for anything.
    ///
    /// # Errors
    /// When the text is no pattern.
    pub fn new(measure: Measure, text: &str, most: u64) -> Result<Limit, SelectError> {
        let place = TypePattern::new(&text.replace('[', "[[]"))?;
        // A place such as `app.CACHE[…]` is no pattern of types: nothing else is meant by it.
        let pattern = TypePattern::new(text).unwrap_or_else(|_| place.clone());
        Ok(Limit { measure, most, pattern, place })
    }

    /// As it was given.
    pub fn text(&self) -> String {
        self.place.text().replace("[[]", "[")
    }

    fn is_for(&self, subject: &Subject) -> bool {
        if !subject.is_place {
            return self.pattern.matches(&subject.name);
        }
        let is_exact = subject.name == self.text();
        let is_wide = self.measure == Measure::Bytes || subject.is_container;
        is_exact || is_wide && self.place.matches_whole(&subject.name)
    }

    fn found(&self, subject: &Subject) -> u64 {
        match self.measure {
            Measure::Count => subject.count,
            Measure::Growth => subject.count.saturating_sub(subject.count_before.unwrap_or(subject.count)),
            Measure::Bytes => subject.bytes,
        }
    }

    /// Judges all types and places. Linear in them.
    ///
    /// ```
    /// use heapgraph::analysis::limits::{Limit, Measure, Subject};
    ///
    /// let sessions = Subject {
    ///     name: "app.Session".to_owned(),
    ///     is_place: false,
    ///     is_container: false,
    ///     count_before: Some(3),
    ///     count: 12,
    ///     bytes: 4800,
    /// };
    /// let limit = Limit::new(Measure::Count, "app.*", 10).unwrap();
    /// assert_eq!(limit.judge(&[sessions]).beyond[0].1, 12);
    /// ```
    pub fn judge<'l>(&'l self, subjects: &'l [Subject]) -> Verdict<'l> {
        let of = || subjects.iter().filter(|subject| self.is_for(subject));
        let found = of().map(|subject| (subject, self.found(subject)));
        let mut beyond: Vec<(&Subject, u64)> = found.filter(|(_, found)| *found > self.most).collect();
        let places: BTreeSet<&str> =
            beyond.iter().filter(|(of, _)| of.is_place).map(|(of, _)| of.name.as_str()).collect();
        // What is beyond only as part of a place that is, too, is told with that.
        beyond.retain(|(of, _)| !(of.is_place && is_below_one(&of.name, &places)));
        beyond.sort_by(|(one, found), (other, more)| more.cmp(found).then_with(|| one.name.cmp(&other.name)));
        Verdict { limit: self, subjects: of().count() as u64, beyond }
    }
}

/// Whether the words of a place go on from those of another.
fn is_below_one(name: &str, places: &BTreeSet<&str>) -> bool {
    let ends = name.match_indices(['.', '[', '{', ' ']).map(|(end, _)| end);
    ends.filter(|&end| end > 0).any(|end| places.contains(&name[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(name: &str, is_place: bool, is_container: bool, count: u64) -> Subject {
        Subject { name: name.to_owned(), is_place, is_container, count_before: Some(4), count, bytes: 100 * count }
    }

    #[test]
    fn types_and_places_are_limited_alike() {
        let subjects = [
            subject("app.Session", false, false, 12),
            subject("dict", false, false, 900),
            subject("app.cache.SESSIONS", true, true, 12),
            subject("app.cache.SESSIONS[…]", true, false, 12),
            subject("app.cache", true, false, 30),
        ];
        let beyond = |measure, text: &str, most| -> Vec<(String, u64)> {
            let limit = Limit::new(measure, text, most).unwrap();
            limit.judge(&subjects).beyond.iter().map(|(of, found)| (of.name.clone(), *found)).collect()
        };
        let named =
            |all: &[(&str, u64)]| all.iter().map(|(name, found)| ((*name).to_owned(), *found)).collect::<Vec<_>>();
        assert_eq!(beyond(Measure::Count, "Session", 10), named(&[("app.Session", 12)]));
        assert_eq!(beyond(Measure::Count, "Session", 12), []);
        assert_eq!(beyond(Measure::Growth, "app.*", 0), named(&[("app.Session", 8), ("app.cache.SESSIONS", 8)]));
        // What is below is told with it.
        assert_eq!(beyond(Measure::Bytes, "app.cache*", 1000), named(&[("app.cache", 3000)]));
        assert_eq!(beyond(Measure::Bytes, "app.cache", 1000), named(&[("app.cache", 3000)]));
        assert_eq!(beyond(Measure::Count, "app.cache.SESSIONS[…]", 10), named(&[("app.cache.SESSIONS[…]", 12)]));
        assert_eq!(Limit::new(Measure::Count, "gone.*", 0).unwrap().judge(&subjects).subjects, 0);
    }
}
