//! TOML as a tree, as far as tests can be made of it.
//!
//! The parser is `toml_parser`; what it leaves to its users is to put keys of the same name together. The crate `toml`
//! does that, too, but for all that TOML can say: half of its code is of no use here, and code is what browsers load.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use toml_parser::decoder::{IntegerRadix, ScalarKind};
use toml_parser::parser::{Event, EventKind, RecursionGuard, ValidateWhitespace, parse_document};
use toml_parser::{Expected, ParseError, Source, Span};

/// Lists and tables within each other, and parts of a key: more are refused.
const DEPTH: u32 = 80;

/// A key and what it is set to.
#[derive(Clone, Debug)]
pub(super) struct Entry<'t> {
    pub(super) key: Cow<'t, str>,
    pub(super) place: Range<usize>,
    pub(super) value: Value<'t>,
}

/// A value and where it stands; for one with a header, that is its place.
#[derive(Clone, Debug)]
pub(super) struct Value<'t> {
    pub(super) kind: Kind<'t>,
    pub(super) place: Range<usize>,
}

/// The kinds of values.
#[derive(Clone, Debug)]
pub(super) enum Kind<'t> {
    Text(Cow<'t, str>),
    /// Its digits as they were written.
    Integer {
        digits: Cow<'t, str>,
        decimal: bool,
    },
    Float,
    Boolean,
    Datetime,
    /// `tables`: each has a header, `[[…]]`.
    List {
        values: Vec<Value<'t>>,
        tables: bool,
    },
    /// `open`: by a header or a dotted key, so that others may add to it.
    Table {
        entries: Vec<Entry<'t>>,
        open: bool,
    },
}

/// What is no TOML, and where; `None` is everywhere.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) place: Option<Range<usize>>,
}

/// Reads a text. What has mistakes is read as far as it goes.
pub(super) fn read(text: &str) -> (Vec<Entry<'_>>, Vec<Problem>) {
    let source = Source::new(text);
    let (mut events, mut errors) = (Vec::new(), Vec::new());
    let tokens = source.lex().into_vec();
    let mut keep = |event: Event| {
        use EventKind::{Comment, Error, Newline, Whitespace};
        if !matches!(event.kind(), Whitespace | Comment | Newline | Error) {
            events.push(event);
        }
    };
    let mut checked = ValidateWhitespace::new(&mut keep, source);
    parse_document(&tokens, &mut RecursionGuard::new(&mut checked, DEPTH), &mut errors);
    let mut reader = Reader { source, events: &events, errors };
    let mut entries = reader.document();
    settle(&mut entries, &mut reader.errors);
    (entries, reader.errors.iter().map(Problem::from).collect())
}

impl Value<'_> {
    /// What it is, in a word.
    pub(super) const fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Text(_) => "string",
            Kind::Integer { .. } => "integer",
            Kind::Float => "float",
            Kind::Boolean => "boolean",
            Kind::Datetime => "datetime",
            Kind::List { .. } => "array",
            Kind::Table { .. } => "table",
        }
    }
}

impl From<&ParseError> for Problem {
    fn from(error: &ParseError) -> Self {
        let mut message = String::from(error.description());
        for (at, expected) in error.expected().unwrap_or_default().iter().enumerate() {
            message.push_str(if at == 0 { ", expected " } else { ", " });
            match expected {
                Expected::Literal("\n") => message.push_str("newline"),
                Expected::Literal(literal) => message.extend(["`", literal, "`"]),
                Expected::Description(words) => message.push_str(words),
                _ => message.push_str("something else"),
            }
        }
        Self { message, place: error.unexpected().map(range) }
    }
}

fn range(span: Span) -> Range<usize> {
    span.start()..span.end()
}

/// A key with its parts.
type Path<'t> = Vec<(Cow<'t, str>, Range<usize>)>;

/// Puts a value below the parts of a key.
fn nested<'t>(path: Path<'t>, value: Value<'t>) -> Option<Entry<'t>> {
    let mut parts = path.into_iter().rev();
    let (key, place) = parts.next()?;
    let innermost = Entry { key, place, value };
    Some(parts.fold(innermost, |inner, (key, place)| {
        let kind = Kind::Table { entries: Vec::from([inner]), open: true };
        Entry { key, value: Value { kind, place: place.clone() }, place }
    }))
}

/// From events to values.
struct Reader<'t, 'e> {
    source: Source<'t>,
    /// Those that are left.
    events: &'e [Event],
    errors: Vec<ParseError>,
}

/// A header: its key, whether it begins one of several tables, and its place.
struct Header<'t> {
    path: Path<'t>,
    several: bool,
    place: Range<usize>,
}

impl<'t> Reader<'t, '_> {
    fn peek(&self) -> Option<EventKind> {
        self.events.first().map(Event::kind)
    }

    fn next(&mut self) -> Option<Event> {
        let (first, rest) = self.events.split_first()?;
        self.events = rest;
        Some(*first)
    }

    fn next_if(&mut self, kind: EventKind) -> Option<Event> {
        if self.peek() == Some(kind) { self.next() } else { None }
    }

    fn document(&mut self) -> Vec<Entry<'t>> {
        let (mut root, mut header, mut entries) = (Vec::new(), None, Vec::new());
        while let Some(event) = self.next() {
            match event.kind() {
                EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                    finish(&mut root, header.replace(self.header(event)), &mut entries);
                }
                EventKind::SimpleKey => entries.extend(self.pair(event)),
                _ => {}
            }
        }
        finish(&mut root, header, &mut entries);
        root
    }

    fn header(&mut self, open: Event) -> Header<'t> {
        let several = open.kind() == EventKind::ArrayTableOpen;
        let (mut path, mut span) = (Vec::new(), open.span());
        while let Some(event) = self.next() {
            match event.kind() {
                EventKind::SimpleKey => path = self.path(event),
                EventKind::StdTableClose | EventKind::ArrayTableClose => {
                    span = span.append(event.span());
                    break;
                }
                _ => {}
            }
        }
        Header { path, several, place: range(span) }
    }

    /// The parts of a key; none if there are too many.
    fn path(&mut self, first: Event) -> Path<'t> {
        let mut path = Vec::from([self.key(first)]);
        while self.next_if(EventKind::KeySep).is_some() {
            if let Some(part) = self.next_if(EventKind::SimpleKey) {
                path.push(self.key(part));
            }
        }
        if path.len() > DEPTH as usize {
            self.errors.push(ParseError::new("this key has too many parts").with_unexpected(first.span()));
            path.clear();
        }
        path
    }

    fn key(&mut self, event: Event) -> (Cow<'t, str>, Range<usize>) {
        let mut text = Cow::Borrowed("");
        if let Some(raw) = self.source.get(event) {
            raw.decode_key(&mut text, &mut self.errors);
        }
        (text, range(event.span()))
    }

    fn pair(&mut self, first: Event) -> Option<Entry<'t>> {
        let path = self.path(first);
        self.next_if(EventKind::KeyValSep)?;
        let value = self.value()?;
        nested(path, value)
    }

    fn value(&mut self) -> Option<Value<'t>> {
        match self.peek()? {
            EventKind::Scalar => self.scalar(),
            EventKind::ArrayOpen => self.list(),
            EventKind::InlineTableOpen => self.table(),
            _ => None,
        }
    }

    fn scalar(&mut self) -> Option<Value<'t>> {
        let event = self.next()?;
        let mut text = Cow::Borrowed("");
        let kind = match self.source.get(event)?.decode_scalar(&mut text, &mut self.errors) {
            ScalarKind::String => Kind::Text(text),
            ScalarKind::Integer(radix) => Kind::Integer { digits: text, decimal: radix == IntegerRadix::Dec },
            ScalarKind::Float => Kind::Float,
            ScalarKind::Boolean(_) => Kind::Boolean,
            ScalarKind::DateTime => Kind::Datetime,
        };
        Some(Value { kind, place: range(event.span()) })
    }

    fn list(&mut self) -> Option<Value<'t>> {
        let open = self.next()?;
        let (mut values, mut span) = (Vec::new(), open.span());
        while let Some(kind) = self.peek() {
            if let Some(value) = self.value() {
                values.push(value);
            } else if let Some(event) = self.next()
                && kind == EventKind::ArrayClose
            {
                span = span.append(event.span());
                break;
            }
        }
        Some(Value { kind: Kind::List { values, tables: false }, place: range(span) })
    }

    fn table(&mut self) -> Option<Value<'t>> {
        let open = self.next()?;
        let (mut entries, mut span) = (Vec::new(), open.span());
        while let Some(event) = self.next() {
            match event.kind() {
                EventKind::SimpleKey => entries.extend(self.pair(event)),
                EventKind::InlineTableClose => {
                    span = span.append(event.span());
                    break;
                }
                _ => {}
            }
        }
        Some(Value { kind: Kind::Table { entries, open: false }, place: range(span) })
    }
}

/// Adds what stands below a header, or before the first.
fn finish<'t>(root: &mut Vec<Entry<'t>>, header: Option<Header<'t>>, entries: &mut Vec<Entry<'t>>) {
    let entries = core::mem::take(entries);
    let Some(Header { path, several, place }) = header else {
        *root = entries;
        return;
    };
    let kind = Kind::Table { entries, open: true };
    let table = Value { kind, place: place.clone() };
    let value = if several {
        Value { kind: Kind::List { values: Vec::from([table]), tables: true }, place }
    } else {
        table
    };
    root.extend(nested(path, value));
}

/// Puts entries of the same key together where TOML allows it, and reports the others; sorts by key.
fn settle(entries: &mut Vec<Entry<'_>>, errors: &mut Vec<ParseError>) {
    entries.sort_by(|one, other| one.key.cmp(&other.key));
    let mut settled: Vec<Entry<'_>> = Vec::with_capacity(entries.len());
    for entry in core::mem::take(entries) {
        match settled.last_mut().filter(|last| last.key == entry.key) {
            None => settled.push(entry),
            Some(last) => {
                let place = Span::new_unchecked(entry.place.start, entry.place.end);
                if !join(&mut last.value.kind, entry.value.kind) {
                    errors.push(ParseError::new("duplicate key").with_unexpected(place));
                }
            }
        }
    }
    for entry in &mut settled {
        settle_within(&mut entry.value, errors);
    }
    *entries = settled;
}

fn settle_within(value: &mut Value<'_>, errors: &mut Vec<ParseError>) {
    match &mut value.kind {
        Kind::Table { entries, .. } => settle(entries, errors),
        Kind::List { values, .. } => values.iter_mut().for_each(|value| settle_within(value, errors)),
        _ => {}
    }
}

/// Adds to a value what its key is set to further down. Whether that may be.
fn join<'t>(value: &mut Kind<'t>, more: Kind<'t>) -> bool {
    match (value, more) {
        (Kind::List { values, tables: true }, Kind::List { values: mut more, tables: true }) => {
            values.append(&mut more);
        }
        (Kind::Table { entries, open: true }, Kind::Table { entries: mut more, open: true }) => {
            entries.append(&mut more);
        }
        // Below `[[test]]`, `[test.x]` belongs to the last test.
        (Kind::List { values, tables: true }, Kind::Table { entries: mut more, open: true }) => {
            let Some(Value { kind: Kind::Table { entries, .. }, .. }) = values.last_mut() else {
                return false;
            };
            entries.append(&mut more);
        }
        _ => return false,
    }
    true
}
