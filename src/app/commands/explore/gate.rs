//! Who may ask, and what: everything else is refused before the heap is looked at.

use hyper::{Method, StatusCode, Uri};

use crate::units::Address;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The page itself.
    Page,
    /// One object.
    Object(Address),
    /// Who refers to an object, drawn.
    Backrefs(Address),
    /// The path to an object, drawn.
    Path(Address),
    /// More rows of an object, from a number on.
    Rows(RowsOf, Address, u64),
    /// Another path to an object, around these.
    Around(Address, Vec<Address>),
    /// Objects that fit.
    Search(Search),
}

/// Which rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsOf {
    Slots,
    Holders,
    Dominated,
}

/// What objects are to be; what is empty or 0 does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// A pattern of full type names.
    pub type_name: String,
    /// Part of the text of a place.
    pub place: String,
    /// Part of the object's own text: a key, a name.
    pub text: String,
    /// Smallest retained size.
    pub bytes: u64,
    /// Smallest number of elements.
    pub elements: u64,
    /// The first row that is wanted.
    pub from: u64,
}

/// No address of a page of ours is longer.
const LONGEST: usize = 4096;
/// So many holders can be left aside.
const MOST_AROUND: usize = 64;

/// Reads a request.
///
/// # Errors
/// The status that refuses it: 400, 403, 404, 405, 414.
pub fn read(method: &Method, uri: &Uri, host: Option<&str>, token: &str, port: u16) -> Result<Question, StatusCode> {
    // A page of somebody else's that has bound its name to this machine says its own name here.
    let is_ours = host.is_some_and(|host| {
        let (name, at) = host.rsplit_once(':').unwrap_or((host, ""));
        matches!(name, "127.0.0.1" | "localhost") && at == port.to_string()
    });
    if !is_ours {
        return Err(StatusCode::FORBIDDEN);
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    let path = uri.path();
    let query = uri.query().unwrap_or("");
    if path.len() + query.len() > LONGEST {
        return Err(StatusCode::URI_TOO_LONG);
    }
    let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
    if !parts.next().is_some_and(|given| is_same(given, token)) {
        return Err(StatusCode::NOT_FOUND);
    }
    let rest: Vec<&str> = parts.collect();
    let address = |text: &str| -> Result<Address, StatusCode> {
        let digits = text.strip_prefix("0x").ok_or(StatusCode::BAD_REQUEST)?;
        let is_number = (1..=16).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let number = is_number.then(|| u64::from_str_radix(digits, 16).ok()).flatten();
        number.map(Address).ok_or(StatusCode::BAD_REQUEST)
    };
    let mut search = Search::default();
    let mut around = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let number = || value.parse::<u64>().map_err(|_| StatusCode::BAD_REQUEST);
        match name.as_ref() {
            "type" => search.type_name = value.into_owned(),
            "place" => search.place = value.into_owned(),
            "text" => search.text = value.into_owned(),
            "bytes" => search.bytes = number()?,
            "elements" => search.elements = number()?,
            "from" => search.from = number()?,
            "without" => around.push(address(&value)?),
            _ => return Err(StatusCode::BAD_REQUEST),
        }
    }
    if around.len() > MOST_AROUND {
        return Err(StatusCode::BAD_REQUEST);
    }
    match rest.as_slice() {
        [""] if query.is_empty() => Ok(Question::Page),
        ["object", of] => Ok(Question::Object(address(of)?)),
        ["picture", of] => Ok(Question::Backrefs(address(of)?)),
        ["path-picture", of] => Ok(Question::Path(address(of)?)),
        ["slots", of] => Ok(Question::Rows(RowsOf::Slots, address(of)?, search.from)),
        ["holders", of] => Ok(Question::Rows(RowsOf::Holders, address(of)?, search.from)),
        ["dominated", of] => Ok(Question::Rows(RowsOf::Dominated, address(of)?, search.from)),
        ["around", of] => Ok(Question::Around(address(of)?, around)),
        ["search"] => Ok(Question::Search(search)),
        _ => Err(StatusCode::NOT_FOUND),
    }
}

/// Compares all of a token, however early it differs.
fn is_same(given: &str, token: &str) -> bool {
    given.len() == token.len()
        && given.bytes().zip(token.bytes()).fold(0, |differ, (one, other)| differ | (one ^ other)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn asked(method: &str, path: &str, host: Option<&str>) -> Result<Question, u16> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        read(&method, &path.parse().unwrap(), host, TOKEN, 8800).map_err(|status| status.as_u16())
    }

    fn get(path: &str) -> Result<Question, u16> {
        asked("GET", &format!("/{TOKEN}/{path}"), Some("127.0.0.1:8800"))
    }

    #[test]
    fn what_a_page_asks_is_understood() {
        assert_eq!(get(""), Ok(Question::Page));
        assert_eq!(get("object/0x7f00"), Ok(Question::Object(Address(0x7f00))));
        assert_eq!(get("slots/0x10?from=20"), Ok(Question::Rows(RowsOf::Slots, Address(16), 20)));
        assert_eq!(
            get("around/0x10?without=0x20&without=0x30"),
            Ok(Question::Around(Address(16), vec![Address(32), Address(48)]))
        );
        let search = Search { type_name: "app.*".to_owned(), text: "a b/ü".to_owned(), bytes: 7, ..Search::default() };
        assert_eq!(get("search?type=app.*&text=a+b%2F%C3%BC&bytes=7"), Ok(Question::Search(search)));
        assert_eq!(asked("HEAD", &format!("/{TOKEN}/"), Some("localhost:8800")), Ok(Question::Page));
    }

    #[test]
    fn everything_else_is_refused() {
        let ours = Some("127.0.0.1:8800");
        for host in [
            None,
            Some(""),
            Some("127.0.0.1"),
            Some("127.0.0.1:80"),
            Some("evil.test:8800"),
            Some("evil.test"),
            Some("127.0.0.1:8800.evil.test"),
            Some("127.0.0.1.evil.test:8800"),
            Some("[::1]:8800"),
            Some("0.0.0.0:8800"),
        ] {
            assert_eq!(asked("GET", &format!("/{TOKEN}/"), host), Err(403), "{host:?}");
        }
        for path in [
            "/",
            "//",
            "/0123456789abcdee/",
            "/0123456789abcde/",
            "/0123456789abcdef",
            "/0123456789ABCDEF/",
            "/object/0x10",
            "//0123456789abcdef/",
            "/0123456789abcdef//",
            "/0123456789abcdef/../",
            "/0123456789abcdef/%2e%2e/etc/passwd",
            "/0123456789abcdef/object",
            "/0123456789abcdef/object/0x10/",
            "/0123456789abcdef/nothing",
            "/%30123456789abcdef/",
            "/favicon.ico",
        ] {
            assert_eq!(asked("GET", path, ours), Err(404), "{path}");
        }
        for path in [
            "object/10",
            "object/0x",
            "object/0x11112222333344445",
            "object/0x-1",
            "object/0x+1",
            "object/0xg",
            "slots/0x10?from=-1",
            "slots/0x10?from=99999999999999999999",
            "search?other=1",
            "around/0x10?without=7",
        ] {
            assert_eq!(get(path), Err(400), "{path}");
        }
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "ODD"] {
            assert_eq!(asked(method, &format!("/{TOKEN}/"), ours), Err(405), "{method}");
        }
        assert_eq!(get(&format!("search?text={}", "x".repeat(5000))), Err(414));
        assert_eq!(get(&format!("around/0x10?{}", "without=0x1&".repeat(65))), Err(400));
    }
}
