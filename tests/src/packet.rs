//! Packets in scenarios: a question a line, the answer behind it.
//!
//! ```text
//! outside → vm100 tcp dport 22 ⇒ ACCEPT by firewall/100.fw:5
//! ```
//!
//! Behind the zones stand the protocol, if it is not TCP, and pairs of a key of `trace --batch` and its value. The answer
//! names the line that decides, or what is built in, and what is logged.

use core::fmt::Write as _;

use pvefw_core::facts::Names;
use pvefw_core::ir::{BuiltIn, Maker};
use pvefw_core::sim::{Effect, Outcome, Question, Simulator, Step, Topology, Trace, Verdict};
use pvefw_core::text::{Files, Span};
use serde_json::{Map, Value};

/// What stands between a question and its answer.
pub const ANSWER: char = '⇒';

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The rules.
    pub simulator: &'a Simulator,
    /// The networks.
    pub topology: &'a Topology,
    /// Names of protocols.
    pub names: &'a Names<'a>,
    /// The files that the rules come from.
    pub files: &'a Files,
}

impl Asked<'_> {
    /// The questions with their answers; a line that is blank stays so.
    pub fn answers(&self, questions: &[String]) -> String {
        let mut text = String::new();
        for question in questions {
            // Writing to a string can't fail.
            let _ = if question.is_empty() {
                writeln!(text)
            } else {
                writeln!(text, "{question} {ANSWER} {}", self.answer(question))
            };
        }
        text
    }

    fn answer(&self, question: &str) -> String {
        let packet = match read(question) {
            Ok(question) => question.packet(self.topology, self.names),
            Err(what) => return format!("what is {what}?"),
        };
        let packet = match packet {
            Ok(packet) => packet,
            Err(mistake) => return format!("error: {mistake}"),
        };
        let trace = self.simulator.trace(&packet);
        let quick = self.simulator.verdict(&packet);
        if quick != trace.answer {
            return format!("two answers: {quick:?} and {:?}", trace.answer);
        }
        let mut steps = trace.hops.iter().flat_map(|hop| &hop.steps);
        if let Some(step) = steps.find(|step| !does_what_it_says(step)) {
            return format!("{:?} is what `{}` does", step.effect, step.rule);
        }
        let mut text = trace.answer.verdict.name().to_owned();
        if let Verdict::Reject(with) = trace.answer.verdict {
            let _ = write!(text, " ({})", with.name());
        }
        match (trace.answer.by, built_in(&trace)) {
            (Some(span), _) => drop(write!(text, " by {}", self.place(span))),
            (None, Some(what)) => drop(write!(text, ", built in: {what}")),
            (None, None) => {}
        }
        let steps = trace.hops.iter().flat_map(|hop| &hop.steps).filter(|step| step.certain);
        for step in steps {
            match &step.effect {
                Effect::Log(prefix) => drop(write!(text, ", logged `{}`", prefix.trim_end())),
                Effect::Queue(_) => text.push_str(", queued"),
                _ => {}
            }
        }
        text
    }

    fn place(&self, span: Span) -> String {
        let line = self.files.file(span.file).map_or(0, |file| file.line_index().line(span.start));
        format!("{}:{line}", self.files.name(span.file))
    }
}

/// Whether the effect of a step is that of the target in its rule's text.
fn does_what_it_says(Step { rule, effect, .. }: &Step) -> bool {
    let mut words = rule.split(' ').skip_while(|word| !matches!(*word, "-j" | "-g"));
    match (words.next(), words.next()) {
        (Some("-g"), Some(chain)) => matches!(effect, Effect::Goto(to) if to == chain),
        (_, Some("ACCEPT")) => *effect == Effect::Accept,
        (_, Some("DROP")) => *effect == Effect::Drop,
        (_, Some("RETURN")) => *effect == Effect::Return,
        (_, Some("REJECT")) => matches!(effect, Effect::Reject(_)),
        (_, Some("MARK")) => matches!(effect, Effect::Mark(_)),
        (_, Some("CONNMARK")) => matches!(effect, Effect::ConnectionMark(_)),
        (_, Some("NFLOG")) => matches!(effect, Effect::Log(_)),
        (_, Some("NFQUEUE")) => matches!(effect, Effect::Queue(_)),
        // Other people's targets.
        (_, Some(name)) => match effect {
            Effect::Jump(to) => to == name,
            effect => matches!(effect, Effect::Continue | Effect::Unknown),
        },
        // Lines of dumps that are shown as they are have no text of ours.
        (_, None) => rule.is_empty() || *effect == Effect::Continue,
    }
}

/// What decided at the last hop, if it comes from no line.
fn built_in(trace: &Trace) -> Option<&'static str> {
    let hop = trace.hops.last()?;
    let step = hop.decided_by.and_then(|at| hop.steps.get(at))?;
    match step.origin.maker {
        Maker::BuiltIn(_) if hop.outcome == Outcome::Passes => None,
        Maker::BuiltIn(what) => Some(BuiltIn::description(what)),
        Maker::Policy => Some("the default policy"),
        _ => None,
    }
}

/// `outside → vm100 udp dport 53`
fn read(text: &str) -> Result<Question, String> {
    let object = Value::Object(object(text)?);
    serde_json::from_value(object).map_err(|error| format!("`{text}`: {error}"))
}

/// A question as `trace --batch` takes it.
///
/// # Errors
/// What is wrong with the line.
pub fn object(text: &str) -> Result<Map<String, Value>, String> {
    let mut words = text.split_whitespace().peekable();
    let mut object = Map::new();
    let mut put = |key: &str, value: &str| {
        let value = match value.parse::<u64>() {
            Ok(number) if key.ends_with("port") => Value::from(number),
            _ => Value::from(value),
        };
        object.insert(key.to_owned(), value);
    };
    let (Some(from), Some("→"), Some(to)) = (words.next(), words.next(), words.next()) else {
        return Err(format!("`{text}` without `FROM → TO`"));
    };
    put("from", from);
    put("to", to);
    let keys = ["source", "dest", "sport", "dport", "icmp-type", "state", "mac"];
    if let Some(proto) = words.next_if(|word| !keys.contains(word)) {
        put("proto", proto);
    }
    while let Some(key) = words.next() {
        let value = words.next().ok_or_else(|| format!("`{key}` without a value"))?;
        put(key, value);
    }
    Ok(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_read() {
        let question = read("outside → vm100 udp dport 53 source 10.0.0.1 state new").unwrap();
        assert_eq!((question.from.as_str(), question.to.as_str()), ("outside", "vm100"));
        assert_eq!((question.proto.as_deref(), question.dport), (Some("udp"), Some(53)));
        assert_eq!(question.source, "10.0.0.1".parse().ok());
        assert_eq!(read("host → outside icmp-type 8").unwrap().icmp_type.as_deref(), Some("8"));
        for wrong in ["outside vm100", "outside → vm100 tcp dport", "outside → vm100 tcp port 1", ""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
