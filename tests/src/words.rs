//! Errors in words.

use core::error::Error as _;

use pvefw_core::host;

/// An error with its causes and advice.
pub fn words(error: &host::Error) -> String {
    let mut parts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(deeper) = cause {
        parts.push(deeper.to_string());
        cause = deeper.source();
    }
    if let host::Error::Refused(refusal) = error {
        parts.extend(refusal.stderr.iter().cloned());
    }
    parts.extend(error.advice().map(|advice| format!("help: {advice}")));
    parts.join("; ")
}
