//! Checks as JUnit XML, which continuous integration shows beside the tests.

use xmlwriter::{Options, XmlWriter};

use crate::report::CheckCase;

use super::reports::safe_for_terminal;

/// Writes one test suite with a case for each limit; a failure has its whole message.
pub fn write(cases: &[CheckCase]) -> Vec<u8> {
    let mut xml = XmlWriter::new(Options::default());
    xml.write_declaration();
    xml.start_element("testsuite");
    xml.write_attribute("name", "heapgraph check");
    xml.write_attribute("tests", &cases.len());
    xml.write_attribute("failures", &cases.iter().filter(|case| case.failure.is_some()).count());
    xml.write_attribute("errors", &0);
    for case in cases {
        xml.start_element("testcase");
        xml.write_attribute("classname", "heapgraph");
        xml.write_attribute("name", &escaped(&case.name));
        if let Some(message) = &case.failure {
            xml.start_element("failure");
            xml.write_attribute("message", &escaped(message.lines().next().unwrap_or_default()));
            xml.set_preserve_whitespaces(true);
            xml.write_text(&escaped(message));
            xml.end_element();
            xml.set_preserve_whitespaces(false);
        }
        xml.end_element();
    }
    xml.end_element();
    let mut text = xml.end_document();
    text.push('\n');
    text.into_bytes()
}

/// Without what XML can't hold, and with `&`, `<` and `>` as entities; quotation marks are the writer's.
fn escaped(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(safe_for_terminal).collect();
    lines.join("\n").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_a_case_with_its_message() {
        let passed = CheckCase { name: "max dict = 3".to_owned(), failure: None };
        let failed =
            CheckCase { name: "max \"a<b>&\" = 0".to_owned(), failure: Some("first & <last>\nsecond".to_owned()) };
        let xml = String::from_utf8(write(&[passed, failed])).unwrap();
        assert!(xml.contains(r#"tests="2" failures="1""#), "{xml}");
        assert!(xml.contains(r#"name="max dict = 3""#), "{xml}");
        assert!(xml.contains("first &amp; &lt;last&gt;\nsecond"), "{xml}");
        assert!(!xml.contains("a<b"), "{xml}");
    }
}
