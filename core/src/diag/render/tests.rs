use alloc::format;
use alloc::vec::Vec;
use core::ops::Range;

use super::*;
use crate::diag::{Counts, Edit, Fix, Safety, Severity, codes};
use crate::text::{FileId, Span};

const PLAIN: Options = Options { style: Style::Plain, width: 100 };

fn file(text: &[u8]) -> (Files, FileId) {
    let mut files = Files::new();
    let id = files.add("firewall/cluster.fw", text);
    (files, id)
}

fn at(file: FileId, range: Range<u32>) -> Diagnostic {
    Diagnostic::new(codes::UNKNOWN_SECTION, Span::new(file, range.start, range.end), "no section named `x`")
}

/// Renders and compares; the expected text starts with a line feed to read well in the test.
fn check(diagnostic: &Diagnostic, files: &Files, expected: &str) {
    let text = one(diagnostic, files, &PLAIN);
    assert_eq!(format!("\n{text}"), expected, "\n{text}");
}

#[test]
fn reads_like_rustc() {
    let (mut files, id) = file(b"[OPTIONS]\nenable: 1\n\n[RULEZ]\nIN ACCEPT\n");
    let other = files.add("firewall/100.fw", "[RULES]\n");
    let diagnostic =
        Diagnostic::new(codes::UNKNOWN_SECTION, Span::new(id, 22, 27), "no section named `RULEZ`")
            .label("not a section")
            .secondary(Span::new(id, 1, 8), "the section before it")
            .secondary(Span::new(other, 0, 7), "this one is right")
            .note("the lines up to the next header are skipped")
            .note("help: sections of a cluster are `OPTIONS`, `ALIASES`,\n`IPSET` and `RULES`")
            .fix("write `RULES`", Safety::Safe, Span::new(id, 22, 27), "RULES");
    check(
        &diagnostic,
        &files,
        "
error[unknown-section]: no section named `RULEZ`
 --> firewall/cluster.fw:4:2
  |
1 | [OPTIONS]
  |  ------- the section before it
...
4 | [RULEZ]
  |  ^^^^^ not a section
  |
 ::: firewall/100.fw:1:1
  |
1 | [RULES]
  | ------- this one is right
  |
  = note: the lines up to the next header are skipped
  = help: sections of a cluster are `OPTIONS`, `ALIASES`,
          `IPSET` and `RULES`
help: write `RULES`
  |
4 - [RULEZ]
4 + [RULES]
  |
",
    );
    assert_eq!(
        concise(&diagnostic, &files),
        "firewall/cluster.fw:4:2: error[unknown-section]: no section named `RULEZ`"
    );
}

#[test]
fn colours_are_asked_for() {
    let (files, id) = file(b"[RULEZ]\n");
    let text = one(&at(id, 1..6), &files, &Options { style: Style::Ansi, ..PLAIN });
    assert!(text.contains("\u{1b}["), "{text}");
    assert!(text.contains("firewall/cluster.fw:1:2"), "{text}");
    assert!(!one(&at(id, 1..6), &files, &PLAIN).contains('\u{1b}'));
}

#[test]
fn shows_any_bytes_with_the_caret_below_them() {
    let (files, id) = file(b"\xff\xfe\ta\xc3\xa4 [\x1b[31m] x\r\n");
    check(
        &at(id, 15..16),
        &files,
        "
error[unknown-section]: no section named `x`
 --> firewall/cluster.fw:1:15
  |
1 | ��    aä [␛[31m] x
  |                  ^
",
    );
}

#[test]
fn spells_out_what_is_invisible() {
    let (files, id) = file("IN\u{a0}ACCEPT \u{202e}x\n".as_bytes());
    check(
        &at(id, 2..4),
        &files,
        "
error[unknown-section]: no section named `x`
 --> firewall/cluster.fw:1:3
  |
1 | IN<U+00A0>ACCEPT <U+202E>x
  |   ^^^^^^^^
",
    );
    let nasty = Diagnostic { message: "no \u{1b}[2J\n`\u{2066}`\u{e000}0\u{e001}".into(), ..at(id, 0..2) };
    let text = one(&nasty, &files, &PLAIN);
    assert!(text.starts_with("error[unknown-section]: no ␛[2J␊`<U+2066>`<U+E000>0<U+E001>\n"), "{text}");
}

#[test]
fn cuts_long_lines_to_a_window() {
    let mut long = Vec::from(*b"IN ACCEPT -source ");
    long.resize(500_000, b'a');
    long.extend_from_slice(b" -dport x ");
    long.resize(1_000_000, b'b');
    let (files, id) = file(&long);
    let text = one(&at(id, 500_008..500_009).label("not a port"), &files, &PLAIN);
    let expected = format!(
        "
error[unknown-section]: no section named `x`
 --> firewall/cluster.fw:1:500009
  |
1 | …{} -dport x {}…
  | {}^ not a port
",
        "a".repeat(26),
        "b".repeat(56),
        " ".repeat(35)
    );
    assert_eq!(format!("\n{text}"), expected, "\n{text}");
    let end = one(&at(id, 1_000_000..1_000_000), &files, &PLAIN);
    assert!(end.ends_with(&format!("\n1 | …{}\n  | {}^\n", "b".repeat(92), " ".repeat(93))), "{end}");
    let whole = one(&at(id, 0..1_000_000), &files, &PLAIN);
    assert!(whole.contains(&format!("{}\n", "^".repeat(93))), "{whole}");
    assert!(whole.lines().all(|line| line.chars().count() < 110), "{whole}");
}

#[test]
fn spans_may_lie_anywhere() {
    let (files, id) = file(b"[RULES]\r\nIN ACCEPT\r\n");
    check(
        &at(id, 9_000..9_005),
        &files,
        "
error[unknown-section]: no section named `x`
 --> firewall/cluster.fw:3:1
  |
3 |
  | ^
",
    );
    check(
        &at(id, 0..9),
        &files,
        "
error[unknown-section]: no section named `x`
 --> firewall/cluster.fw:1:1
  |
1 | [RULES]
  | ^^^^^^^
",
    );
    check(
        &at(id, 7..12),
        &files,
        "
error[unknown-section]: no section named `x`
 --> firewall/cluster.fw:1:8
  |
1 |   [RULES]
  |  ________^
2 | | IN ACCEPT
  | |___^
",
    );
    let nowhere = Diagnostic::new(codes::UNREADABLE, Span::new(FileId(7), 3, 4), "gone").note("why");
    check(&nowhere, &files, "\nerror[unreadable]: gone\n  |\n  = note: why\n");
    let (empty, id) = file(b"");
    check(
        &Diagnostic::new(codes::UNREADABLE, Span::at(id, 0), "can't be read: permission denied"),
        &empty,
        "
error[unreadable]: can't be read: permission denied
 --> firewall/cluster.fw
",
    );
}

#[test]
fn very_long_spans_are_marked_in_their_first_line() {
    let (files, id) = file("[a]\n".repeat(2000).as_bytes());
    check(
        &at(id, 0..8000).secondary(Span::new(id, 7996, 7999), "the end"),
        &files,
        "
error[unknown-section]: no section named `x`
    --> firewall/cluster.fw:1:1
     |
   1 | [a]
     | ^^^
     |
    ::: firewall/cluster.fw:2000:1
     |
2000 | [a]
     | --- the end
",
    );
}

#[test]
fn fixes_are_shown_as_changed_lines_if_they_can() {
    let (mut files, id) = file(b"[rules]\nIN  accept -p TCP\nOUT DROP\n");
    let fix = |title: &str, edits: &[(Range<u32>, &str)]| Fix {
        title: title.into(),
        safety: Safety::Safe,
        edits: edits
            .iter()
            .map(|(range, text)| Edit { span: Span::new(id, range.start, range.end), text: (*text).into() })
            .collect(),
    };
    let mut diagnostic = at(id, 1..6);
    diagnostic.fixes = Vec::from([
        fix("write it in capitals", &[(12..18, "ACCEPT"), (22..25, "tcp")]),
        fix("remove the line", &[(8..26, "")]),
        fix("replace the line", &[(8..26, "IN DROP\n")]),
        fix("add an option", &[(8..8, "enable: 1\n")]),
        fix("give it a comment", &[(34..34, " # why")]),
        fix("join the lines", &[(7..8, " ")]),
        fix("overlap", &[(1..3, "a"), (2..4, "b")]),
        fix("leave the file", &[(30..300, "a")]),
        fix("do nothing", &[(1..6, "rules")]),
        fix("change two lines", &[(1..6, "RULES"), (26..29, "IN")]),
    ]);
    let other = files.add("firewall/100.fw", "[RULES]\n");
    diagnostic = diagnostic.fix("change another file", Safety::Unsafe, Span::new(other, 1, 6), "OPTIONS");
    check(
        &diagnostic,
        &files,
        "
error[unknown-section]: no section named `x`
 --> firewall/cluster.fw:1:2
  |
1 | [rules]
  |  ^^^^^
  |
  = help: join the lines
  = help: overlap
  = help: leave the file
  = help: do nothing
help: write it in capitals
  |
2 - IN  accept -p TCP
2 + IN  ACCEPT -p tcp
  |
help: remove the line
  |
2 - IN  accept -p TCP
  |
help: replace the line
  |
2 - IN  accept -p TCP
2 + IN DROP
  |
help: add an option
  |
2 + enable: 1
  |
help: give it a comment
  |
3 | OUT DROP # why
  |          +++++
help: change two lines
  |
1 - [rules]
1 + [RULES]
  |
3 - OUT DROP
3 + IN DROP
  |
help: change another file
 --> firewall/100.fw:1:2
  |
1 - [RULES]
1 + [OPTIONS]
  |
",
    );
}

#[test]
fn nothing_panics_on_odd_spans_and_bytes() {
    let texts: [&[u8]; 7] = [
        b"",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        "ä\u{301}\u{1f468}\u{200d}\u{1f469}漢字\n".as_bytes(),
        b"\xe2\x82\n\xf0\x9f",
        b"a\tb\n\n c",
    ];
    for text in texts {
        let (files, id) = file(text);
        let end = u32::try_from(text.len()).unwrap() + 2;
        for start in 0..=end {
            for stop in start..=end {
                for replacement in ["", "x", "\n", "x\n", "\r\n\n", "ä\u{301}漢"] {
                    let mut diagnostic = at(id, start..stop)
                        .label("here")
                        .secondary(Span::new(id, stop, end), "there")
                        .fix("replace", Safety::Safe, Span::new(id, start, stop), replacement);
                    let edits = [(start, start, "x\ny"), (start, stop, replacement), (stop, end - 2, "")];
                    let edit = |(start, end, text): (u32, u32, &str)| Edit {
                        span: Span::new(id, start, end),
                        text: text.into(),
                    };
                    diagnostic.fixes.push(Fix {
                        title: "all".into(),
                        safety: Safety::Unsafe,
                        edits: edits.map(edit).into(),
                    });
                    for width in [0, 60, 200] {
                        let text = one(&diagnostic, &files, &Options { style: Style::Plain, width });
                        assert!(text.ends_with('\n') && !text.contains(OPEN), "{text}");
                    }
                }
            }
        }
    }
}

const OPEN: char = '\u{e000}';

#[test]
fn lists_are_capped_for_each_file_and_the_worst_come_through() {
    let (mut files, id) = file(&b"[a]\n".repeat(100));
    let other = files.add("firewall/100.fw", "[RULES]\n");
    let mut diagnostics: Vec<Diagnostic> = (0..60)
        .map(|line| Diagnostic { severity: Severity::Warning, ..at(id, line * 4..line * 4 + 3) })
        .collect();
    diagnostics.push(at(id, 399..400));
    diagnostics.push(at(other, 0..7));
    let text = all(&diagnostics, &files, |file| if file == id { 5 } else { 0 }, &PLAIN);
    assert_eq!(text.matches("warning[").count(), 49);
    assert_eq!(text.matches("error[").count(), 2);
    let expected =
        "  |    ^\n\n… and 16 more in firewall/cluster.fw\n\nerror[unknown-section]: no section named `x`\n";
    assert!(text.contains(expected), "{text}");
    assert!(text.ends_with("1 | [RULES]\n  | ^^^^^^^\n\n"), "{text}");

    let counts = Counts { errors: 2, warnings: 60, infos: 1 };
    assert_eq!(summary(&diagnostics, counts, 14), "2 errors, 60 warnings, 1 info in 2 of 14 files");
    assert_eq!(summary(&diagnostics, Counts { errors: 1, ..Counts::default() }, 2), "1 error in 2 files");
    assert_eq!(summary(&[], Counts::default(), 1), "no problems in 1 file");
}
