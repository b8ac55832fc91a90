//! Sentences of a report as markup: names in backticks as code, addresses as links.

use crate::render::reports::untrusted::html as safe;

/// A sentence; what stands between backticks is code, an address a link to its object.
pub(super) fn sentence(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let pieces: Vec<&str> = text.split('`').collect();
    let is_paired = pieces.len() % 2 == 1;
    for (number, piece) in pieces.iter().enumerate() {
        match (number % 2 == 1, is_paired) {
            (true, true) => out.push_str(&format!("<code>{}</code>", linked(piece))),
            // Backticks of the program's own.
            (_, false) if number > 0 => out.push_str(&format!("`{}", linked(piece))),
            _ => out.push_str(&linked(piece)),
        }
    }
    out
}

/// Text with links from addresses to their objects.
fn linked(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        let digits = rest[at + 2..].bytes().take_while(u8::is_ascii_hexdigit).count();
        let end = at + 2 + digits;
        // The beginning of a number may be the end of a name.
        let is_address = (6..=16).contains(&digits)
            && !rest[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
            && !rest[end..].starts_with(|after: char| after.is_alphanumeric() || after == '_');
        out.push_str(&safe(&rest[..at]));
        let address = &rest[at..end];
        match is_address {
            true => out.push_str(&format!("<a href=\"#{address}\">{address}</a>")),
            false => out.push_str(&safe(address)),
        }
        rest = &rest[end..];
    }
    out.push_str(&safe(rest));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_code_and_addresses_are_links() {
        assert_eq!(
            sentence("`app.<b>` at 0x7f00000011c0 holds"),
            "<code>app.&lt;b&gt;</code> at <a href=\"#0x7f00000011c0\">0x7f00000011c0</a> holds"
        );
        assert_eq!(sentence("a`b"), "a`b");
        assert_eq!(sentence("0x12 x0x7f00000011c0 0x7f00000011cg"), "0x12 x0x7f00000011c0 0x7f00000011cg");
        assert_eq!(sentence("é0x7f00000011c0"), "é0x7f00000011c0");
    }
}
