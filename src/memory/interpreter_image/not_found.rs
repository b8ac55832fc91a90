//! Why no heap of CPython can be read, one line each.

use std::fmt;

use super::PythonVersion;

/// Why no heap of CPython can be read. Shown as one line, control characters escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotFound {
    /// None of the images is a Python.
    NoPython {
        /// How many images there are; 0 when memory and files could not be read at all.
        images: usize,
    },
    /// CPython 2.
    Python2 {
        /// As far as it is known.
        version: PythonVersion,
        /// The image that holds it.
        image: String,
    },
    /// CPython 3.0 to 3.7.
    TooOld {
        /// As far as it is known.
        version: PythonVersion,
        /// The image that holds it.
        image: String,
    },
    /// Another implementation of Python, whose objects look different.
    OtherImplementation {
        /// `PyPy` or `GraalPy`.
        name: &'static str,
        /// The image that tells so.
        image: String,
    },
    /// Built with `--with-pydebug` or `--with-trace-refs`: objects have other sizes and heads.
    DebugBuild {
        /// Which CPython it is.
        version: PythonVersion,
        /// The image that holds it.
        image: String,
    },
    /// Built with `--disable-gil`: objects have other heads.
    FreeThreaded {
        /// Which CPython it is.
        version: PythonVersion,
        /// The image that holds it.
        image: String,
    },
    /// For another kind of processor than 64-bit x86.
    Foreign {
        /// In words, e.g. `32-bit x86`.
        architecture: String,
        /// The image that tells so.
        image: String,
    },
    /// There is a CPython 3.8 or later, but nothing tells where its `_PyRuntime` is.
    RuntimeHidden {
        /// The image that holds it.
        image: String,
    },
    /// There is a `_PyRuntime`, but nothing tells of which version.
    VersionUnknown {
        /// The image that holds it.
        image: String,
    },
}

impl std::error::Error for NotFound {}

impl fmt::Display for NotFound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const READ: &str = "CPython 3.8 and later can be read";
        let shown = |image: &str| match image {
            "" => "an image without a file".to_owned(),
            image => image
                .chars()
                .flat_map(|character| match character.is_control() {
                    true => character.escape_default().collect::<Vec<_>>(),
                    false => vec![character],
                })
                .collect(),
        };
        match self {
            Self::NoPython { images: 0 } => write!(formatter, "no program could be found in its memory"),
            Self::NoPython { images } => {
                let images = crate::units::count(*images as u64);
                write!(formatter, "no Python: none of its {images} programs and libraries has CPython's runtime")
            }
            Self::Python2 { version, image } => {
                write!(formatter, "Python {version} ({}) is not supported: {READ}", shown(image))
            }
            Self::TooOld { version, image } => {
                write!(formatter, "Python {version} ({}) is too old: {READ}", shown(image))
            }
            Self::OtherImplementation { name, image } => {
                write!(formatter, "{name} ({}) is not supported: {READ}", shown(image))
            }
            Self::DebugBuild { version, image } => write!(
                formatter,
                "a debug build of Python {version} ({}) is not supported: its objects have another layout",
                shown(image)
            ),
            Self::FreeThreaded { version, image } => write!(
                formatter,
                "a free-threaded build of Python {version} ({}) is not supported: its objects have another layout",
                shown(image)
            ),
            Self::Foreign { architecture, image } => {
                write!(formatter, "{} is a {architecture} program: only 64-bit x86 can be read", shown(image))
            }
            Self::RuntimeHidden { image } => write!(
                formatter,
                "Python is in {}, but its _PyRuntime is not: neither symbols nor a file of the same build tell where it is",
                shown(image)
            ),
            Self::VersionUnknown { image } => {
                write!(formatter, "Python is in {}, but its version could not be found", shown(image))
            }
        }
    }
}
