//! Tables and trees: typed cells under named columns, and how they are put together.

use super::{Cell, Tree, TreeRow};

/// Rows of typed cells under named columns. Formats leave it out when none of its columns is for their readers.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Key of the rows in JSON.
    pub key: &'static str,
    /// Line above the table; empty for none.
    pub title: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// One cell per column.
    pub rows: Vec<Vec<Cell>>,
    /// Rows that exist but are not in `rows`, and what they add up to; `None` when all are shown.
    pub not_shown: Option<NotShown>,
}

/// What a table leaves out.
#[derive(Debug, Clone)]
pub struct NotShown {
    /// How many rows.
    pub rows: u64,
    /// What a row is, and what several are: `type`, `types`.
    pub what: (&'static str, &'static str),
    /// Sums over the rows that are left out: column key and value.
    pub sums: Vec<(&'static str, Cell)>,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Key in JSON and header in CSV, with the unit (`shallow_bytes`).
    pub key: &'static str,
    /// Header for people.
    pub header: &'static str,
    /// For people only, or for machines only, where the other form says it better.
    pub audience: Audience,
}

/// Who reads a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Every format.
    All,
    /// Text and Markdown: what machines compute themselves.
    People,
    /// JSON and CSV.
    Machines,
}

impl Column {
    /// A column for every format.
    pub const fn new(key: &'static str, header: &'static str) -> Self {
        Column { key, header, audience: Audience::All }
    }

    /// A column that JSON and CSV do without.
    pub const fn for_people(key: &'static str, header: &'static str) -> Self {
        Column { key, header, audience: Audience::People }
    }

    /// A column for JSON and CSV alone.
    pub const fn for_machines(key: &'static str) -> Self {
        Column { key, header: "", audience: Audience::Machines }
    }
}

/// What is shown of rows, and what is left out; all is shown without a limit.
pub(super) fn up_to<T>(limit: Option<usize>, rows: &[T]) -> (&[T], &[T]) {
    rows.split_at(limit.unwrap_or(rows.len()).min(rows.len()))
}

/// A table that is put together: a column brings its cells.
pub(super) struct TableOf<'r, 'c, T> {
    rows: &'r [T],
    table: Table,
    cells: Vec<CellOf<'r, 'c, T>>,
}

/// The cell of a row.
type CellOf<'r, 'c, T> = Box<dyn Fn(&'r T) -> Cell + 'c>;

impl Table {
    /// A table with a row for each of `rows`, and no columns yet.
    ///
    /// ```ignore
    /// Table::of("rows", &threads)
    ///     .column("name", "thread", |thread| Cell::Text(thread.name.clone()))
    ///     .machines("id", |thread| Cell::Count(thread.id))
    ///     .done()
    /// ```
    pub(super) fn of<'r, 'c, T>(key: &'static str, rows: &'r [T]) -> TableOf<'r, 'c, T> {
        TableOf { rows, table: Table { key, ..Table::default() }, cells: Vec::new() }
    }
}

impl<'r, 'c, T> TableOf<'r, 'c, T> {
    /// A column for every format.
    pub fn column(self, key: &'static str, header: &'static str, cell: impl Fn(&'r T) -> Cell + 'c) -> Self {
        self.with(Column::new(key, header), cell)
    }

    /// A column that JSON and CSV do without.
    pub fn people(self, key: &'static str, header: &'static str, cell: impl Fn(&'r T) -> Cell + 'c) -> Self {
        self.with(Column::for_people(key, header), cell)
    }

    /// A column for JSON and CSV alone.
    pub fn machines(self, key: &'static str, cell: impl Fn(&'r T) -> Cell + 'c) -> Self {
        self.with(Column::for_machines(key), cell)
    }

    /// More columns, on a condition.
    pub fn when(self, condition: bool, more: impl FnOnce(Self) -> Self) -> Self {
        if condition { more(self) } else { self }
    }

    /// The line above.
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.table.title = title.into();
        self
    }

    /// Says that there are more rows: what one is called and what several are, and sums over them by column.
    pub fn leaves_out<R>(
        mut self,
        rest: &[R],
        what: (&'static str, &'static str),
        sums: impl IntoIterator<Item = (&'static str, Cell)>,
    ) -> Self {
        self.table.not_shown =
            (!rest.is_empty()).then(|| NotShown { rows: rest.len() as u64, what, sums: sums.into_iter().collect() });
        self
    }

    /// Says what is not shown, where that is no slice of rows.
    pub fn not_showing(mut self, not_shown: Option<NotShown>) -> Self {
        self.table.not_shown = not_shown;
        self
    }

    fn with(mut self, column: Column, cell: impl Fn(&'r T) -> Cell + 'c) -> Self {
        self.table.columns.push(column);
        self.cells.push(Box::new(cell));
        self
    }

    /// The table.
    pub fn done(self) -> Table {
        let Self { rows, mut table, cells } = self;
        table.rows = rows.iter().map(|row| cells.iter().map(|cell| cell(row)).collect()).collect();
        table
    }

    /// The rows as a tree, depth first: the columns are what machines read, `text` is what people do.
    pub fn tree(self, depth: impl Fn(&'r T) -> u32, text: impl Fn(&'r T) -> Vec<Cell>) -> Tree {
        let rows = self.rows;
        let Table { key, title, columns, rows: facts, .. } = self.done();
        let rows = rows.iter().zip(facts);
        let rows = rows.map(|(row, facts)| TreeRow { depth: depth(row), text: text(row), facts }).collect();
        Tree { key, title, columns, rows }
    }
}
