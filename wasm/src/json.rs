//! Reads the JSON of questions, which JavaScript has written.
//!
//! `serde_json` could, but brings floating-point numbers along, which no question has, and reads each type in two ways:
//! kilobytes that every page would load. So it only writes here. What native front ends accept is accepted here, too.

use alloc::borrow::Cow;
use core::fmt;

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, Expected, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::forward_to_deserialize_any;

/// Deeper than any question. What is unknown may be of any depth, and our stack is not.
const DEEPEST: u8 = 100;

/// Reads a question.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let read = T::deserialize(&mut reader).and_then(|value| match reader.peek() {
        None => Ok(value),
        Some(_) => Err(Error::from("nothing may follow")),
    });
    // Questions are of one line; only the column helps.
    read.map_err(|error| format!("{error} in column {}", reader.at + 1))
}

/// What is wrong.
#[derive(Debug)]
struct Error(Cow<'static, str>);

impl From<&'static str> for Error {
    fn from(text: &'static str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string().into())
    }

    // What serde itself would write can write floating-point numbers, too.
    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        unfit(found, wanted)
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        unfit(found, wanted)
    }
}

/// Says that something stands where something else has to.
fn unfit(found: Unexpected<'_>, wanted: &dyn Expected) -> Error {
    let found = match found {
        Unexpected::Str(text) => format!("the text `{text}`"),
        Unexpected::Unsigned(number) => format!("the number {number}"),
        Unexpected::Float(_) => "a number below zero or with a fraction".into(),
        Unexpected::Bool(true) => "`true`".into(),
        Unexpected::Bool(false) => "`false`".into(),
        Unexpected::Seq => "a list".into(),
        Unexpected::Map => "an object".into(),
        _ => "`null`".into(),
    };
    Error(format!("expected {wanted}, not {found}").into())
}

/// A text, and how far it was read.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: u8,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The first byte of what comes next, behind blanks.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        self.rest().bytes().next()
    }

    /// Reads a word if it is there.
    fn eat(&mut self, word: &str) -> bool {
        self.peek();
        let there = self.rest().starts_with(word);
        self.at += if there { word.len() } else { 0 };
        there
    }

    fn demand(&mut self, word: &str) -> Result<(), Error> {
        if self.eat(word) { Ok(()) } else { Err(Error(format!("expected `{word}`").into())) }
    }

    /// Goes into a list or an object.
    fn enter(&mut self, bracket: &str) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > DEEPEST {
            Err(Error::from("this is nested too deeply"))
        } else {
            self.demand(bracket)
        }
    }

    /// The text of a string.
    fn string(&mut self) -> Result<Cow<'t, str>, Error> {
        self.demand("\"")?;
        let mut whole = Cow::Borrowed("");
        loop {
            let rest = self.rest();
            let plain = rest.find(['"', '\\']).ok_or("the string has no end")?;
            whole += rest.get(..plain).unwrap_or_default();
            self.at += plain + 1;
            if rest.get(plain..).is_some_and(|rest| rest.starts_with('"')) {
                return Ok(whole);
            }
            whole.to_mut().push(self.escaped()?);
        }
    }

    /// The character that is meant by what follows a `\`.
    fn escaped(&mut self) -> Result<char, Error> {
        let letter = self.rest().chars().next().unwrap_or_default();
        self.at += letter.len_utf8().min(self.rest().len());
        Ok(match letter {
            '"' | '\\' | '/' => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.unit()?;
                let second = match (first, self.rest()) {
                    (0xd800..0xdc00, rest) if rest.starts_with("\\u") => {
                        self.at += 2;
                        self.unit()?
                    }
                    _ => 0,
                };
                // A lone surrogate is as good as no character, as in the text of a file.
                let read = char::decode_utf16([first, second]).next().and_then(Result::ok);
                read.unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(Error::from("there is no such escape")),
        })
    }

    /// The four digits of a UTF-16 code unit.
    fn unit(&mut self) -> Result<u16, Error> {
        let digits = self.rest().get(..4).ok_or("an escape has four digits")?;
        self.at += digits.len();
        u16::from_str_radix(digits, 16).map_err(|_| Error::from("an escape has four digits"))
    }

    /// A number; none if it is below zero, has a fraction, or is larger than any that we use.
    fn number(&mut self) -> Result<Option<u64>, Error> {
        let rest = self.rest();
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"+-.".contains(letter));
        let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        if !text.starts_with(|letter: char| letter.is_ascii_digit() || letter == '-') {
            return Err(Error::from("expected a value"));
        }
        self.at += text.len();
        Ok(text.parse().ok())
    }

    fn truth(&mut self) -> Result<bool, Error> {
        if self.eat("true") { Ok(true) } else { self.demand("false").map(|()| false) }
    }

    /// That something else has to stand here.
    fn unfit(&mut self, wanted: &dyn Expected) -> Error {
        let found = match self.peek() {
            Some(b'"') => {
                return self
                    .string()
                    .map_or_else(|error| error, |text| unfit(Unexpected::Str(&text), wanted));
            }
            Some(b'{') => Unexpected::Map,
            Some(b'[') => Unexpected::Seq,
            Some(b't') => Unexpected::Bool(true),
            Some(b'f') => Unexpected::Bool(false),
            Some(b'n') => Unexpected::Unit,
            _ => match self.number() {
                Ok(number) => number.map_or(Unexpected::Float(0.0), Unexpected::Unsigned),
                Err(error) => return error,
            },
        };
        unfit(found, wanted)
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'"') => self.deserialize_str(visitor),
            Some(b'{') => self.deserialize_map(visitor),
            Some(b'[') => self.deserialize_seq(visitor),
            Some(b't' | b'f') => self.deserialize_bool(visitor),
            Some(b'n') => self.deserialize_unit(visitor),
            _ => match self.number()? {
                Some(number) => visitor.visit_u64(number),
                None => visitor.visit_f64(0.0),
            },
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.peek() == Some(b'"') { visitor.visit_str(&self.string()?) } else { Err(self.unfit(&visitor)) }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b't' | b'f') => visitor.visit_bool(self.truth()?),
            _ => Err(self.unfit(&visitor)),
        }
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'0'..=b'9' | b'-') => match self.number()? {
                Some(number) => visitor.visit_u64(number),
                None => Err(unfit(Unexpected::Float(0.0), &visitor)),
            },
            _ => Err(self.unfit(&visitor)),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.eat("null") { visitor.visit_unit() } else { Err(self.unfit(&visitor)) }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.eat("null") { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.peek() != Some(b'[') {
            return Err(self.unfit(&visitor));
        }
        self.enter("[")?;
        let mut elements = Elements { reader: self, close: "]", first: true, open: true };
        let value = visitor.visit_seq(&mut elements)?;
        // Whoever takes a fixed number of elements does not look for the end.
        if elements.open && elements.another()? {
            return Err(Error::from("the list is too long"));
        }
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.peek() != Some(b'{') {
            return Err(self.unfit(&visitor));
        }
        self.enter("{")?;
        visitor.visit_map(Elements { reader: self, close: "}", first: true, open: true })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u128 f32 f64 char bytes byte_buf unit_struct newtype_struct tuple_struct enum
    }
}

/// What stands in a list or an object.
struct Elements<'r, 't> {
    reader: &'r mut Reader<'t>,
    close: &'static str,
    first: bool,
    open: bool,
}

impl Elements<'_, '_> {
    /// Whether another element comes, rather than the end.
    fn another(&mut self) -> Result<bool, Error> {
        if self.reader.eat(self.close) {
            self.reader.depth -= 1;
            self.open = false;
        } else if !core::mem::take(&mut self.first) {
            self.reader.demand(",")?;
        }
        Ok(self.open)
    }
}

impl<'t> SeqAccess<'t> for &mut Elements<'_, 't> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if self.another()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'t> MapAccess<'t> for Elements<'_, 't> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if self.another()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }

    fn next_value_seed<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<S::Value, Error> {
        self.reader.demand(":")?;
        seed.deserialize(&mut *self.reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pvefw_core::facts::Facts;
    use pvefw_core::report::editor::Edit;
    use pvefw_core::session::ReachQuery;

    #[test]
    fn facts_are_read_as_by_native_front_ends() {
        let texts = [
            "{}",
            r#"{"node":"n1","node_ip":"192.168.2.100","local_network":"192.168.0.5/20","altnames":{"a":"b"},"now":7}"#,
            r#" { "resolve" : { "pve3" : [ "10.1.0.13" , "fd00::1" ] } , "altnames" : null , "sdn" : null } "#,
            r#"{"sdn":{"ipset":{"v-all":[{"cidr":"10.0.0.1/32","nomatch":true},{"cidr":"10.0.0.2"}]}}}"#,
            r#"{"services":[["ssh",22,"tcp"]],"protocols":[],"ethertypes":[["x",2048]]}"#,
            r#"{"what":[1.5,-1,1e30,true,false,null,{"a":[{}]}],"node":"a\\\"\/\b\f\n\r\té\u00e9\ud83d\ude00"}"#,
        ];
        for text in texts {
            assert_eq!(read::<Facts>(text).unwrap(), serde_json::from_str::<Facts>(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        let cases = [
            (r#"{"node":7}"#, "expected a string, not the number 7 in column 10"),
            (r#"{"now":-1}"#, "expected u64, not a number below zero or with a fraction in column 10"),
            (r#"{"now":"x"}"#, "expected u64, not the text `x` in column 11"),
            (r#"{"protocols":[["a",70000]]}"#, "expected u16, not the number 70000 in column 25"),
            (r#"{"protocols":[["a",7,7]]}"#, "the list is too long in column 22"),
            (r#"{"protocols":{}}"#, "expected a sequence, not an object in column 14"),
            ("null", "expected struct Facts, not `null` in column 1"),
            ("{} {}", "nothing may follow in column 4"),
            ("", "expected a value in column 1"),
            (r#"{"node" "a"}"#, "expected `:` in column 9"),
            (r#"{"node":"a"#, "the string has no end in column 10"),
            (r#"{"node":"\x"}"#, "there is no such escape in column 12"),
        ];
        for (text, wanted) in cases {
            assert_eq!(read::<Facts>(text).unwrap_err(), wanted, "{text}");
        }
        let deep = format!("{{\"x\":{}", "[".repeat(100_000));
        assert!(read::<Facts>(&deep).unwrap_err().starts_with("this is nested too deeply"));
    }

    #[test]
    fn lone_surrogates_are_no_characters() {
        let facts = read::<Facts>(r#"{"node":"\ud800 \udc00"}"#).unwrap();
        assert_eq!(facts.node.unwrap(), "\u{fffd} \u{fffd}");
    }

    #[test]
    fn questions_are_read() {
        let query = read::<ReachQuery>(r#"{"icmp-type":8,"dport":22,"zones":["host"]}"#).unwrap();
        assert_eq!((query.icmp_type.as_deref(), query.dport), (Some("8"), Some(22)));
        assert!(read::<ReachQuery>(r#"{"icmp-type":-8}"#).is_err());
        assert!(read::<ReachQuery>(r#"{"ports":1}"#).unwrap_err().contains("`ports`"));
        assert!(read::<Vec<Edit>>("[]").unwrap().is_empty());
    }
}
