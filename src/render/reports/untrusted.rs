//! Text from a heap, made safe for terminals, Markdown and spreadsheets.

/// For a terminal: one line, no control characters, no marks that turn the direction of what follows.
pub fn terminal(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_invisible(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// For a cell of a Markdown table: nothing in it is Markdown or HTML.
pub fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in terminal(text).chars() {
        match character {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '!' | '@' => {
                safe.push('\\');
                safe.push(character);
            }
            _ => safe.push(character),
        }
    }
    safe
}

/// For a page, in a text or in an attribute between double quotes: no markup, no control characters.
pub fn html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in terminal(text).chars() {
        match character {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

/// For a JSON document within a page: as [`json`], and nothing in it ends the element or begins another.
pub fn json_in_html(document: &str) -> String {
    json(document).replace('<', "\\u003c")
}

/// For a CSV field: as for a terminal, and a text that a spreadsheet would take for a formula gets an apostrophe in front.
pub fn spreadsheet(text: &str) -> String {
    let safe = terminal(text);
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{safe}") } else { safe }
}

/// For a whole JSON document: what a terminal must not get is written as `\uXXXX`, so that the text stays the same.
pub fn json(document: &str) -> String {
    let mut safe = String::with_capacity(document.len());
    for character in document.chars() {
        // Line ends and blanks are the document's own; those of texts have been escaped already.
        if character != '\n' && (character.is_control() || is_invisible(character)) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Zero-width characters, marks of direction, line separators.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_no_control_characters() {
        assert_eq!(terminal("a\x1b[31m\n\u{202e}é😀"), "a\\u{1b}[31m\\n\\u{202e}é😀");
    }

    #[test]
    fn markdown_gets_no_markup() {
        assert_eq!(markdown("<b>|`x`"), "&lt;b&gt;\\|\\`x\\`");
    }

    #[test]
    fn a_page_gets_no_markup() {
        assert_eq!(html("<b a=\"'&\">\u{202e}"), "&lt;b a=&quot;'&amp;&quot;&gt;\\u{202e}");
        let text = "</script><!--<script>\u{2028}&";
        let document = json_in_html(&serde_json::to_string(text).unwrap());
        assert!(!document.contains('<') && !document.contains('\u{2028}'), "{document}");
        assert_eq!(serde_json::from_str::<String>(&document).unwrap(), text);
    }

    #[test]
    fn a_spreadsheet_gets_no_formula() {
        assert_eq!(spreadsheet("=cmd()"), "'=cmd()");
        assert_eq!(spreadsheet("dict"), "dict");
        assert_eq!(spreadsheet("a\n\u{202e}b\x1b"), "a\\n\\u{202e}b\\u{1b}");
    }

    #[test]
    fn json_keeps_its_texts_and_shows_no_control_character() {
        let text = "a\u{9b}31m\u{202e}\u{7f}\u{e0041}é";
        let document = json(&serde_json::to_string_pretty(&[text]).unwrap());
        assert_eq!(document, "[\n  \"a\\u009b31m\\u202e\\u007f\\udb40\\udc41é\"\n]");
        assert_eq!(serde_json::from_str::<Vec<String>>(&document).unwrap(), [text]);
    }
}
