//! Untrusted text made harmless for each destination of a picture.
//!
//! Every text of a diagram comes from a heap that somebody else filled: names may hold control characters, marks that turn the
//! direction of the line around, or 10,000 characters.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::measure::{Face, Measured, measure};

/// What stands for characters that can't be shown.
const REPLACEMENT: char = '\u{fffd}';
/// Longest run of code points drawn as one character; a family emoji has 7, an attack hundreds of accents.
const LONGEST_GRAPHEME: usize = 12;
/// No label is wider than this many characters, so nobody measures megabytes to throw them away.
const LONGEST_LABEL: usize = 400;

/// One line of text without characters that change more than their own place.
///
/// Control characters become their visible pictures (`␊`), marks of direction and what XML forbids become U+FFFD, a combining
/// mark with nothing to stand on gets a dotted circle, and piles of accents are cut.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    for grapheme in text.graphemes(true) {
        for (position, character) in grapheme.chars().enumerate().take(LONGEST_GRAPHEME) {
            let shown = visible(character);
            if position == 0 && is_combining(shown) {
                cleaned.push('\u{25cc}');
            }
            cleaned.push(shown);
        }
    }
    Cow::Owned(cleaned)
}

fn visible(character: char) -> char {
    match character {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + character as u32).unwrap_or(REPLACEMENT),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' => REPLACEMENT,
        // Marks, embeddings, overrides and isolates of direction; line and paragraph separators.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => REPLACEMENT,
        // Invisible: zero-width space, word joiner, byte order mark, soft hyphen.
        '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => REPLACEMENT,
        // Fillers of Hangul: letters that show nothing.
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => REPLACEMENT,
        // Interlinear annotations, tags, private use, and what is no character at all.
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => {
            REPLACEMENT
        }
        other if (other as u32) & 0xfffe == 0xfffe || ('\u{fdd0}'..='\u{fdef}').contains(&other) => REPLACEMENT,
        other => other,
    }
}

/// A mark that is drawn onto the character before it.
fn is_combining(character: char) -> bool {
    !character.is_ascii()
        && unicode_width::UnicodeWidthChar::width(character) == Some(0)
        && !matches!(character, '\u{200c}' | '\u{200d}' | '\u{ad}' | '\u{1160}'..='\u{11ff}')
}

/// A cleaned text that fits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fitted {
    pub(super) text: String,
    pub(super) measured: Measured,
    /// Something was cut out of the middle.
    pub(super) shortened: bool,
}

/// Cleans the text and cuts its middle out, marked by `…`, until it is at most `width` pixels wide.
pub(super) fn fit(text: &str, face: Face, size: f64, width: f64) -> Fitted {
    let (head, tail) = ends(text);
    let cleaned = clean(head);
    if tail.is_none() {
        let measured = measure(&cleaned, face, size);
        if measured.width <= width {
            return Fitted { text: cleaned.into_owned(), measured, shortened: false };
        }
    }
    let first: Vec<&str> = cleaned.graphemes(true).collect();
    let cleaned_tail = tail.map(clean);
    let last: Vec<&str> = cleaned_tail.as_deref().map_or_else(|| first.clone(), |tail| tail.graphemes(true).collect());
    let candidate = |kept: usize| {
        let (front, back) = (kept.div_ceil(2), kept / 2);
        let mut text: String = first[..front.min(first.len())].concat();
        text.truncate(text.trim_end().len());
        text.push('…');
        text.push_str(last[last.len() - back.min(last.len())..].concat().trim_start());
        let measured = measure(&text, face, size);
        Fitted { text, measured, shortened: true }
    };
    // The largest number of characters that fits; widths grow with the number except for a kerning pair here and there.
    let (mut fits, mut too_many) = (0, first.len() + last.len());
    let mut best = candidate(0);
    while fits + 1 < too_many {
        let middle = (fits + too_many) / 2;
        let tried = candidate(middle);
        if tried.measured.width <= width {
            (fits, best) = (middle, tried);
        } else {
            too_many = middle;
        }
    }
    best
}

/// The text, or its two ends when it is longer than any label can be.
fn ends(text: &str) -> (&str, Option<&str>) {
    if text.len() <= 2 * LONGEST_LABEL {
        return (text, None);
    }
    let head = text.char_indices().nth(LONGEST_LABEL).map_or(text.len(), |(at, _)| at);
    let tail = text.char_indices().nth_back(LONGEST_LABEL - 1).map_or(0, |(at, _)| at);
    if tail <= head { (text, None) } else { (&text[..head], Some(&text[tail..])) }
}

/// Cleaned text of a tooltip: at most `limit` characters, the rest counted.
pub fn clean_up_to(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => clean(text).into_owned(),
        Some((at, _)) => {
            let more = i128::try_from(text[at..].chars().count()).unwrap_or(i128::MAX);
            format!("{}… ({} more characters)", clean(&text[..at]), crate::units::count(more))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_stays() {
        for text in ["dict", "app.models.Session", "['ключ']", "漢字", "e\u{301}", "👨‍👩‍👧‍👦"] {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn nothing_reaches_beyond_its_place() {
        assert_eq!(clean("a\nb\0\u{7f}"), "a␊b␀␡");
        assert_eq!(clean("x\u{202e}evil\u{2066}"), "x\u{fffd}evil\u{fffd}");
        assert_eq!(clean("\u{301}x"), "\u{25cc}\u{301}x");
        assert_eq!(clean("\u{fffe}\u{85}"), "\u{fffd}\u{fffd}");
        assert_eq!(clean(&format!("e{}", "\u{301}".repeat(500))).chars().count(), LONGEST_GRAPHEME);
    }

    #[test]
    fn the_middle_is_cut_to_fit() {
        let short = fit("session", Face::Regular, 12.0, 200.0);
        assert_eq!((short.text.as_str(), short.shortened), ("session", false));
        for text in
            ["a.very.long.module.path.with.many.parts.ClassName".to_owned(), "x".repeat(100_000), "漢".repeat(10_000)]
        {
            let long = fit(&text, Face::Bold, 12.0, 150.0);
            assert!(long.shortened && long.measured.width <= 150.0 && long.measured.width > 120.0, "{long:?}");
            assert!(long.text.contains('…') && long.text.ends_with(text.chars().last().unwrap_or('?')));
        }
    }
}
