//! One typed value of a report: formats decide how it looks.

use crate::units::{self, Address};

/// A value with its unit.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text of the program or of the report. Untrusted: it is escaped for its destination.
    Text(String),
    /// A type: the name to show to people, and the full name for machines.
    Type {
        /// Short where that is unambiguous.
        shown: String,
        /// With its module.
        full: String,
    },
    /// Text that was left dim: decoration around what matters.
    Faint(String),
    /// Text that matters most.
    Strong(String),
    /// An address.
    Address(Address),
    /// How many.
    Count(u64),
    /// How many bytes.
    Bytes(u64),
    /// At least so many bytes: a lower bound, marked `≥`.
    AtLeastBytes(u64),
    /// A change of a count.
    CountGrowth(i128),
    /// A change of bytes.
    BytesGrowth(i128),
    /// A part of a whole.
    Share {
        /// The part.
        part: u64,
        /// The whole.
        whole: u64,
    },
    /// Seconds.
    Seconds(f64),
    /// How long something took, with a unit that fits it.
    Duration(f64),
    /// Yes or no.
    Flag(bool),
    /// Unknown or not applicable: never shown as 0.
    Missing,
    /// Nothing to tell: empty for people, `null` for machines.
    Blank,
}

impl Cell {
    /// For people: units, thousands separators. Untrusted text is *not yet* escaped.
    pub fn human(&self) -> String {
        match self {
            Cell::Text(text) | Cell::Faint(text) | Cell::Strong(text) => text.clone(),
            Cell::Type { shown, .. } => shown.clone(),
            Cell::Address(address) => address.to_string(),
            Cell::Count(count) => units::count(*count),
            Cell::Bytes(bytes) => units::bytes(*bytes),
            Cell::AtLeastBytes(bytes) => format!("≥ {}", units::bytes(*bytes)),
            Cell::CountGrowth(growth) => signed(*growth, units::count(*growth)),
            Cell::BytesGrowth(growth) => signed(*growth, units::bytes(*growth)),
            Cell::Share { part, whole } => units::share((*part).into(), (*whole).into()),
            Cell::Seconds(seconds) => format!("{seconds:.2} s"),
            Cell::Duration(seconds) => units::duration(*seconds),
            Cell::Flag(true) => "yes".to_owned(),
            Cell::Flag(false) => "no".to_owned(),
            Cell::Missing => "unknown".to_owned(),
            Cell::Blank => String::new(),
        }
    }

    /// For CSV: the bare number or text; empty when missing.
    pub fn raw(&self) -> String {
        match self {
            Cell::Type { full, .. } => full.clone(),
            Cell::Count(number) | Cell::Bytes(number) | Cell::AtLeastBytes(number) => number.to_string(),
            Cell::CountGrowth(growth) | Cell::BytesGrowth(growth) => growth.to_string(),
            Cell::Share { part, whole } => share(*part, *whole).map_or(String::new(), |share| share.to_string()),
            Cell::Seconds(seconds) | Cell::Duration(seconds) => seconds.to_string(),
            Cell::Flag(flag) => flag.to_string(),
            Cell::Missing | Cell::Blank => String::new(),
            Cell::Text(_) | Cell::Faint(_) | Cell::Strong(_) | Cell::Address(_) => self.human(),
        }
    }

    /// For JSON: numbers as numbers, addresses as hexadecimal text, missing as `null`.
    pub fn json(&self) -> serde_json::Value {
        match self {
            Cell::Count(number) | Cell::Bytes(number) | Cell::AtLeastBytes(number) => (*number).into(),
            Cell::CountGrowth(growth) | Cell::BytesGrowth(growth) => match i64::try_from(*growth) {
                Ok(growth) => growth.into(),
                Err(_) => growth.to_string().into(),
            },
            Cell::Share { part, whole } => share(*part, *whole).map_or(serde_json::Value::Null, Into::into),
            Cell::Seconds(seconds) | Cell::Duration(seconds) => (*seconds).into(),
            Cell::Flag(flag) => (*flag).into(),
            Cell::Missing | Cell::Blank => serde_json::Value::Null,
            Cell::Text(_) | Cell::Faint(_) | Cell::Strong(_) | Cell::Type { .. } | Cell::Address(_) => {
                self.raw().into()
            }
        }
    }

    /// Whether it is a number, to be aligned on its right side.
    pub fn is_number(&self) -> bool {
        !matches!(
            self,
            Cell::Text(_)
                | Cell::Faint(_)
                | Cell::Strong(_)
                | Cell::Type { .. }
                | Cell::Address(_)
                | Cell::Flag(_)
                | Cell::Blank
        )
    }
}

/// From 0 to 1, rounded to six decimals so that it is the same on every machine; `None` of nothing.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 1e6).round() / 1e6)
}

fn signed(growth: i128, text: String) -> String {
    if growth > 0 { format!("+{text}") } else { text }
}
