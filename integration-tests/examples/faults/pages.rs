//! What each byte of an SQLite file is for (<https://www.sqlite.org/fileformat2.html>).

use std::{collections::BTreeMap, path::Path};

/// The migrator's own table.
const MIGRATOR: &str = "seaql_migrations";

/// What a byte is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// In a row of a table.
    Row,
    /// In the migrator's list of the steps that the schema took, or in what the schema says of it: no book of the shop.
    Step,
    /// In an entry of an index.
    Index,
    /// In the header of a page, a pointer to a cell or a page, a cell of an inner page.
    Structure,
    /// In a table's or an index's own row in `sqlite_schema`.
    Schema,
    /// In the first hundred bytes.
    FileHeader,
    /// In no cell: space that a page has left.
    Unused,
    /// In a page that nothing uses.
    #[default]
    FreePage,
}

impl Kind {
    /// Whether a check that does not see one of its bits flipped is wrong.
    pub fn must_be_found(self) -> bool {
        matches!(self, Self::Row | Self::Index | Self::Structure | Self::Schema)
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Row => "rows of tables",
            Self::Step => "rows of the schema's steps",
            Self::Index => "entries of indexes",
            Self::Structure => "structure of pages",
            Self::Schema => "schema",
            Self::FileHeader => "file header",
            Self::Unused => "unused bytes of pages",
            Self::FreePage => "free pages",
        }
    }
}

/// The bytes of a database file, by what they are for.
pub fn bytes_by_kind(file: &Path) -> BTreeMap<Kind, Vec<usize>> {
    let bytes = std::fs::read(file).expect("the file is there");
    let size = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let size = if size == 1 { 65_536 } else { size };
    let usable = size - usize::from(bytes[20]);
    let mut map = Map { kinds: vec![Kind::default(); bytes.len()], bytes: &bytes, size, usable };
    map.tree(1, Kind::Schema);
    map.mark(0, 100, Kind::FileHeader);
    for (root, kind) in roots(file) {
        map.tree(root, kind);
    }
    let mut by_kind = BTreeMap::<Kind, Vec<usize>>::new();
    for (place, kind) in map.kinds.iter().enumerate() {
        by_kind.entry(*kind).or_default().push(place);
    }
    by_kind
}

fn roots(file: &Path) -> Vec<(usize, Kind)> {
    let database = rusqlite::Connection::open(file).expect("the database opens");
    let sql = "SELECT rootpage, type, name FROM sqlite_schema WHERE rootpage > 0";
    let mut statement = database.prepare(sql).expect("it has a schema");
    let rows = statement.query_map([], |row| {
        let (kind, name) = (row.get::<_, String>(1)?, row.get::<_, String>(2)?);
        let kind = match (kind.as_str(), name.as_str()) {
            ("table", MIGRATOR) => Kind::Step,
            ("table", _) => Kind::Row,
            _ => Kind::Index,
        };
        Ok((usize::try_from(row.get::<_, i64>(0)?).expect("a page"), kind))
    });
    rows.expect("a query").map(|row| row.expect("a row")).collect()
}

struct Map<'a> {
    kinds: Vec<Kind>,
    bytes: &'a [u8],
    size: usize,
    usable: usize,
}

impl Map<'_> {
    fn mark(&mut self, from: usize, length: usize, kind: Kind) {
        self.kinds[from..from + length].fill(kind);
    }

    /// Marks a tree from its root on.
    fn tree(&mut self, page: usize, kind: Kind) {
        let start = (page - 1) * self.size;
        self.mark(start, self.size, Kind::Unused);
        let header = start + if page == 1 { 100 } else { 0 };
        let (leaf, of_table) = (self.bytes[header] & 8 != 0, self.bytes[header] & 1 != 0);
        let header_length = if leaf { 8 } else { 12 };
        let cells = self.number(header + 3, 2);
        self.mark(header, header_length + 2 * cells, Kind::Structure);
        for cell in 0..cells {
            let cell = start + self.number(header + header_length + 2 * cell, 2);
            self.cell(cell, leaf, of_table, kind);
        }
        if !leaf {
            self.tree(self.number(header + 8, 4), kind);
        }
    }

    fn cell(&mut self, start: usize, leaf: bool, of_table: bool, kind: Kind) {
        let mut place = start;
        if !leaf {
            place += 4;
            self.mark(start, 4, Kind::Structure);
            self.tree(self.number(start, 4), kind);
        }
        let (first, after) = self.varint(place);
        if of_table && !leaf {
            return self.mark(place, after - place, Kind::Structure);
        }
        let content = if of_table { self.varint(after).1 } else { after };
        let local = self.local(first, of_table);
        let row = &self.bytes[content..content + local];
        let kind = if kind == Kind::Schema && row.windows(MIGRATOR.len()).any(|it| it == MIGRATOR.as_bytes())
        {
            Kind::Step
        } else {
            kind
        };
        self.mark(place, (content + local - place).max(4), kind);
        if local < first {
            let pointer = content + local;
            self.mark(pointer, 4, Kind::Structure);
            self.overflow(self.number(pointer, 4), first - local, kind);
        }
    }

    fn overflow(&mut self, mut page: usize, mut left: usize, kind: Kind) {
        while page > 0 && left > 0 {
            let start = (page - 1) * self.size;
            let here = left.min(self.usable - 4);
            self.mark(start, self.size, Kind::Unused);
            self.mark(start, 4, Kind::Structure);
            self.mark(start + 4, here, kind);
            (page, left) = (self.number(start, 4), left - here);
        }
    }

    /// How much of a payload lies in its cell.
    fn local(&self, payload: usize, of_table: bool) -> usize {
        let most = if of_table { self.usable - 35 } else { (self.usable - 12) * 64 / 255 - 23 };
        if payload <= most {
            return payload;
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let wanted = least + (payload - least) % (self.usable - 4);
        if wanted <= most { wanted } else { least }
    }

    fn number(&self, place: usize, length: usize) -> usize {
        self.bytes[place..place + length].iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
    }

    /// A number of one to nine bytes, and where it ends.
    fn varint(&self, place: usize) -> (usize, usize) {
        let mut number = 0;
        for index in 0..8 {
            let byte = usize::from(self.bytes[place + index]);
            number = number << 7 | byte & 0x7f;
            if byte < 0x80 {
                return (number, place + index + 1);
            }
        }
        (number << 8 | usize::from(self.bytes[place + 8]), place + 9)
    }
}
