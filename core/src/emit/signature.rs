//! Digests of chains, by which pve-firewall knows what is loaded (spec 04 section 12).

use alloc::string::String;

use base64ct::{Base64Unpadded, Encoding};
use sha1::{Digest, Sha1};

/// The signature of a chain whose lines, one behind the other without separators, are `lines`: SHA-1 in base64 without
/// padding, 27 characters. (SHA-1 identifies here; nothing relies on it being hard to forge.)
pub fn signature<'l>(lines: impl IntoIterator<Item = &'l str>) -> String {
    let mut signature = Signature::new();
    lines.into_iter().for_each(|line| signature.line(line));
    signature.finish()
}

/// A signature in the making.
pub(super) struct Signature(Sha1);

impl Signature {
    pub(super) fn new() -> Self {
        Self(Sha1::new())
    }

    pub(super) fn line(&mut self, line: &str) {
        self.0.update(line.as_bytes());
    }

    pub(super) fn finish(self) -> String {
        Base64Unpadded::encode_string(&self.0.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn agrees_with_the_specification() {
        assert_eq!(signature([]), "2jmj7l5rSw0yVb/vlWAYkK/YBwk");
        assert_eq!(signature(["-A PVEFW-INPUT -j PVEFW-HOST-IN"]), "+5iMmLaxKXynOB/+5xibfx7WhFk");
    }
}
