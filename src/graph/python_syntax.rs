//! Whether a text of a snapshot is the Python that it is taken for: expressions are pasted into processes, and a snapshot may
//! come from anybody.

/// Whether a text can be written behind a dot. Plain ASCII names only: Python normalises others, so that the attribute might
/// be another one.
pub fn is_identifier(name: &str) -> bool {
    const KEYWORDS: [&str; 35] = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
        "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
        "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
    ];
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
        && !KEYWORDS.contains(&name)
}

/// Whether a text leads from an object to one inside it and does nothing else: attributes, indices and keys in a row, e.g.
/// `.f_locals['name']`, and what `.__getinitargs__()` of a type of the standard library gives.
pub(super) fn is_access(text: &str) -> bool {
    /// The one call that names a slot: of `itertools` and the like, whose method is written in C.
    const CALL: &str = ".__getinitargs__()";
    let mut rest = text.strip_prefix(CALL).unwrap_or(text);
    let mut steps = usize::from(rest.len() < text.len());
    while !rest.is_empty() {
        let behind = if let Some(attribute) = rest.strip_prefix('.') {
            let end = attribute.find(['.', '[']).unwrap_or(attribute.len());
            is_identifier(&attribute[..end]).then(|| &attribute[end..])
        } else {
            rest.strip_prefix('[').and_then(|inside| {
                let is_text = inside.starts_with(['\'', '"']);
                let end = if is_text { quoted(inside) } else { inside.find(']') }?;
                let (key, behind) = inside.split_at(end);
                (is_text || is_int(key)).then(|| behind.strip_prefix(']')).flatten()
            })
        };
        let Some(behind) = behind else { return false };
        rest = behind;
        steps += 1;
    }
    steps > 0
}

/// Whether a text is what `repr` writes of a number, a truth value or bytes.
pub(super) fn is_literal(type_name: &str, text: &str) -> bool {
    match type_name {
        "int" => is_int(text),
        "bool" => matches!(text, "True" | "False"),
        "float" => is_float(text),
        "complex" => {
            let inner = text.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(text);
            let Some(numbers) = inner.strip_suffix('j') else { return false };
            // The sign between the two parts is the last one that does not belong to an exponent.
            let signs = numbers
                .char_indices()
                .skip(1)
                .filter(|&(at, sign)| matches!(sign, '+' | '-') && !numbers[..at].ends_with(['e', 'E']));
            let parts = signs.last().map_or((numbers, None), |(at, _)| (&numbers[at..], Some(&numbers[..at])));
            is_float(parts.0) && parts.1.is_none_or(is_float)
        }
        "bytes" => text.strip_prefix('b').is_some_and(|quote| quoted(quote) == Some(quote.len())),
        _ => false,
    }
}

fn is_int(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
}

fn is_float(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.e".contains(&byte)) && text.parse::<f64>().is_ok()
}

/// How long the literal is that a text begins with: a string in quotes, on one line, of printable ASCII, as `repr` and
/// [`super::python_str`] close it. `None` when there is none.
fn quoted(text: &str) -> Option<usize> {
    let quote = text.bytes().next().filter(|quote| b"'\"".contains(quote))?;
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next().filter(|(_, escaped)| (b' '..=b'~').contains(escaped))?;
            }
            _ if byte == quote => return Some(at + 1),
            b' '..=b'~' => {}
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_leads_somewhere_and_does_nothing() {
        for good in [
            ".x",
            "._Thread__target",
            "[0]",
            "[-1]",
            "['a b']",
            r"['it\'s']",
            ".f_locals['x'].y[3]",
            r#"["it's"]"#,
            ".__getinitargs__()[0]",
            r"['\\']",
            r"['\u202e']",
        ] {
            assert!(is_access(good), "{good}");
        }
        for bad in [
            "",
            ".",
            ".x ",
            ". x",
            ".class",
            ".x()",
            "()",
            "[]",
            "[x]",
            "[0",
            "[0].x; import os",
            "['a'+f()]",
            "['a']]",
            "[f()]",
            "['a",
            r"['a\']",
            "['a\n']",
            ".x\n",
            "[__import__('os').system('id')]",
            ".x if f() else 0",
            ".é",
            "['\u{202e}']",
            "[0,1]",
            "[1:2]",
            ".x.__getinitargs__()",
        ] {
            assert!(!is_access(bad), "{bad}");
        }
    }

    #[test]
    fn literals_are_what_repr_writes() {
        for (of, good) in [
            ("int", "0"),
            ("int", "-17"),
            ("bool", "True"),
            ("float", "1e+300"),
            ("float", "-0.5"),
            ("complex", "2j"),
            ("complex", "(1+2j)"),
            ("complex", "(-1e-05-2e+20j)"),
            ("complex", "-0j"),
            ("bytes", r"b'\x00\''"),
            ("bytes", "b\"it's\""),
        ] {
            assert!(is_literal(of, good), "{of} {good}");
        }
        for (of, bad) in [
            ("int", ""),
            ("int", "-"),
            ("int", "f()"),
            ("int", "1 or f()"),
            ("bool", "true"),
            ("float", "nan"),
            ("float", "inf"),
            ("float", "1.0 + f()"),
            ("complex", "f()j"),
            ("complex", "(1+2)"),
            ("complex", "nanj"),
            ("bytes", "b''+f()"),
            ("bytes", "b'a' b'b'"),
            ("bytes", "'a'"),
            ("bytes", "b'\n'"),
            ("str", "'a'"),
        ] {
            assert!(!is_literal(of, bad), "{of} {bad}");
        }
    }
}
