//! Questions as programs write them: one flat object in a line, without escapes.
//!
//! A million packets have a million such lines, and reading them as JSON in general takes as long as half of the answers.
//! Whatever is not quite as plain is left to `serde_json`, which also says what is wrong with it: this only ever reads
//! what that would read to the same question.

use pvefw_core::sim::Question;

use super::batch::Text;

/// Reads a line. `None`: it is not as plain.
pub(super) fn question(line: &str) -> Option<Question<Text<'_>>> {
    let mut rest = Rest(line);
    rest.mark(b'{')?;
    let (mut from, mut to) = (None, None);
    let (mut proto, mut state, mut mac, mut icmp_type) = (None, None, None, None);
    let (mut source, mut dest, mut sport, mut dport) = (None, None, None, None);
    loop {
        let key = rest.text()?;
        rest.mark(b':')?;
        match key {
            "from" => once(&mut from, rest.text()?)?,
            "to" => once(&mut to, rest.text()?)?,
            "proto" => once(&mut proto, rest.text()?)?,
            "state" => once(&mut state, rest.text()?)?,
            "mac" => once(&mut mac, rest.text()?)?,
            "icmp-type" => once(&mut icmp_type, rest.text()?)?,
            "source" => once(&mut source, rest.text()?.parse().ok()?)?,
            "dest" => once(&mut dest, rest.text()?.parse().ok()?)?,
            "sport" => once(&mut sport, rest.number()?)?,
            "dport" => once(&mut dport, rest.number()?)?,
            _ => return None,
        }
        match rest.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    let text = |text: Option<_>| text.map(Text::plain);
    rest.0.trim_ascii().is_empty().then_some(Question {
        from: text(from)?,
        to: text(to)?,
        proto: text(proto),
        source,
        dest,
        sport,
        dport,
        icmp_type: text(icmp_type),
        state: text(state),
        mac: text(mac),
    })
}

/// A key that comes twice is a mistake.
fn once<T>(value: &mut Option<T>, new: T) -> Option<()> {
    value.replace(new).is_none().then_some(())
}

/// What is still to be read.
struct Rest<'l>(&'l str);

impl<'l> Rest<'l> {
    /// The next byte that is no blank.
    fn next(&mut self) -> Option<u8> {
        let skipped = self.0.bytes().position(|byte| byte != b' ')?;
        let byte = *self.0.as_bytes().get(skipped)?;
        self.0 = self.0.get(skipped + 1..)?;
        Some(byte)
    }

    fn mark(&mut self, wanted: u8) -> Option<()> {
        (self.next()? == wanted).then_some(())
    }

    /// A string in which nothing is escaped.
    fn text(&mut self) -> Option<&'l str> {
        self.mark(b'"')?;
        let end = self.0.bytes().position(|byte| matches!(byte, b'"' | b'\\' | ..b' '))?;
        let text = self.0.get(..end)?;
        self.0 = self.0.get(end..)?.strip_prefix('"')?;
        Some(text)
    }

    /// A port.
    fn number(&mut self) -> Option<u16> {
        let text = self.0.trim_start_matches(' ');
        let end = text.bytes().position(|byte| !byte.is_ascii_digit())?;
        let digits = text.get(..end)?;
        // JSON has no numbers with zeros in front.
        let plain = digits == "0" || !digits.starts_with('0');
        self.0 = text.get(end..)?;
        digits.parse().ok().filter(|_| plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: [&str; 6] = [
        r#"{"from":"vm1","to":"host"}"#,
        r#" { "from" : "host", "to" : "vm100/net1" , "dport" : 22 } "#,
        "{\"from\":\"h\u{f6}st\",\"to\":\"\",\"sport\":0,\"dport\":65535}\r\n",
        r#"{"to":"ct2","from":"outside","proto":"udp","source":"2001:db8::1","dest":"10.0.0.1","mac":"x","state":"NEW"}"#,
        r#"{"from":"a","to":"b","icmp-type":"8/0"}"#,
        r#"{"from":"a","to":"b","dport":1,"sport":2,"source":"::ffff:10.0.0.1"}"#,
    ];

    #[test]
    fn plain_lines_are_read_as_json_in_general_is() {
        for line in PLAIN {
            let general: Question<Text<'_>> = serde_json::from_str(line).unwrap();
            assert_eq!(question(line).unwrap(), general, "{line}");
        }
    }

    #[test]
    fn whatever_is_damaged_is_read_alike_or_left_to_others() {
        let mut read = 0;
        for line in PLAIN {
            for (at, letter) in line.char_indices() {
                let behind = line.get(at + letter.len_utf8()..).unwrap();
                for piece in [
                    "",
                    "\"",
                    "\\",
                    "0",
                    "00",
                    "x",
                    ",",
                    "{",
                    "}",
                    " ",
                    "\t",
                    "null",
                    "-1",
                    "\u{0}",
                    "\"to\":\"x\",",
                ] {
                    for behind in [behind, line.get(at..).unwrap()] {
                        let damaged = format!("{}{piece}{behind}", line.get(..at).unwrap());
                        if let Some(question) = question(&damaged) {
                            read += 1;
                            let general = serde_json::from_str::<Question<Text<'_>>>(&damaged);
                            assert_eq!(general.ok(), Some(question), "{damaged}");
                        }
                    }
                }
            }
        }
        assert!(read > 1000, "{read}");
    }

    #[test]
    fn what_is_not_plain_is_left_to_others() {
        for line in [
            "",
            "{}",
            "[]",
            r#"{"from":"a","to":"b"} {}"#,
            r#"{"from":"a","to":"b","to":"c"}"#,
            r#"{"from":"\u0061","to":"b"}"#,
            r#"{"from":"a","to":"b","dport":65536}"#,
            r#"{"from":"a","to":"b","dport":022}"#,
            r#"{"from":"a","to":"b","dport":1e1}"#,
            r#"{"from":"a","to":"b","dport":null}"#,
            r#"{"from":"a","to":"b","icmp-type":8}"#,
            r#"{"from":"a","to":"b","port":8}"#,
            r#"{"from":"a","to":"b","source":"10.0.0"}"#,
            r#"{"from":"a""#,
        ] {
            assert_eq!(question(line), None, "{line}");
        }
    }
}
