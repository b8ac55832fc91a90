//! One Parquet file: columns that bring their values, row group by row group.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, Encoding};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;
use rustc_hash::FxHashMap;

/// So many rows are one row group: engines read these in parallel, and skip those that can't have what is asked for.
pub(super) const GROUP: usize = 1 << 18;

/// How columns are packed: with Zstandard where its C code is built, else with gzip. Every engine reads both.
fn packed() -> Compression {
    #[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
    return Compression::ZSTD(parquet::basic::ZstdLevel::default());
    #[cfg(not(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")))]
    return Compression::GZIP(parquet::basic::GzipLevel::default());
}

/// The columns of a table whose rows are `R`.
pub(super) struct Columns<'t, R> {
    all: Vec<Column<'t, R>>,
}

struct Column<'t, R> {
    name: &'static str,
    get: Get<'t, R>,
}

type Of<'t, R, T> = Box<dyn Fn(&R) -> Option<T> + 't>;
type TextOf<'t, R> = Box<dyn Fn(&R) -> Cow<'t, str> + 't>;

/// What a column has of each row; `None` is null.
enum Get<'t, R> {
    /// Ascending or close together, without a sign.
    Address(Of<'t, R, u64>),
    /// Small numbers without a sign.
    Number(Of<'t, R, u32>),
    /// Counts and bytes.
    Amount(Of<'t, R, i64>),
    Share(Of<'t, R, f64>),
    Flag(Of<'t, R, bool>),
    Text(Of<'t, R, Cow<'t, str>>),
    /// Texts that many rows share: the number that tells them apart, and the text of a row.
    Shared(Of<'t, R, u64>, TextOf<'t, R>),
}

impl<'t, R> Columns<'t, R> {
    pub fn new() -> Self {
        Columns { all: Vec::new() }
    }

    pub fn address(self, name: &'static str, get: impl Fn(&R) -> Option<u64> + 't) -> Self {
        self.with(name, Get::Address(Box::new(get)))
    }

    pub fn number(self, name: &'static str, get: impl Fn(&R) -> Option<u32> + 't) -> Self {
        self.with(name, Get::Number(Box::new(get)))
    }

    /// A count or bytes; what is larger than a signed number can be is told as the largest.
    pub fn amount(self, name: &'static str, get: impl Fn(&R) -> Option<u64> + 't) -> Self {
        let get = move |row: &R| get(row).map(|amount| i64::try_from(amount).unwrap_or(i64::MAX));
        self.with(name, Get::Amount(Box::new(get)))
    }

    pub fn share(self, name: &'static str, get: impl Fn(&R) -> Option<f64> + 't) -> Self {
        self.with(name, Get::Share(Box::new(get)))
    }

    pub fn flag(self, name: &'static str, get: impl Fn(&R) -> Option<bool> + 't) -> Self {
        self.with(name, Get::Flag(Box::new(get)))
    }

    pub fn text(self, name: &'static str, get: impl Fn(&R) -> Option<Cow<'t, str>> + 't) -> Self {
        self.with(name, Get::Text(Box::new(get)))
    }

    /// A text that many rows share: rows of one number have one text, which is made once for each row group.
    pub fn shared_text(
        self,
        name: &'static str,
        number: impl Fn(&R) -> Option<u64> + 't,
        text: impl Fn(&R) -> Cow<'t, str> + 't,
    ) -> Self {
        self.with(name, Get::Shared(Box::new(number), Box::new(text)))
    }

    fn with(mut self, name: &'static str, get: Get<'t, R>) -> Self {
        self.all.push(Column { name, get });
        self
    }

    /// Writes a file; `groups` are its rows, at most [`GROUP`] at once. Values of one column of one group are in memory.
    pub fn write(&self, groups: impl Iterator<Item = Vec<R>>, out: impl Write + Send) -> io::Result<u64> {
        self.write_file(groups, out).map_err(|error| match error {
            ParquetError::External(error) => match error.downcast::<io::Error>() {
                Ok(error) => *error,
                Err(error) => io::Error::other(error),
            },
            other => io::Error::other(other),
        })
    }

    fn write_file(&self, groups: impl Iterator<Item = Vec<R>>, out: impl Write + Send) -> Result<u64, ParquetError> {
        let fields: String = self
            .all
            .iter()
            .map(|column| {
                let (physical, logical) = match column.get {
                    Get::Address(_) => ("int64", " (INTEGER(64,false))"),
                    Get::Number(_) => ("int32", " (INTEGER(32,false))"),
                    Get::Amount(_) => ("int64", ""),
                    Get::Share(_) => ("double", ""),
                    Get::Flag(_) => ("boolean", ""),
                    Get::Text(_) | Get::Shared(..) => ("binary", " (STRING)"),
                };
                format!("optional {physical} {}{logical}; ", column.name)
            })
            .collect();
        let schema = Arc::new(parse_message_type(&format!("message heapgraph {{ {fields}}}"))?);
        let mut properties = WriterProperties::builder()
            .set_created_by(concat!("heapgraph ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(packed());
        for column in &self.all {
            if matches!(column.get, Get::Address(_)) {
                let path = ColumnPath::from(column.name);
                properties = properties
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
            }
        }
        let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties.build()))?;
        let mut count = 0;
        for rows in groups {
            count += rows.len() as u64;
            let mut group = file.next_row_group()?;
            let mut columns = self.all.iter();
            while let Some(writer) = group.next_column()? {
                let Some(column) = columns.next() else { break };
                column.write(&rows, writer)?;
            }
            group.close()?;
        }
        file.close()?;
        Ok(count)
    }
}

impl<R> Column<'_, R> {
    fn write(&self, rows: &[R], writer: SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        match &self.get {
            // Numbers without a sign are stored by their bits.
            Get::Address(get) => put::<Int64Type, R>(rows, |row| get(row).map(u64::cast_signed), writer),
            Get::Number(get) => put::<Int32Type, R>(rows, |row| get(row).map(u32::cast_signed), writer),
            Get::Amount(get) => put::<Int64Type, R>(rows, get, writer),
            Get::Share(get) => put::<DoubleType, R>(rows, get, writer),
            Get::Flag(get) => put::<BoolType, R>(rows, get, writer),
            Get::Text(get) => put::<ByteArrayType, R>(rows, |row| get(row).map(bytes), writer),
            Get::Shared(number, text) => {
                let mut made: FxHashMap<u64, ByteArray> = FxHashMap::default();
                let of_row = |row: &R| Some(made.entry(number(row)?).or_insert_with(|| bytes(text(row))).clone());
                put::<ByteArrayType, R>(rows, of_row, writer)
            }
        }
    }
}

fn bytes(text: Cow<'_, str>) -> ByteArray {
    text.into_owned().into_bytes().into()
}

fn put<T: DataType, R>(
    rows: &[R],
    mut get: impl FnMut(&R) -> Option<T::T>,
    mut writer: SerializedColumnWriter<'_>,
) -> Result<(), ParquetError> {
    /// Rows whose values are in memory at once.
    const AT_ONCE: usize = 1 << 14;
    let mut values = Vec::with_capacity(AT_ONCE.min(rows.len()));
    let mut levels = Vec::with_capacity(AT_ONCE.min(rows.len()));
    for some in rows.chunks(AT_ONCE) {
        values.clear();
        levels.clear();
        for row in some {
            let value = get(row);
            levels.push(i16::from(value.is_some()));
            values.extend(value);
        }
        writer.typed::<T>().write_batch(&values, Some(&levels), None)?;
    }
    writer.close()
}
