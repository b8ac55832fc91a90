//! What the texts of objects in a `.pyheap` file tell: it has what `str` made of each object, shortened.

/// What `str` of an object tells, by its form.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told<'r> {
    /// A class, by its full name.
    Class(&'r str),
    /// A module and its file.
    Module { name: &'r str, file: Option<&'r str> },
    /// A function, by its qualified name.
    Function(&'r str),
    /// A code object, as `name (file:line)`.
    Code(String),
    /// An address, and no more than the type says.
    Nothing,
    /// A text of its own.
    Text(&'r str),
}

/// Takes apart what `str` has made.
pub(super) fn told(text: &str) -> Told<'_> {
    let inside = |start: &str, end: &str| text.strip_prefix(start)?.strip_suffix(end);
    if let Some(name) = inside("<class '", "'>") {
        return Told::Class(name);
    }
    if let Some((name, behind)) = inside("<module '", ">").and_then(|rest| rest.split_once('\'')) {
        let file = behind.strip_prefix(" from '").and_then(|file| file.strip_suffix('\''));
        return Told::Module { name, file };
    }
    if let Some((name, _)) = inside("<function ", ">").and_then(|rest| rest.rsplit_once(" at 0x")) {
        return Told::Function(name);
    }
    if let Some(name) = inside("<built-in function ", ">") {
        return Told::Function(name);
    }
    if let Some((name, behind)) = inside("<code object ", ">").and_then(|rest| rest.split_once(" at 0x"))
        && let Some((file, line)) = behind.split_once(", file \"").and_then(|(_, place)| place.rsplit_once("\", line "))
    {
        return Told::Code(format!("{name} ({file}:{line})"));
    }
    if text.is_empty() || text.starts_with('<') {
        return Told::Nothing;
    }
    Told::Text(text)
}

/// Module and qualified name of a class, of which the file has the full name and, apart, the last part of it. `is_module`
/// knows the modules of the file.
pub(super) fn split_class(full: &str, name: &str, is_module: impl Fn(&str) -> bool) -> (String, String) {
    let Some(before) = full.strip_suffix(name) else { return (String::new(), name.to_owned()) };
    let Some(before) = before.strip_suffix('.') else { return ("builtins".to_owned(), full.to_owned()) };
    // The longest beginning that is a module: what is between is the classes and functions around.
    let mut module = before;
    while !is_module(module) {
        match module.rsplit_once('.') {
            Some((shorter, _)) => module = shorter,
            None => return (before.to_owned(), name.to_owned()),
        }
    }
    (module.to_owned(), full[module.len() + 1..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_texts_are_known() {
        assert_eq!(told("<class 'app.models.Session'>"), Told::Class("app.models.Session"));
        let module = Told::Module { name: "app", file: Some("/srv/app.py") };
        assert_eq!(told("<module 'app' from '/srv/app.py'>"), module);
        assert_eq!(told("<module 'sys' (built-in)>"), Told::Module { name: "sys", file: None });
        assert_eq!(told("<function Shop.add at 0x7f0011>"), Told::Function("Shop.add"));
        assert_eq!(
            told("<code object add at 0x7f, file \"/srv/app.py\", line 12>"),
            Told::Code("add (/srv/app.py:12)".to_owned())
        );
        assert_eq!(told("<app.Session object at 0x7f0011>"), Told::Nothing);
        // Cut off in the middle.
        assert_eq!(told("<class 'app.mod"), Told::Nothing);
        assert_eq!(told("user 7"), Told::Text("user 7"));
    }

    #[test]
    fn a_class_is_told_with_its_module() {
        let split = |full, name| split_class(full, name, |module| ["app", "app.models"].contains(&module));
        let expected = |module: &str, name: &str| (module.to_owned(), name.to_owned());
        assert_eq!(split("app.models.Session", "Session"), expected("app.models", "Session"));
        assert_eq!(split("app.models.Outer.Inner", "Inner"), expected("app.models", "Outer.Inner"));
        assert_eq!(split("other.Thing", "Thing"), expected("other", "Thing"));
        assert_eq!(split("int", "int"), expected("builtins", "int"));
        assert_eq!(split("app.Renamed", "Other"), expected("", "Other"));
    }
}
