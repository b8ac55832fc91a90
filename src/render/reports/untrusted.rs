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

/// For a CSV field: a text that a spreadsheet would take for a formula gets an apostrophe in front.
pub fn spreadsheet(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
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
    fn a_spreadsheet_gets_no_formula() {
        assert_eq!(spreadsheet("=cmd()"), "'=cmd()");
        assert_eq!(spreadsheet("dict"), "dict");
    }
}
